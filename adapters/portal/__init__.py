"""The portal: Vinkki in a browser, for people with no chat seat, for candidates, and for HR's big views."""

from adapters.portal.adapter import PortalAdapter
from adapters.portal.portal import Extras, NavItem, Portal
from adapters.portal.preview import preview
from adapters.portal.visitor import stop, visitor_page

__all__ = ["Extras", "NavItem", "Portal", "PortalAdapter", "preview", "stop", "visitor_page"]
