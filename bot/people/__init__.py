"""People: who they are, on which platforms, in which roles, and how that changed."""

from bot.people.identities import Identity, Reach, link, person_by, reach
from bot.people.records import KINDS, ROLES, Person, PersonChange, RoleGrant, by_email, grant, has_role, holders, revoke, roles_of
from bot.people.sign_in import SignInLink, WebSession

__all__ = [
    "KINDS", "ROLES", "Identity", "Person", "PersonChange", "Reach", "RoleGrant", "SignInLink", "WebSession", "by_email", "grant",
    "has_role", "holders", "link", "person_by", "reach", "revoke", "roles_of",
]  # fmt: skip
