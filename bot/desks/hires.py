"""What follows a hire: who the newcomer is in the directory, a first day that has to be put right, and facts that the rules ask for."""

from __future__ import annotations

from datetime import date

from bot import bonuses, people, referrals
from bot.bonuses import joiners
from bot.desks import wording
from bot.desks.recruiting import referral_card
from bot.desks.turn import STAFF, Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import Answer, Ask, Block, Button, Buttons, Card, DayField, Form, Item, Items, Note, Paragraph, Plain, Replace, Say, Show, TickField, say
from bot.people import Person
from bot.referrals import Referral
from bot.referrals.matching import put_facts

SHOWN = 5


def ask_start(turn: Turn, value: str) -> Ask:
    """The button *put the first day right*."""
    turn.require(*STAFF)
    referral = _hire(turn, *wording.read_version(value))
    assert referral.start_on is not None
    field = DayField("start_on", say("recruiter.hire.start_on"), initial=referral.start_on.isoformat())
    intro = (Paragraph(say("hires.start.intro", day=referral.start_on)),)
    return Ask(Form("referral.start", say("hires.start.title"), say("hires.start.submit"), (field,), wording.versioned(referral), intro))


def put_start(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The first day is another one: bonuses that are not with payroll follow."""
    turn.require(*STAFF)
    rid, version = wording.read_version(subject)
    _of_another(turn, rid, version)
    day = _day("start_on", values.get("start_on", ""))
    referral = bonuses.correct_start(turn.session, turn.now, turn.person_id, rid, version, day, turn.deployment.time_zone)
    return Show(_corrected(turn, referral, day))


def start_is(turn: Turn, value: str) -> Replace:
    """The directory's first day is the right one; the value is `id:version`."""
    turn.require(*STAFF)
    rid, version = wording.read_version(value)
    newcomer = _newcomer(turn, _hire(turn, rid, version))
    if newcomer is None or newcomer.start_on is None:
        raise Refusal("old_card")
    referral = bonuses.correct_start(turn.session, turn.now, turn.person_id, rid, version, newcomer.start_on, turn.deployment.time_zone)
    return Replace(_corrected(turn, referral, newcomer.start_on))


def _corrected(turn: Turn, referral: Referral, day: date) -> Card:
    rows = [b for b in bonuses.of_referral(turn.session, referral.id or 0) if b.start_on == day]
    items = tuple(Item(_what(turn, b), say("bonuses.day", day=b.due_on)) for b in rows[:10])
    blocks: tuple[Block, ...] = (Paragraph(say("hires.start.done", count=len(rows), day=day)), *((Items(items),) if items else ()))
    return Card(say("hires.start.done_title", opening=wording.opening_name(turn.session, referral.opening_id)), blocks, tone="good")


def _what(turn: Turn, bonus: bonuses.Bonus) -> Say:
    name = wording.person_name(turn.session, bonus.beneficiary_id)
    return say("bonuses.row", name=name, money=wording.worth(turn.session, bonus), number=str(bonus.id))


def joiner_card(turn: Turn, referral: Referral) -> Card | None:
    """Somebody began on the first day of a hire: is it the one? None when that is known by now."""
    if referral.hired_person_id is not None or referral.start_on is None:
        return None
    found = _likely(turn, referral, joiners.may_be(turn.session, referral, 50))
    if not found:
        return None
    rows = tuple(Item(Plain(p.name), _place(p), (_it_is(referral, p),)) for p in found[:SHOWN])
    opening = wording.opening_name(turn.session, referral.opening_id)
    other = Buttons((Button(say("hires.joiner.other"), "referral.joined", wording.versioned(referral)),))
    return Card(say("hires.joiner.title", opening=opening), (
        Paragraph(say("hires.joiner.text", day=referral.start_on, name=wording.person_name(turn.session, referral.referrer_id), number=f"{referral.id}")),
        Items(rows), other, Note(say("hires.joiner.note")),
    ))  # fmt: skip


def _likely(turn: Turn, referral: Referral, found: list[Person]) -> list[Person]:
    """Those with the candidate's own name alone, where there are any: compared here, shown to nobody."""
    candidate = turn.session.get(referrals.Candidate, referral.candidate_id)
    details = referrals.open_details(turn.session, turn.deployment.vault, candidate) if candidate else None
    same = [p for p in found if details and p.name.casefold().split() == details.name.casefold().split()]
    return same or found


def _place(person: Person) -> Plain:
    return Plain(", ".join(p for p in (person.department, person.location) if p) or person.email)


def _it_is(referral: Referral, person: Person) -> Button:
    return Button(say("hires.joiner.yes"), "referral.newcomer", f"{wording.versioned(referral)}:{person.id}", "primary")


def newcomer(turn: Turn, value: str) -> Answer:
    """It is this person; the value is `id:version:person`."""
    turn.require(*STAFF)
    place, _, person_id = value.rpartition(":")
    rid, version = wording.read_version(place)
    _of_another(turn, rid, version)
    referral = referrals.link_hire(turn.session, turn.now, turn.person_id, rid, version, wording.read_id(person_id))
    return Replace(differs_card(turn, referral) or referral_card(turn.session, referral))


def differs_card(turn: Turn, referral: Referral) -> Card | None:
    """The directory has another first day than the hire; None when both are the same."""
    newcomer = _newcomer(turn, referral)
    if newcomer is None or newcomer.start_on is None or referral.start_on in (None, newcomer.start_on):
        return None
    value, opening = wording.versioned(referral), wording.opening_name(turn.session, referral.opening_id)
    return Card(say("hires.differs.title", opening=opening), (
        Paragraph(say("hires.differs.text", name=newcomer.name, theirs=newcomer.start_on, ours=referral.start_on)),
        Buttons((
            Button(say("hires.differs.theirs", day=newcomer.start_on), "referral.start_is", value, "primary"),
            Button(say("hires.differs.other"), "referral.start", value),
        )),
        Note(say("hires.differs.note")),
    ), tone="warning")  # fmt: skip


def ask_facts(turn: Turn, value: str) -> Ask:
    """The button *for the bonus*: facts that only recruiting knows."""
    turn.require(*STAFF)
    rid, version = wording.read_version(value)
    referral = _of_another(turn, rid, version)
    known = referral.known_on.isoformat() if referral.known_on else ""
    return Ask(Form("referral.facts", say("hires.facts.title"), say("hires.facts.submit"), (
        DayField("known_on", say("hires.facts.known_on"), known, optional=True, hint=say("hires.facts.known_on_hint")),
        TickField("is_relative", say("hires.facts.is_relative"), referral.is_relative, say("hires.facts.is_relative_hint")),
    ), value, (Paragraph(say("hires.facts.intro")),)))  # fmt: skip


def save_facts(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The facts came back."""
    turn.require(*STAFF)
    rid, version = wording.read_version(subject)
    known = _day("known_on", values["known_on"]) if values.get("known_on", "").strip() else None
    if known and known > turn.today:
        raise FieldRefusal("known_on", "hires.facts.future")
    referral = put_facts(turn.session, turn.now, turn.person_id, _of_another(turn, rid, version).id or 0, version, known, values.get("is_relative") == "yes")
    return Show(referral_card(turn.session, referral))


def _seen(turn: Turn, rid: int, version: int) -> Referral:
    referral = turn.session.get(Referral, rid)
    if referral is None or referral.stage in referrals.HIDDEN:
        raise Refusal("referrals.unknown")
    if referral.version != version:
        raise referrals.stale(turn.session, referral, turn.person_id)
    return referral


def _of_another(turn: Turn, rid: int, version: int) -> Referral:
    """A referral whose bonus is not one's own: on that somebody else has the word."""
    referral = _seen(turn, rid, version)
    require_of_another(turn, referral)
    return referral


def require_of_another(turn: Turn, referral: Referral) -> None:
    """Raises Refusal `bonuses.own` on one's own referral: what its bonus hangs on is somebody else's to write down."""
    if referral.referrer_id == turn.person_id:
        raise Refusal("bonuses.own")


def _hire(turn: Turn, rid: int, version: int) -> Referral:
    referral = _of_another(turn, rid, version)
    if referral.start_on is None:
        raise Refusal("bonuses.no_hire")
    return referral


def _newcomer(turn: Turn, referral: Referral) -> Person | None:
    return turn.session.get(people.Person, referral.hired_person_id) if referral.hired_person_id else None


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise FieldRefusal(field, "recruiter.error.day") from None


DESK = Desk(
    buttons={"referral.start": ask_start, "referral.start_is": start_is, "referral.newcomer": newcomer, "referral.facts": ask_facts},
    forms={"referral.start": put_start, "referral.facts": save_facts},
)
