"""A referral passes from hand to hand: reassign, take over, ask again; a word that it goes on; a note for recruiters' own eyes."""

from __future__ import annotations

from bot import people, referrals
from bot.desks import wording
from bot.desks.recruiting import referral_card
from bot.desks.turn import STAFF, Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import Ask, Card, ChoiceField, Form, Note, Option, Paragraph, Plain, Replace, Show, TextField, say
from bot.people import Person
from bot.referrals import Referral
from bot.referrals.handing import nudge, reassign, still
from bot.referrals.leave import is_away, may_recruit
from bot.referrals.notes import LONGEST, write_note

MOST = 100  # options of a choice


def go_on(turn: Turn, value: str) -> Replace:
    """The button *still under way*: everybody hears that nobody is forgotten."""
    turn.require(*STAFF)
    rid, version = wording.read_version(value)
    return Replace(referral_card(turn.session, still(turn.session, turn.now, turn.person_id, rid, version)))


def ask_reassign(turn: Turn, value: str) -> Ask:
    """The button *hand over*: to whom."""
    turn.require(*STAFF)
    referral = current(turn, value)
    here = [p for p in colleagues(turn) if p.id != referral.recruiter_id and not is_away(turn.session, p, turn.now)]
    if not here:
        raise Refusal("recruiting.error.nobody_else")
    field = ChoiceField("recruiter", say("recruiter.fact.recruiter"), tuple(Option(str(p.id), Plain(p.name[:75])) for p in here), str(here[0].id))
    intro = (Paragraph(say("recruiting.reassign.intro")),)
    return Ask(Form("referral.reassign", say("recruiting.reassign.title"), say("recruiting.reassign.submit"), (field,), value, intro))


def save_reassign(turn: Turn, subject: str, values: dict[str, str]) -> Replace:
    """The form came back."""
    turn.require(*STAFF)
    chosen = values.get("recruiter", "")
    if not wording.is_id(chosen):
        raise FieldRefusal("recruiter", "recruiting.error.recruiter")
    rid, version = wording.read_version(subject)
    return Replace(referral_card(turn.session, reassign(turn.session, turn.now, turn.person_id, rid, version, int(chosen))))


def take_over(turn: Turn, value: str) -> Replace:
    """The button *I take it over*, on what came to HR's channel."""
    turn.require(*STAFF)
    rid, version = wording.read_version(value)
    if current(turn, value).stage == "confirmed":
        return Replace(referral_card(turn.session, referrals.move(turn.session, turn.now, turn.person_id, rid, "taken", version, recruiter_id=turn.person_id)))
    return Replace(referral_card(turn.session, reassign(turn.session, turn.now, turn.person_id, rid, version, turn.person_id)))


def remind(turn: Turn, value: str) -> Show:
    """The button *ask again*: whoever is responsible hears from HR, once a day at most."""
    turn.require(*STAFF)
    asked = nudge(turn.session, turn.now, turn.person_id, wording.read_version(value)[0])
    names = ", ".join(p.name for p in asked[:5]) + (" …" if len(asked) > 5 else "")
    return Show(Card(say("recruiting.asked.title"), (Paragraph(say("recruiting.asked.text", names=names)),), tone="good"))


def ask_note(turn: Turn, value: str) -> Ask:
    """The button *note*: for recruiters and HR alone."""
    turn.require(*STAFF)
    rid, _ = wording.read_version(value)
    _seen(turn, rid)
    field = TextField("text", say("recruiting.note.text"), max_length=LONGEST, rows=4, hint=say("recruiting.note.hint"))
    return Ask(Form("referral.note", say("recruiting.note.title"), say("recruiting.note.submit"), (field,), f"{rid}"))


def save_note(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The note came back; it is read beside the candidate's details, where each look is written down."""
    turn.require(*STAFF)
    referral = _seen(turn, wording.read_id(subject))
    write_note(turn.session, turn.deployment.vault, turn.now, turn.person_id, referral, values.get("text", ""))
    card = referral_card(turn.session, referral)
    return Show(Card(card.title, (Note(say("recruiting.note.kept")), *card.blocks), tone=card.tone))


def colleagues(turn: Turn) -> list[Person]:
    """Who may have a referral in hand: recruiters, then HR."""
    found = {p.id: p for role in STAFF for p in people.holders(turn.session, role) if may_recruit(turn.session, p, turn.now)}
    return list(found.values())[:MOST]


def current(turn: Turn, value: str) -> Referral:
    """The referral that a card showed, unless it has moved on since or its candidate never confirmed."""
    rid, version = wording.read_version(value)
    referral = _seen(turn, rid)
    if referral.version != version:
        raise referrals.stale(turn.session, referral, turn.person_id)
    if referral.stage not in referrals.ACTIVE:
        raise Refusal("recruiting.error.over")
    return referral


def _seen(turn: Turn, rid: int) -> Referral:
    referral = turn.session.get(Referral, rid)
    if referral is None or referral.stage in referrals.HIDDEN:
        raise Refusal("referrals.unknown")
    return referral


DESK = Desk(
    buttons={
        "referral.still": go_on, "referral.reassign": ask_reassign, "referral.take_over": take_over, "referral.remind": remind, "referral.note": ask_note,
    },
    forms={"referral.reassign": save_reassign, "referral.note": save_note},
)  # fmt: skip
