"""One-time links: to sign in to the portal, and to tie a chat account to the person who owns a mailbox.

`now` is wall time for whatever a browser does. The answer, the rows written and the time taken are the same whether the
address is known or not; for an unknown one the link leads nowhere and its mail is cancelled in the same breath.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from bot import audit, outbox, people
from bot.desks.notices import Builder, Owed
from bot.desks.turn import Deployment
from bot.errors import Refusal
from bot.messages import Button, Buttons, Caller, Card, Fact, Facts, Note, Paragraph, say
from bot.outbox import Delivery
from bot.people import Person, SignInLink, sign_in
from bot.people.sign_in import ASKS_PER_HOUR, LINK_LIFE, Account, asked_lately, close_session, code_of, open_session, session_person
from bot.vault import token_hash

__all__ = ["BUILDERS", "BY_MAIL", "Connecting", "close_session", "connect", "connecting", "open_session", "request_connection", "request_sign_in",
           "session_person", "sign_in_link"]  # fmt: skip


@dataclass(frozen=True)
class Connecting:
    """What the page behind a connecting link shows: whose link it is, which platform's account, and the four digits to compare."""

    name: str
    platform: str
    code: str
    locale: str


def request_sign_in(session: Session, deployment: Deployment, email: str, now: datetime) -> str:
    """Owe a mail with a link to the portal. Returns the four digits that the link's page will show too."""
    return _request(session, deployment, "sign_in", email, Account(), now)


def request_connection(session: Session, deployment: Deployment, caller: Caller, email: str, now: datetime) -> str:
    """Owe a mail with a link that ties this chat account to the person. Returns the four digits that its page will show too."""
    return _request(session, deployment, "link_identity", email, Account(caller.platform, caller.workspace, caller.user, caller.address), now)


def sign_in_link(session: Session, deployment: Deployment, email: str, now: datetime) -> str:
    """A link to hand over where there is no mail server yet. Raises Refusal `people.unknown_email`."""
    person = _person(session, deployment, email, now)
    if person is None:
        raise Refusal("people.unknown_email", email=email)
    token, link = _link(session, deployment, "sign_in", email, person, Account(), now)
    audit.note(session, now, None, "sign_in.link_made", "person", person.id or 0)
    return _address(deployment, link.purpose, token)


def connecting(session: Session, token: str, now: datetime) -> Connecting | None:
    """What a connecting link is for; None when it was used, is over or never was."""
    link = sign_in.usable(session, token, "link_identity", now)
    person = session.get(Person, link.person_id) if link else None
    return Connecting(person.name, link.platform, code_of(token), person.locale) if link and person else None


def connect(session: Session, deployment: Deployment, token: str, now: datetime) -> bool:
    """Tie the account of a connecting link and tell the person there; False when the link is not usable (any more)."""
    link = sign_in.usable(session, token, "link_identity", now)
    person = session.get(Person, link.person_id) if link else None
    if link is None or person is None or not person.is_here(deployment.today(now)) or not sign_in.use(session, link, now):
        return False
    people.link(session, now, link.platform, link.workspace, link.user, link.address, person.email, "mail")
    outbox.owe(session, now, f"account-link:{link.id}:connected", "connected", link.id or 0, person)
    return True


def _request(session: Session, deployment: Deployment, purpose: str, email: str, account: Account, now: datetime) -> str:
    asked = asked_lately(session, _hash(deployment, email), now)
    person = _person(session, deployment, email, now)
    token, link = _link(session, deployment, purpose, email, person if asked < ASKS_PER_HOUR else None, account, now)
    key = f"account-link:{link.id}:mail"
    if link.person_id is not None:
        outbox.owe_many(session, now, purpose, link.id or 0, [(key, link.person_id, "mail")])
    else:
        outbox.owe_mail(session, now, key, purpose, link.id or 0)
    session.execute(update(Delivery).where(col(Delivery.key) == key, col(Delivery.person_id).is_(None)).values(state="cancelled"))
    return code_of(token)


def _person(session: Session, deployment: Deployment, email: str, now: datetime) -> Person | None:
    person = people.by_email(session, email)
    return person if person and person.is_here(deployment.today(now)) else None


def _link(session: Session, deployment: Deployment, purpose: str, email: str, person: Person | None, account: Account, now: datetime) -> tuple[str, SignInLink]:
    token = deployment.new_token()
    link = SignInLink(
        token_hash=token_hash(token), sealed=deployment.vault.seal(token), salt=deployment.new_token(), purpose=purpose,
        person_id=person.id if person else None, address_hash=_hash(deployment, email), platform=account.platform, workspace=account.workspace,
        user=account.user, address=account.address, created_at=now, expires_at=now + LINK_LIFE,
    )  # fmt: skip
    session.add(link)
    session.flush()
    return token, link


def _hash(deployment: Deployment, email: str) -> str:
    return deployment.vault.keyed_hash(email.strip().lower())


def _address(deployment: Deployment, purpose: str, token: str) -> str:
    return deployment.link(f"{'sign-in' if purpose == 'sign_in' else 'connect'}/{token}")


def _letter(owed: Owed) -> Card | None:
    link = owed.session.get(SignInLink, owed.subject_id)
    if link is None or link.used_at is not None or not link.sealed or owed.person is None:
        return None  # expiry is the page's matter: programme time may have run ahead
    token = owed.deployment.vault.open(link.sealed)
    words = f"people.letter.{link.purpose}"
    organisation, platform = owed.deployment.organisation, say(f"people.platform.{link.platform or 'portal'}")
    return Card(
        say(f"{words}.title", organisation=organisation, platform=platform),
        (
            Paragraph(say(f"{words}.text", organisation=organisation, platform=platform)),
            Facts((Fact(say("people.letter.code"), say("people.letter.digits", code=code_of(token))),)),
            Buttons((Button(say(f"{words}.button"), url=_address(owed.deployment, link.purpose, token), style="primary"),)),
            Note(say(f"{words}.note", count=int(LINK_LIFE.total_seconds() // 60))),
        ),
    )


def _connected(owed: Owed) -> Card | None:
    link = owed.session.get(SignInLink, owed.subject_id)
    if link is None or owed.person is None:
        return None
    buttons = Buttons((Button(say("front.go.home"), "front.home", style="primary"), Button(say("front.go.help"), "front.run", "vinkki help")))
    text = say("people.connected.text", platform=say(f"people.platform.{link.platform}"))
    return Card(say("people.connected.title", name=owed.person.name), (Paragraph(text), buttons), tone="good")


BUILDERS: dict[str, Builder] = {"sign_in": _letter, "link_identity": _letter, "connected": _connected}
BY_MAIL: set[str] = {"sign_in", "link_identity"}
