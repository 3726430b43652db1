"""HR divides what a referral earns among several people, and sees who has agreed."""

from __future__ import annotations

import re

from bot import bonuses
from bot.bonuses import ReferralShare, splits
from bot.bonuses.shares import rows_of
from bot.bonuses.splits import MOST, Part
from bot.desks import bonus_cards, wording
from bot.desks.turn import Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import (
    Ask,
    Block,
    Button,
    Buttons,
    Card,
    Form,
    FormField,
    Item,
    Items,
    LookupField,
    Note,
    Option,
    Paragraph,
    Plain,
    Replace,
    Say,
    Show,
    TextField,
    say,
)
from bot.people import Person
from bot.referrals import HIDDEN, Referral

PAGE = 8
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*%?\Z", re.ASCII)


def open_ones(turn: Turn, text: str) -> Show:
    """`/vinkki-admin splits [referral's number]`: splits that nobody settled yet, or the one asked for."""
    turn.require("hr")
    return Show(_card(turn, _referral(turn, text.strip())) if text.strip() else _list(turn))


def show(turn: Turn, value: str) -> Show:
    """Whose a referral's bonus is; the value is the referral's number."""
    turn.require("hr")
    return Show(_card(turn, _referral(turn, value)))


def _list(turn: Turn) -> Card:
    found = splits.open_splits(turn.session, PAGE)
    if not found:
        return Card(say("splits.list"), (Paragraph(say("splits.none")), Note(say("splits.how"))))
    rows = [turn.session.get_one(Referral, referral_id) for referral_id in found]
    return Card(say("splits.list"), (Items(tuple(Item(_title(turn, r), None, (Button(say("splits.open"), "split.show", str(r.id)),)) for r in rows)),))


def _title(turn: Turn, referral: Referral) -> Say:
    return say("splits.title", number=str(referral.id), opening=wording.opening_name(turn.session, referral.opening_id))


def _card(turn: Turn, referral: Referral, done: Say | None = None) -> Card:
    rows = rows_of(turn.session, referral.id or 0)
    version = rows[0].version if rows else 0
    blocks: list[Block] = [Paragraph(done)] if done else []
    if rows:
        parts = zip(bonus_cards.split_parts(turn.session, referral), rows, strict=True)
        blocks += [Paragraph(_state(turn, referral, rows)), Items(tuple(Item(part, _answer(row)) for part, row in parts))]
    else:
        blocks.append(Paragraph(say("splits.alone", name=wording.person_name(turn.session, referral.referrer_id))))
    if others := [wording.person_name(turn.session, i) for i in splits.others(turn.session, referral.id or 0)]:
        blocks.append(Note(say("splits.others", names=", ".join(others))))
    change = Button(say("splits.change" if rows else "splits.divide"), "split.edit", f"{referral.id}:{version}", "primary" if not rows else "default")
    blocks += [Buttons((change, Button(say("bonuses.todo.open"), "bonus.page", "todo:0"))), Note(say("splits.note"))]
    return Card(_title(turn, referral), tuple(blocks), tone="good" if done else "plain")


def _state(turn: Turn, referral: Referral, rows: list[ReferralShare]) -> Say:
    name = wording.person_name(turn.session, rows[0].decided_by or rows[0].proposed_by)
    if rows[0].decided_by:
        return say("splits.decided", name=name, at=rows[0].proposed_at, reason=rows[0].reason)
    return say("splits.agreed" if bonuses.is_settled(turn.session, referral) else "splits.waits", name=name, at=rows[0].proposed_at)


def _answer(row: ReferralShare) -> Say | None:
    if row.accepted_at:
        return say("splits.accepted_at", at=row.accepted_at)
    if row.declined_at:
        return say("splits.declined_at", at=row.declined_at)
    return None if row.decided_by else say("splits.asked_at", at=row.proposed_at)


def edit(turn: Turn, value: str) -> Ask:
    """The form: up to four people and their parts. The value is `referral:version of the proposal`."""
    turn.require("hr")
    referral_id, _ = wording.read_version(value)
    referral = _referral(turn, str(referral_id))
    known = {row.person_id: _typed(row.basis_points) for row in rows_of(turn.session, referral_id)}
    if not known:
        known = dict.fromkeys([referral.referrer_id, *splits.others(turn.session, referral_id)][:MOST], "")
    given = [*known.items(), *[(0, "")] * MOST][:MOST]
    fields: list[FormField] = []
    for number, (person_id, part) in enumerate(given, start=1):
        person = turn.session.get(Person, person_id) if person_id else None
        chosen = Option(str(person.id), Plain(person.name[:75])) if person else None
        fields.append(LookupField(f"person_{number}", say("splits.form.person", number=number), "people.person", chosen, optional=number > 1))
        fields.append(TextField(f"share_{number}", say("splits.form.share", number=number), part, optional=number > 1, max_length=8, hint=_hint(number)))
    fields.append(
        TextField("reason", say("splits.form.reason"), optional=True, max_length=bonuses.approvals.LONGEST, rows=2, hint=say("splits.form.reason_hint"))
    )
    return Ask(Form("split.propose", say("splits.form.title"), say("splits.form.submit"), tuple(fields), value, (Paragraph(say("splits.form.intro")),)))


def _typed(basis_points: int) -> str:
    """A part as it is typed into the form: 33.33, or 50."""
    return f"{basis_points // 100}.{basis_points % 100:02d}".removesuffix(".00")


def _hint(number: int) -> Say | None:
    return say("splits.form.share_hint") if number == 1 else None


def propose(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The form came back: asked, or decided where HR gave a reason."""
    turn.require("hr")
    referral_id, version = wording.read_version(subject)
    parts = _parts(values)
    splits.propose(turn.session, turn.now, turn.person_id, referral_id, version, parts, turn.today, values.get("reason", ""))
    word = "decided" if values.get("reason", "").strip() else "asked"
    return Show(_card(turn, _referral(turn, str(referral_id)), say(f"splits.done.{word}", count=len(parts))))


def _parts(values: dict[str, str]) -> list[Part]:
    """People with their parts as they were typed. Raises FieldRefusal beside the field that cannot be."""
    parts: list[Part] = []
    for number in range(1, MOST + 1):
        person, text = values.get(f"person_{number}", "").strip(), values.get(f"share_{number}", "").strip()
        if not person and not text:
            continue
        if not wording.is_id(person):
            raise FieldRefusal(f"person_{number}", "splits.nobody")
        if len(parts) != number - 1:
            raise FieldRefusal(f"person_{number}", "splits.in_order")
        parts.append(Part(int(person), _points(f"share_{number}", text)))
    return parts


def _points(field: str, text: str) -> int:
    found = _PERCENT.match(text)
    if not found or not (points := int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))):
        raise FieldRefusal(field, "splits.no_part")
    return points


def _referral(turn: Turn, text: str) -> Referral:
    referral = turn.session.get(Referral, wording.read_id(text)) if wording.is_id(text) else None
    if referral is None or referral.stage in HIDDEN:
        raise Refusal("splits.gone")
    return referral


def again(turn: Turn, value: str) -> Replace:
    """The list of open splits again."""
    turn.require("hr")
    return Replace(_list(turn))


DESK = Desk(commands={"admin splits": open_ones}, buttons={"split.show": show, "split.edit": edit, "split.list": again}, forms={"split.propose": propose})
