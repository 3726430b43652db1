"""What Vinkki keeps about people, in plain words: the page `/privacy`, for staff, candidates and visitors alike.

Every sentence is a fact of this code (what the tables hold, how long `privacy` and `referrals.retain` leave it there):
who changes what is kept changes the words in content/<locale>/privacy.toml too.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from bot import settings
from bot.desks.turn import Deployment
from bot.messages import Say, Text, say
from bot.people.checking import is_email

PARTS = ("controller", "directory", "doings", "candidates", "visitors", "cookies", "seers", "time", "erasure", "grounds", "rights")


@dataclass(frozen=True)
class Part:
    """One question about the data, and its answer in paragraphs."""

    title: Text
    texts: tuple[Text, ...]


@dataclass(frozen=True)
class PrivacyView:
    """The whole page. `mail` is the address for questions where the contact is one, else empty."""

    title: Text
    lead: Text
    parts: tuple[Part, ...]
    mail: str = ""


def privacy(session: Session, deployment: Deployment) -> PrivacyView:
    """The page, with the organisation's name, its contact (setting `privacy.contact`; HR where that is empty) and its own rules."""
    organisation, given = deployment.organisation, str(settings.get(session, "privacy.contact")).strip()
    contact: str | Say = given or say("privacy.contact_hr", organisation=organisation)
    days, former = (int(settings.get(session, name)) for name in ("privacy.not_hired_days", "bonus.former_employee_days"))
    pool = max(days, int(settings.get(session, "privacy.pool_days")))
    params: dict[str, str | int | Say] = {
        "organisation": organisation, "contact": contact, "days": days, "pool": pool, "former": former,
    }  # fmt: skip
    repeats = settings.get(session, "click.dedupe")
    parts = tuple(Part(say(f"privacy.{part}.title"), _texts(part, params, is_counted_once=repeats)) for part in PARTS)
    return PrivacyView(say("privacy.title"), say("privacy.lead", organisation=organisation), parts, given if is_email(given) else "")


def _texts(part: str, params: dict[str, str | int | Say], *, is_counted_once: bool) -> tuple[Text, ...]:
    texts: tuple[Text, ...] = (say(f"privacy.{part}.text", **params),)
    return (*texts, say("privacy.visitors.once")) if part == "visitors" and is_counted_once else texts
