"""The visitor's desk: somebody follows a share link. Plain functions over a DBAPI connection: the hottest path of the house.

In order: `resolve` the token, `classify` a visit to a target that leads on (a person's own visit and `Repeats` are for the
caller to see, who knows the session and the address), `record_clicks`, and only then lead on; else show `page`.
"""

from __future__ import annotations

from sqlmodel import Session

from bot import settings
from bot.desks.turn import Deployment
from bot.messages import Card, Paragraph, say
from bot.shares import Repeats, Target, Visit, classify, record_clicks, resolve

__all__ = ["Repeats", "Target", "Visit", "classify", "counts_repeats_once", "page", "record_clicks", "resolve"]


def counts_repeats_once(session: Session) -> bool:
    """The setting `click.dedupe`: a visitor who comes back the same day counts once. Off, nothing is remembered of anyone."""
    return bool(settings.get(session, "click.dedupe"))


def page(deployment: Deployment, answer: str) -> Card:
    """The kind page of a link that leads nowhere (any more): `recalled`, `expired` or `unknown` (which tells a guesser nothing)."""
    key = answer if answer in ("recalled", "expired") else "unknown"
    return Card(say(f"shares.page.{key}.title"), (Paragraph(say(f"shares.page.{key}.text", organisation=deployment.organisation)),))
