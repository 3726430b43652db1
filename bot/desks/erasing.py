"""Being erased: a person themselves from their settings, and HR for somebody who asked them to. What goes and what stays is said first."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import col, select

from bot import people, privacy
from bot.bonuses import unsettled
from bot.desks.turn import Desk, Turn
from bot.desks.wording import read_id
from bot.errors import FieldRefusal, Refusal
from bot.messages import Answer, Ask, Button, Card, Form, Note, Paragraph, Say, Show, TickField, say
from bot.people import Person
from bot.referrals import ACTIVE, Referral


def button() -> Button:
    """*Leave and erase my data*, for the card of one's settings."""
    return Button(say("privacy.erase.button"), "profile.erase", style="danger")


def ask_own(turn: Turn, value: str) -> Answer:
    """The form to somebody about themselves. Raises Refusal for those who hold a role: others count on it."""
    if people.roles_of(turn.session, turn.person_id):
        raise Refusal("privacy.erase.own_roles")
    sure = TickField("sure", say("privacy.erase.sure"))
    return Ask(Form("profile.erase", say("privacy.erase.title"), say("privacy.erase.submit"), (sure,), intro=_intro(turn, turn.person, "privacy.erase")))


def erase_own(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """They mean it."""
    if values.get("sure") != "yes":
        raise FieldRefusal("sure", "privacy.erase.not_sure")
    if people.roles_of(turn.session, turn.person_id):
        raise Refusal("privacy.erase.own_roles")
    return Show(_ended("privacy.erase", is_done=_erase(turn, turn.person_id)))


def button_for(person: Person) -> Button:
    """*Erase this person*, for the card that HR sees."""
    return Button(say("privacy.erase_other.button"), "people.erase", str(person.id), style="danger")


def ask_other(turn: Turn, value: str) -> Answer:
    """The form to HR about somebody. Raises Refusal for one who holds a role, or is not there any more."""
    person = _other(turn, value)
    if people.roles_of(turn.session, person.id or 0):
        raise Refusal("privacy.erase.roles")
    sure = TickField("sure", say("privacy.erase_other.sure"))
    intro = (Paragraph(say("people.card", name=person.name)), Note(say("privacy.erase_other.intro")), *_intro(turn, person, "privacy.erase_other"))
    return Ask(Form("people.erase", say("privacy.erase_other.title"), say("privacy.erase.submit"), (sure,), str(person.id), intro))


def erase_other(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """HR erases somebody; the audit says who did."""
    person = _other(turn, subject)
    if values.get("sure") != "yes":
        raise FieldRefusal("sure", "privacy.erase.not_sure")
    return Show(_ended("privacy.erase_other", is_done=_erase(turn, person.id or 0)))


def _other(turn: Turn, value: str) -> Person:
    turn.require("hr")
    person = turn.session.get(Person, read_id(value))
    if person is None or person.erased_at:
        raise Refusal("privacy.erase.nobody")
    return person


def _erase(turn: Turn, person_id: int) -> bool:
    return privacy.ask_erasure(turn.session, turn.deployment.vault, turn.now, turn.person_id, person_id)


def _intro(turn: Turn, person: Person, words: str) -> tuple[Paragraph | Note, ...]:
    """What goes, what stays, and what is different for this person: open bonuses first, since they decide when it happens."""
    person_id = person.id or 0
    open_bonuses = unsettled.count_of(turn.session, person_id)
    mine = select(func.count()).select_from(Referral).where(Referral.referrer_id == person_id, col(Referral.stage).in_(ACTIVE))
    under_way = turn.session.exec(mine).one()
    said: list[Say] = [say(f"{words}.waits", count=open_bonuses)] if open_bonuses else []
    said += [say(f"{words}.goes"), say(f"{words}.stays")]
    said += [say(f"{words}.under_way", count=under_way)] if under_way else []
    if person.kind in ("employee", "contractor") and person.is_here(turn.today):
        said.append(say(f"{words}.staff", organisation=turn.deployment.organisation) if words == "privacy.erase" else say(f"{words}.staff"))
    return tuple(Paragraph(text) for text in said)


def _ended(words: str, *, is_done: bool) -> Card:
    how = "done" if is_done else "later"
    return Card(say(f"{words}.{how}"), (Paragraph(say(f"{words}.{how}_text")),), tone="good")


DESK = Desk(
    buttons={"profile.erase": ask_own, "people.erase": ask_other},
    forms={"profile.erase": erase_own, "people.erase": erase_other},
)
