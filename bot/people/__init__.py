"""People: who they are, on which platforms, in which roles, and how that changed."""

from bot.people.identities import Identity, Reach, link, person_by, reach
from bot.people.records import KINDS, ROLES, Person, PersonChange, RoleGrant, by_email, grant, has_role, holders, revoke, roles_of

__all__ = [
    "KINDS", "ROLES", "Identity", "Person", "PersonChange", "Reach", "RoleGrant", "by_email", "grant", "has_role", "holders", "link",
    "person_by", "reach", "revoke", "roles_of",
]  # fmt: skip
