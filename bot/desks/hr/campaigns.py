"""Campaigns: an extra on top of the plans for a time, from the form over the preview to the last day."""

from __future__ import annotations

from datetime import date, timedelta

from bot import audiences, plans
from bot.bonuses.hire import FAR
from bot.desks import wording
from bot.desks.hr.plan_form import read_days, read_money
from bot.desks.hr.plans import dates
from bot.desks.turn import Desk, Turn
from bot.errors import FieldRefusal
from bot.messages import (
    Ask,
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
    Replace,
    Say,
    Show,
    TextField,
    say,
)  # fmt: skip
from bot.openings import JobOpening
from bot.plans import Campaign, CampaignDraft, campaigns

PAGE = 8


def show(turn: Turn, value: str) -> Show:
    """`/vinkki-admin campaigns`, and its button."""
    turn.require("hr")
    return Show(_list(turn, 0))


def page(turn: Turn, value: str) -> Replace:
    """Another page; the value is how many come before it."""
    turn.require("hr")
    return Replace(_list(turn, wording.read_id(value)))


def _list(turn: Turn, offset: int, done: Say | None = None) -> Card:
    found = campaigns.page(turn.session, offset, PAGE + 1)
    rows = tuple(Item(say("plans.campaign.row", name=c.name, money=c.money), _detail(turn, c), _row_buttons(turn, c)) for c in found[:PAGE])
    buttons = [Button(say("plans.campaign.new"), "campaign.new", style="primary")]
    if len(found) > PAGE:
        buttons.append(Button(say("bonuses.more"), "campaigns.page", str(offset + PAGE)))
    buttons.append(Button(say("plans.back"), "plan.more", "0"))
    lead = (Paragraph(done),) if done else ()
    body = Items(rows) if rows else Paragraph(say("plans.campaign.none"))
    return Card(say("plans.campaign.title"), (*lead, body, Buttons(tuple(buttons))), tone="good" if done else "plain")


def _detail(turn: Turn, campaign: Campaign) -> Say:
    return say("plans.campaign.detail", first=campaign.from_on, last=campaign.until_on, state=_state(turn, campaign))


def _state(turn: Turn, campaign: Campaign) -> Say:
    if campaign.started_at is None:
        return say("plans.campaign.state.draft")
    if campaign.until_on < turn.today:
        return say("plans.campaign.state.over")
    return say("plans.campaign.state.running" if campaign.from_on <= turn.today else "plans.campaign.state.coming")


def _row_buttons(turn: Turn, campaign: Campaign) -> tuple[Button, ...]:
    if campaign.started_at is None:
        return (Button(say("plans.campaign.start"), "campaign.start", str(campaign.id), "primary"),)
    if campaign.until_on > turn.today:
        return (Button(say("plans.campaign.end"), "campaign.end", str(campaign.id), confirm=say("plans.campaign.end_sure")),)
    return ()


def new(turn: Turn, value: str) -> Ask:
    """A campaign to come."""
    turn.require("hr")
    offered = tuple(Option(str(a.id), Plain(a.name[:75])) for a in audiences.offered(turn.session)[:100])
    audience = (ChoiceField("audience", say("plans.campaign.form.audience"), offered, optional=True, hint=say("plans.campaign.form.audience_hint")),)
    return Ask(Form("campaign.save", say("plans.campaign.form.title"), say("plans.form.submit"), (
        TextField("name", say("plans.form.name"), max_length=80),
        TextField("amount", say("plans.campaign.form.amount", currency=turn.deployment.currency), max_length=20),
        TextField("days", say("plans.campaign.form.days"), "90", max_length=5, shape="number"),
        DayField("from_on", say("plans.campaign.form.from_on"), turn.today.isoformat()),
        DayField("until_on", say("plans.campaign.form.until_on"), (turn.today + timedelta(days=30)).isoformat()),
        LookupField("opening", say("plans.campaign.form.opening"), "openings", optional=True),
        TextField("department", say("plans.form.department"), optional=True, max_length=80),
        TextField("country", say("plans.form.country"), optional=True, max_length=60),
        *(audience if offered else ()),
    ), intro=(Note(say("plans.campaign.form.intro")),)))  # fmt: skip


