"""HR sees beforehand what time erases, may keep somebody's details for a reason that the law allows, and erases who asked them to."""

from __future__ import annotations

from bot import referrals
from bot.desks import wording
from bot.desks.turn import Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import (
    Answer,
    Ask,
    Block,
    Button,
    Buttons,
    Card,
    ChoiceField,
    Form,
    Heading,
    Item,
    Items,
    Note,
    Option,
    Paragraph,
    Replace,
    Show,
    TextField,
    TickField,
    say,
)
from bot.referrals import Candidate, Due, Kept, Referral, keeping

PAGE = 5


def show(turn: Turn, text: str) -> Answer:
    """`admin privacy`: whose details go in the next two weeks, and whose are kept."""
    turn.require("hr")
    return Show(_card(turn, 0))


def page(turn: Turn, value: str) -> Answer:
    """Another page of that list; the value is how many come before it."""
    turn.require("hr")
    return Replace(_card(turn, wording.read_id(value)))


def ask_keep(turn: Turn, value: str) -> Answer:
    """The button *keep*; its value is the referral's id."""
    referral = _referral(turn, value)
    reasons = tuple(Option(reason, say(f"retention.reason.{reason}")) for reason in keeping.REASONS)
    fields = (ChoiceField("reason", say("retention.form.reason"), reasons), TextField("days", say("retention.form.days"), "90", max_length=4, shape="number"))
    intro = (Paragraph(say("retention.form.intro")),)
    return Ask(Form("retention.keep", say("retention.form.title"), say("retention.form.submit"), fields, str(referral.id), intro))


def keep(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back: a reason and a day are written down."""
    referral, text = _referral(turn, subject), values.get("days", "").strip()
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    referrals.keep(turn.session, turn.now, turn.person_id, referral.id or 0, values.get("reason", ""), days)
    until = turn.session.get_one(Kept, referral.candidate_id).until
    blocks = (Paragraph(say("retention.done.kept_text", number=f"{referral.id}")), _back())
    return Show(Card(say("retention.done.kept", day=turn.deployment.today(until)), blocks, tone="good"))


def let_go(turn: Turn, value: str) -> Answer:
    """The button *let go*; its value is the referral's id."""
    referrals.let_go(turn.session, turn.now, turn.person_id, _referral(turn, value).candidate_id)
    return Replace(Card(say("retention.done.let_go"), (Paragraph(say("retention.done.let_go_text")), _back()), tone="good"))


def ask_erase(turn: Turn, value: str) -> Answer:
    """The button *erase somebody who asked*: by what they are found. No name is shown, so that nobody is looked up here."""
    turn.require("hr")
    fields = (TextField("address", say("retention.erase.address"), max_length=254), TickField("sure", say("retention.erase.sure")))
    return Ask(Form("retention.erase", say("retention.erase.title"), say("retention.erase.submit"), fields, intro=(Paragraph(say("retention.erase.intro")),)))


def erase(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back: every candidate with that address or number is forgotten, the invited among them."""
    turn.require("hr")
    if values.get("sure") != "yes":
        raise FieldRefusal("sure", "retention.erase.unsure")
    found = referrals.candidates_at(turn.session, turn.deployment.vault, values.get("address", "")[:254])
    count = sum(referrals.erase_candidate(turn.session, turn.now, turn.person_id, row.id or 0, by="hr") for row in found)
    if not count:
        raise FieldRefusal("address", "retention.erase.nobody")
    return Show(Card(say("retention.erase.done", count=count), (Paragraph(say("retention.erase.done_text")), _back()), tone="good"))


def _referral(turn: Turn, value: str) -> Referral:
    turn.require("hr")
    referral = turn.session.get(Referral, wording.read_id(value))
    candidate = turn.session.get(Candidate, referral.candidate_id) if referral else None
    if referral is None or candidate is None or candidate.erased_at or referral.stage in referrals.HIDDEN:
        raise Refusal("retention.gone")
    return referral


def _card(turn: Turn, offset: int) -> Card:
    until = turn.now + keeping.SHOWN_BEFORE
    due, total = referrals.due_by(turn.session, until, PAGE, offset), len(referrals.due_by(turn.session, until, 1000))
    kept = referrals.kept(turn.session, turn.now, PAGE)
    blocks: list[Block] = [Paragraph(say("retention.lead", count=total) if total else say("retention.none"))]
    blocks += [Items(tuple(_due(turn, one) for one in due))] if due else []
    steps = [Button(say("retention.earlier"), "retention.page", str(max(0, offset - PAGE)))] if offset else []
    steps += [Button(say("retention.more"), "retention.page", str(offset + PAGE))] if offset + PAGE < total else []
    blocks += [Buttons(tuple(steps))] if steps else []
    blocks += [Heading(say("retention.kept_title")), Items(tuple(_kept(turn, row, rid) for row, rid in kept))] if kept else []
    asked = Buttons((Button(say("retention.erase.button"), "retention.erase", ""),))
    return Card(say("retention.title"), (*blocks, Note(say("retention.note")), asked))


def _due(turn: Turn, due: Due) -> Item:
    title = say("retention.row", number=f"{due.referral_id}", opening=wording.opening_name(turn.session, due.opening_id))
    detail = say("retention.detail", stage=say(f"referrals.stage.{due.stage}"), day=turn.deployment.today(due.due_at))
    return Item(title, detail, (Button(say("retention.keep"), "retention.keep", str(due.referral_id)),))


def _kept(turn: Turn, row: Kept, referral_id: int) -> Item:
    opening = wording.opening_name(turn.session, turn.session.get_one(Referral, referral_id).opening_id)
    release = Button(say("retention.let_go"), "retention.let_go", str(referral_id))
    detail = say("retention.kept_detail", reason=say(f"retention.reason.{row.reason}"), day=turn.deployment.today(row.until))
    return Item(say("retention.row", number=f"{referral_id}", opening=opening), detail, (release,))


def _back() -> Buttons:
    return Buttons((Button(say("retention.title"), "retention.page", "0"),))


DESK = Desk(
    commands={"admin privacy": show},
    buttons={"retention.page": page, "retention.keep": ask_keep, "retention.let_go": let_go, "retention.erase": ask_erase},
    forms={"retention.keep": keep, "retention.erase": erase},
)
