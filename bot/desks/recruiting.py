"""The recruiters' cards and forms. A card names the opening and the colleague, never the candidate: it may stand in a channel."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from bot import referrals
from bot.bonuses.rules import reason_against_candidate
from bot.desks import papers, wording
from bot.desks.turn import Turn
from bot.messages import (
    Block,
    Button,
    Buttons,
    Card,
    ChoiceField,
    DayField,
    Fact,
    Facts,
    Form,
    Item,
    Items,
    LookupField,
    Note,
    Option,
    Paragraph,
    Plain,
    Say,
    TextField,
    say,
)
from bot.referrals import Candidate, Referral, StageChange
from bot.referrals.deadlines import deadline
from bot.referrals.notes import notes_of
from bot.referrals.owning import held_until

PAGE = 8
MOST_NOTES = 5  # a message holds so much
# stage a button leads to -> its action
_MOVES = {
    "taken": "referral.take", "contacted": "referral.contact", "interviewing": "referral.interview", "offered": "referral.offer", "hired": "referral.hire",
}  # fmt: skip


def referral_card(session: Session, referral: Referral) -> Card:
    """A referral as it is now, with the buttons that fit its stage."""
    opening = wording.opening_name(session, referral.opening_id)
    is_new = referral.stage == "confirmed"
    title = say("recruiter.card.new", opening=opening) if is_new else say("recruiter.card.title", opening=opening, number=f"{referral.id}")
    rows = [
        Fact(say("recruiter.fact.stage"), say("recruiter.fact.stage_since", stage=_stage(referral), at=referral.stage_since)),
        Fact(say("recruiter.fact.referrer"), Plain(wording.person_name(session, referral.referrer_id))),
    ]
    if referral.recruiter_id:
        rows.append(Fact(say("recruiter.fact.recruiter"), Plain(wording.person_name(session, referral.recruiter_id))))
    if referral.duplicate_of_id and (holder := session.get(Referral, referral.duplicate_of_id)) and (until := held_until(session, holder)):
        rows.append(Fact(say("owner.fact"), say("owner.held", number=f"{holder.id}", at=holder.confirmed_at or holder.stage_since, until=until.date())))
    if referral.start_on:
        rows.append(Fact(say("recruiter.fact.start_on"), say("recruiter.fact.day", day=referral.start_on)))
    note = Note(say("recruiter.card.no_names"))
    return Card(title, (Facts(tuple(rows)), *_buttons(referral), *((note,) if is_new else ())), tone="good" if referral.stage == "hired" else "plain")


def details_card(turn: Turn, referral: Referral) -> Card:
    """Who the candidate is, for one pair of eyes; the note says that the look was written down."""
    candidate = turn.session.get(Candidate, referral.candidate_id)
    details = referrals.open_details(turn.session, turn.deployment.vault, candidate) if candidate else None
    opening = wording.opening_name(turn.session, referral.opening_id)
    title = say("recruiter.details.title", opening=opening, number=f"{referral.id}")
    if candidate is None or details is None:
        return Card(title, (Paragraph(say("recruiter.details.erased")),))
    rows = [Fact(say("recruiter.fact.name"), Plain(details.name))]
    rows += [Fact(say(f"candidate.field.{name}"), Plain(getattr(details, name))) for name in ("email", "phone", "linkedin") if getattr(details, name)]
    rows.append(Fact(say("recruiter.fact.referrer"), Plain(wording.person_name(turn.session, referral.referrer_id))))
    rows.append(Fact(say("recruiter.fact.language"), say(f"refer.language.{candidate.locale}")))
    rows.append(Fact(say("candidate.fact.about_others"), say("candidate.yes" if candidate.about_others else "candidate.no")))
    if rule := reason_against_candidate(turn.session, referral):
        rows.append(Fact(say("recruiter.fact.bonus"), say("referrals.promise.nobody", reason=say(f"bonuses.reason.{rule}"))))
    elif referral.is_relative:
        rows.append(Fact(say("recruiter.fact.bonus"), say("bonuses.reason.relative")))
    blocks: list[Block] = [Facts(tuple(rows))]
    if others := referrals.others_named(turn.session, referral):
        rows.append(Fact(say("recruiter.fact.others"), Plain(" / ".join(o.title for o in others))))
        blocks = [Facts(tuple(rows))]
    if details.message:
        blocks.append(Paragraph(say("recruiter.details.message", text=details.message)))
    said = referrals.endorsement(turn.session, turn.deployment.vault, referral)
    blocks += [Paragraph(say(f"endorse.read.{name}", text=text)) for name, text in said.items()]
    blocks += [Paragraph(say("recruiter.details.reason", text=reason)) for reason in _reasons(turn, referral)]
    for note, text in notes_of(turn.session, turn.deployment.vault, referral)[-MOST_NOTES:]:
        name = wording.person_name(turn.session, note.author_id)
        blocks.append(Paragraph(say(f"recruiting.note.of.{note.kind}", name=name, day=turn.deployment.today(note.at), text=text)))
    if paper := papers.button(turn.session, turn.deployment, referral):
        blocks.append(Buttons(paper))
    return Card(title, (*blocks, *_buttons(referral, with_open=False, has_others=bool(others)), *_ours(turn, referral), Note(say("recruiter.details.audited"))))


def _ours(turn: Turn, referral: Referral) -> tuple[Buttons, ...]:
    """What HR alone decides: whether two are one person, and who referred them."""
    if referral.stage not in referrals.ACTIVE or not turn.has("hr"):
        return ()
    value = wording.versioned(referral)
    merged = Button(say("recruiting.button.merge"), "referral.merge", value)
    return (Buttons((merged, Button(say("recruiting.button.owner"), "referral.owner", value))),)


def list_card(turn: Turn, offset: int, *more: Block) -> Card:
    """What waits for a recruiter, longest waiting first; `more` stands below."""
    rows, total = referrals.in_hand(turn.session, turn.now, turn.person_id, offset, PAGE)
    if waiting := referrals.pending(turn.session):
        more = (*more, Note(say("recruiter.list.pending", count=waiting)))
    if not rows:
        return Card(say("recruiter.list.title"), (Paragraph(say("recruiter.list.none")), *more))
    items = tuple(_item(turn, r) for r in rows)
    buttons = [Button(say("referrals.list.newer"), "recruiting.page", str(max(0, offset - PAGE)))] if offset else []
    if offset + PAGE < total:
        buttons.append(Button(say("referrals.list.older"), "recruiting.page", str(offset + PAGE)))
    return Card(say("recruiter.list.title_count", count=total), (Items(items), *((Buttons(tuple(buttons)),) if buttons else ()), *more))


def decline_form(referral: Referral, kinds: tuple[str, ...]) -> Form:
    """*Not now*: kind words to choose, own words if wanted, a reason that stays with us."""
    options = tuple(Option(kind, say(f"recruiter.decline.{kind}")) for kind in kinds)
    return Form("referral.decline", say("recruiter.decline.title"), say("recruiter.decline.submit"), (
        ChoiceField("words", say("recruiter.decline.words"), options, initial=kinds[0], hint=say("recruiter.decline.words_hint")),
        TextField("own", say("recruiter.decline.own"), optional=True, max_length=500, rows=3, hint=say("recruiter.decline.own_hint")),
        TextField("reason", say("recruiter.decline.reason"), optional=True, max_length=500, rows=2, hint=say("recruiter.decline.reason_hint")),
    ), subject=wording.versioned(referral))  # fmt: skip


def hire_form(referral: Referral, today: date) -> Form:
    """*Hired*: the first day, and the newcomer's work address where there is one already."""
    return Form("referral.hire", say("recruiter.hire.title"), say("recruiter.hire.submit"), (
        DayField("start_on", say("recruiter.hire.start_on"), initial=today.isoformat(), hint=say("recruiter.hire.start_hint")),
        TextField("email", say("recruiter.hire.email"), optional=True, max_length=254, shape="email", hint=say("recruiter.hire.email_hint")),
    ), subject=wording.versioned(referral), intro=(Paragraph(say("recruiter.hire.intro")),))  # fmt: skip