def save(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """Write it down, not started yet, and show what it would mean."""
    turn.require("hr")
    money, days = read_money(values, "amount", turn.deployment.currency), read_days(values, "days")
    until = _day(values, "until_on")
    if not turn.today <= until <= turn.today + FAR:
        raise FieldRefusal("until_on", "plans.campaign.past" if until < turn.today else "plans.campaign.long")
    draft = CampaignDraft(
        values.get("name", ""), money, days, _day(values, "from_on"), until, opening_id=_opening(turn, values.get("opening", "")),
        department=values.get("department", ""), country=values.get("country", ""), audience_id=_audience(turn, values.get("audience", "")),
    )  # fmt: skip
    return Show(_preview(turn, campaigns.draft_campaign(turn.session, turn.now, turn.person_id, draft)))


def _preview(turn: Turn, campaign: Campaign) -> Card:
    start = campaign.from_on + timedelta(days=30)
    plan, _ = plans.fitting(turn.session, _where(turn, campaign))
    rows = [Fact(say("plans.campaign.fact.when"), say("plans.campaign.fact.from_to", first=campaign.from_on, last=campaign.until_on))]
    rows.append(Fact(say("plans.fact.scope"), _scope(turn, campaign)))
    lead = say("plans.campaign.preview_lead", money=campaign.money, start=start, day=start + timedelta(days=campaign.days_after_start))
    body: tuple[Block, ...] = (Paragraph(say("plans.campaign.no_plan")),)
    if plan:
        promise = plans.promise_of_version(turn.session, plan.id or 0, campaign.id)
        body = (Paragraph(say("plans.campaign.with_plan", name=plan.name)), dates(turn, promise, start))
    start_button = Button(say("plans.campaign.start"), "campaign.start", str(campaign.id), "primary")
    return Card(say("plans.campaign.row", name=campaign.name, money=campaign.money), (
        Paragraph(lead), Facts(tuple(rows)), *body, Buttons((start_button,)), Note(say("plans.campaign.preview_note")),
    ))  # fmt: skip


def _where(turn: Turn, campaign: Campaign) -> plans.Where:
    opening = turn.session.get(JobOpening, campaign.opening_id) if campaign.opening_id else None
    return opening.where if opening else plans.Where(department=campaign.department, country=campaign.country)


def _scope(turn: Turn, campaign: Campaign) -> Say:
    """Which openings and which referrers."""
    place = ", ".join(p for p in (campaign.department, campaign.country) if p)
    openings = say("plans.campaign.scope.place", place=place) if place else say("plans.campaign.scope.every")
    if campaign.opening_id:
        openings = wording.opening_name(turn.session, campaign.opening_id)
    audience = turn.session.get(audiences.Audience, campaign.audience_id) if campaign.audience_id else None
    return say("plans.campaign.scope.only", openings=openings, audience=audience.name) if audience else openings


def start(turn: Turn, value: str) -> Replace:
    """Let it run."""
    turn.require("hr")
    row = campaigns.start_campaign(turn.session, turn.now, turn.person_id, wording.read_id(value))
    return Replace(_list(turn, 0, say("plans.campaign.started", name=row.name, first=row.from_on, last=row.until_on)))


def end(turn: Turn, value: str) -> Replace:
    """Let today be its last day."""
    turn.require("hr")
    row = campaigns.end_campaign(turn.session, turn.now, turn.person_id, wording.read_id(value), turn.today)
    return Replace(_list(turn, 0, say("plans.campaign.ended" if row.started_at else "plans.campaign.taken_back", name=row.name)))


def _day(values: dict[str, str], field: str) -> date:
    try:
        return date.fromisoformat(values.get(field, "").strip())
    except ValueError:
        raise FieldRefusal(field, "recruiter.error.day") from None


def _opening(turn: Turn, value: str) -> int | None:
    if not value:
        return None
    if not wording.is_id(value) or turn.session.get(JobOpening, int(value)) is None:
        raise FieldRefusal("opening", "refer.error.opening_unknown")
    return int(value)


def _audience(turn: Turn, value: str) -> int | None:
    if not value:
        return None
    if not any(str(a.id) == value for a in audiences.offered(turn.session)):
        raise FieldRefusal("audience", "plans.campaign.audience_gone")
    return int(value)


DESK = Desk(
    commands={"admin campaigns": show},
    buttons={"campaigns.show": show, "campaigns.page": page, "campaign.new": new, "campaign.start": start, "campaign.end": end},
    forms={"campaign.save": save},
)