def joined_form(referral: Referral) -> Form:
    """The newcomer's work address, once the directory has them."""
    field = TextField("email", say("recruiter.hire.email"), max_length=254, shape="email", hint=say("recruiter.hire.joined_hint"))
    return Form("referral.joined", say("recruiter.hire.joined_title"), say("recruiter.hire.joined_submit"), (field,), subject=wording.versioned(referral))


def match_form(session: Session, referral: Referral) -> Form:
    """An opening for a general referral; for another one, the openings that the referrer named beside it."""
    others = tuple(Option(str(o.id), Plain(o.title[:75])) for o in referrals.others_named(session, referral))
    hint, label = say("recruiter.match.hint"), say("refer.form.opening")
    field = ChoiceField("opening", label, others, hint=hint) if referral.opening_id else LookupField("opening", label, "openings", hint=hint)
    return Form("referral.match", say("recruiter.match.title"), say("recruiter.match.submit"), (field,), subject=wording.versioned(referral))


def _item(turn: Turn, referral: Referral) -> Item:
    opening = wording.opening_name(turn.session, referral.opening_id)
    holder = wording.person_name(turn.session, referral.recruiter_id) if referral.stage != "confirmed" else ""
    whose = say("recruiter.list.held", name=holder) if holder else say("recruiter.list.free")
    promise, since = deadline(turn.session, turn.now, referral), turn.deployment.today(referral.stage_since)
    detail = say("recruiting.list.detail", stage=_stage(referral), day=since, whose=whose, due=promise.due_on if promise else since)
    return Item(
        say("referrals.list.numbered", number=f"{referral.id}", opening=opening),
        detail,
        (Button(say("recruiter.list.show"), "referral.show", f"{referral.id}"),),
    )


def _buttons(referral: Referral, *, with_open: bool = True, has_others: bool = False) -> tuple[Buttons, ...]:
    value, ways = wording.versioned(referral), referrals.next_stages(referral.stage, frozenset({"recruiter"}))
    onward = [Button(say(f"recruiter.button.{to}"), action, value) for to, action in _MOVES.items() if to in ways]
    if onward:
        onward[0] = Button(onward[0].text, onward[0].action, value, "primary")
    beside = [Button(say("recruiter.button.open"), "referral.open", value)] if with_open and referral.stage not in referrals.ENDS else []
    if "rejected" in ways:
        beside.append(Button(say("recruiter.button.decline"), "referral.decline", value))
    if referral.stage in referrals.ACTIVE and (referral.opening_id is None or has_others):
        beside.append(Button(say("recruiter.button.match"), "referral.match", value))
    if referral.stage == "hired" and referral.hired_person_id is None:
        beside.append(Button(say("recruiter.button.joined"), "referral.joined", value))
    if referral.start_on:
        beside.append(Button(say("recruiter.button.start"), "referral.start", value))
    if referral.stage in (*referrals.ACTIVE, "hired"):
        beside.append(Button(say("recruiter.button.facts"), "referral.facts", value))
    return tuple(Buttons(tuple(row)) for row in (onward, beside, _hands(referral)) if row)


def _hands(referral: Referral) -> list[Button]:
    """A word that it goes on, a note, other hands."""
    if referral.stage not in referrals.ACTIVE:
        return []
    value = wording.versioned(referral)
    goes_on = [Button(say("recruiting.button.still"), "referral.still", value)] if referral.stage != "confirmed" else []
    return [*goes_on, Button(say("recruiting.button.note"), "referral.note", value), Button(say("recruiting.button.reassign"), "referral.reassign", value)]


def _stage(referral: Referral) -> Say:
    return say(f"referrals.stage.{referral.stage}")


def _reasons(turn: Turn, referral: Referral) -> list[str]:
    changes = turn.session.exec(select(StageChange).where(StageChange.referral_id == referral.id, StageChange.sealed != "").order_by(col(StageChange.id)))
    found = [referrals.unseal(turn.session, turn.deployment.vault, referral.candidate_id, c.sealed).get("reason", "") for c in changes]
    return [reason for reason in found if reason]
