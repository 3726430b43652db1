"""HR's bonus plans: what is in force, a form for the next version, a preview in words, and the press that puts it into force."""

from __future__ import annotations

from datetime import date, timedelta

from bot import openings, plans
from bot.bonuses import budgets
from bot.bonuses.hire import FAR
from bot.desks import wording
from bot.desks.hr.plan_form import plan_draft, plan_form
from bot.desks.turn import Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import (
    Ask,
    Block,
    Button,
    Buttons,
    Card,
    DayField,
    Fact,
    Facts,
    Form,
    Heading,
    Item,
    Items,
    LookupField,
    Note,
    Paragraph,
    Replace,
    Say,
    Show,
    say,
)  # fmt: skip
from bot.openings import JobOpening
from bot.plans import BonusPlan, Promise, Who

PAGE = 8
AHEAD = timedelta(days=30)  # the start that a preview supposes


def in_force(turn: Turn, text: str) -> Show:
    """`/vinkki-admin plans`: the plans that new referrals earn by."""
    turn.require("hr")
    return Show(_list(turn, 0))


def more(turn: Turn, value: str) -> Replace:
    """Another page; the value is how many come before it."""
    turn.require("hr")
    return Replace(_list(turn, wording.read_id(value)))


def _list(turn: Turn, offset: int, done: Say | None = None) -> Card:
    found = plans.current_plans(turn.session)
    blocks: list[Block] = [Paragraph(done)] if done else []
    blocks.append(Items(tuple(_row(turn, p) for p in found[offset : offset + PAGE])) if found else Paragraph(say("plans.none")))
    buttons = [Button(say("plans.new"), "plan.new", style="primary")]
    if offset + PAGE < len(found):
        buttons.append(Button(say("bonuses.more"), "plan.more", str(offset + PAGE)))
    buttons += [Button(say(f"{what}.open"), f"{action}.show") for what, action in _BESIDE]
    return Card(say("plans.title"), (*blocks, Buttons(tuple(buttons)), Note(say("plans.which"))), tone="good" if done else "plain")


_BESIDE = (("plans.campaign", "campaigns"), ("plans.charity", "charities"), ("forecast", "forecast"))


def _row(turn: Turn, plan: BonusPlan) -> Item:
    promise = plans.promise_of_version(turn.session, plan.id or 0)
    title = say("plans.row", name=plan.name, money=wording.whole(turn.session, promise.instalments))
    detail = say("plans.row_detail", scope=scope_words(plan), version=plan.version, parts=len(promise.instalments), count=promise.days)
    return Item(title, detail, (Button(say("plans.show"), "plan.show", str(plan.id)), Button(say("plans.change"), "plan.change", str(plan.id))))


def scope_words(plan: BonusPlan) -> Say:
    """For which openings a plan is meant."""
    if plan.is_default:
        return say("plans.scope.default")
    if plan.department and plan.country:
        return say("plans.scope.both", department=plan.department, country=plan.country)
    if plan.department or plan.country:
        return say("plans.scope.one", place=plan.department or plan.country)
    return say("plans.scope.named")


def show(turn: Turn, value: str) -> Show:
    """One plan: its parts, the openings it is meant for, its budget."""
    turn.require("hr")
    plan = _known(turn, value)
    promise = plans.promise_of_version(turn.session, plan.id or 0)
    rows = [Fact(say("plans.fact.version"), say("plans.fact.version_since", version=plan.version, day=turn.deployment.today(plan.created_at)))]
    rows += [Fact(say("plans.fact.scope"), scope_words(plan)), Fact(say("plans.fact.openings"), _openings_words(turn, plan)), _budget(turn, plan)]
    parts = tuple(Item(say("plans.part", money=wording.worth(turn.session, p)), say("plans.after", count=p.days)) for p in promise.instalments)
    buttons = (
        Button(say("plans.change"), "plan.change", str(plan.id), "primary"), Button(say("plans.try.button"), "plan.try", str(plan.id)),
        Button(say("plans.budget.button"), "plan.budget", str(plan.id)), Button(say("plans.back"), "plan.more", "0"),
    )  # fmt: skip
    whole = (Paragraph(say("plans.part", money=wording.whole(turn.session, promise.instalments))),) if len(parts) > 1 else ()
    return Show(Card(say("plans.named", name=plan.name), (
        *whole, Facts(tuple(rows)), Items(parts), Buttons(buttons),
    )))  # fmt: skip


def _budget(turn: Turn, plan: BonusPlan) -> Fact:
    used = budgets.use(turn.session, plan, turn.today, turn.deployment.time_zone)
    if used is None:
        return Fact(say("plans.budget.title"), say("plans.budget.none"))
    period = say(f"plans.budget.period.{used.budget.period}")
    return Fact(say("plans.budget.title"), say("plans.budget.used", spent=used.spent, cap=used.cap, percent=used.percent, period=period))


def _openings_words(turn: Turn, plan: BonusPlan) -> Say:
    """Open openings it would be the plan of, once in force: how many, and the first ones."""
    rows, _ = openings.page(turn.session, turn.today, 0, 1000)
    fitting = {where.opening_id for where in plans.would_fit(turn.session, plan, [o.where for o in rows])}
    mine = [o for o in rows if o.id in fitting]
    if not mine:
        return say("plans.openings.none")
    return say("plans.openings.some", count=len(mine), titles=", ".join(o.title for o in mine[:3]) + (" …" if len(mine) > 3 else ""))


def new(turn: Turn, value: str) -> Ask:
    """A plan that does not exist yet."""
    turn.require("hr")
    return Ask(plan_form(turn, None))


def change(turn: Turn, value: str) -> Ask:
    """The next version of a plan, filled with the present one."""
    turn.require("hr")
    return Ask(plan_form(turn, _known(turn, value)))


def _known(turn: Turn, value: str) -> BonusPlan:
    plan = plans.current(turn.session, wording.read_id(value))
    if plan is None:
        raise Refusal("plans.gone")
    return plan


def save(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """Write the next version, not in force yet, and show what it would mean."""
    turn.require("hr")
    draft = plan_draft(turn, _known(turn, subject) if subject else None, values)
    plan = plans.draft_plan(turn.session, turn.now, turn.person_id, draft)
    return Show(_preview(turn, plan, plans.promise_of_version(turn.session, plan.id or 0)))


def _preview(turn: Turn, plan: BonusPlan, promise: Promise) -> Card:
    start = turn.today + AHEAD
    rows = (Fact(say("plans.fact.scope"), scope_words(plan)), Fact(say("plans.fact.openings"), _openings_words(turn, plan)))
    buttons = (Button(say("plans.put"), "plan.put", str(plan.id), "primary"), Button(say("plans.try.button"), "plan.try", str(plan.id)))
    whole = wording.whole(turn.session, promise.instalments)
    return Card(say("plans.preview", name=promise.name), (
        Paragraph(say("plans.preview_lead", day=start, money=whole)), dates(turn, promise, start), Facts(rows), Buttons(buttons),
        Note(say("plans.preview_note", version=promise.version)),
    ))  # fmt: skip


def dates(turn: Turn, promise: Promise, start: date) -> Items:
    """What a promise gives, part by part, with the days for somebody who starts then."""
    rows = [("plans.part", p) for p in promise.instalments] + ([("plans.extra", promise.extra)] if promise.extra else [])
    return Items(tuple(Item(say(key, money=wording.worth(turn.session, p)), say("plans.part_on", count=p.days, day=p.due_on(start))) for key, p in rows)[:10])


def ask_try(turn: Turn, value: str) -> Ask:
    """For which opening, and from which day, to show what a referrer would get."""
    turn.require("hr")
    opening = LookupField("opening", say("refer.form.opening"), "openings", optional=True, hint=say("plans.try.opening_hint"))
    day = DayField("start_on", say("recruiter.hire.start_on"), initial=(turn.today + AHEAD).isoformat())
    return Ask(Form("plan.try", say("plans.try.title"), say("plans.form.submit"), (opening, day), str(wording.read_id(value))))


def try_out(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """For this opening a referrer would get …, on …; and by which plan, where it is another one than was asked about."""
    turn.require("hr")
    asked = turn.session.get(BonusPlan, wording.read_id(subject))
    if asked is None:
        raise Refusal("plans.gone")
    opening, start = _opening(turn, values.get("opening", "")), _day(turn, values.get("start_on", ""))
    where = opening.where if opening else plans.Where()
    name = wording.opening_name(turn.session, opening.id if opening else None)
    if plans.would_fit(turn.session, asked, [where]):
        extra = plans.promise(turn.session, where, Who(turn.today, lambda audience_id: False))
        promise = plans.promise_of_version(turn.session, asked.id or 0, extra.campaign_id if extra else None)
        blocks: list[Block] = [Paragraph(say("plans.try.this", opening=name, day=start, name=asked.name)), dates(turn, promise, start)]
    else:
        blocks = _otherwise(turn, where, name, start, asked)
    button = Button(say("plans.put"), "plan.put", subject, "primary") if not asked.is_current else Button(say("plans.back"), "plan.more", "0")
    return Show(Card(say("plans.try.result", opening=name), (*blocks, Buttons((button,)))))


def _otherwise(turn: Turn, where: plans.Where, name: Say, start: date, asked: BonusPlan) -> list[Block]:
    other, why = plans.fitting(turn.session, where)
    if other is None:
        return [Paragraph(say("plans.try.nothing", opening=name, name=asked.name))]
    promise = plans.promise_of_version(turn.session, other.id or 0)
    lead = Paragraph(say("plans.try.other", opening=name, name=asked.name, other=other.name, why=say(f"plans.why.{why}")))
    return [lead, Heading(say("plans.row", name=other.name, money=wording.whole(turn.session, promise.instalments))), dates(turn, promise, start)]


def _opening(turn: Turn, value: str) -> JobOpening | None:
    if not value:
        return None
    opening = turn.session.get(JobOpening, int(value)) if wording.is_id(value) else None
    if opening is None:
        raise FieldRefusal("opening", "refer.error.opening_unknown")
    return opening


def _day(turn: Turn, text: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise FieldRefusal("start_on", "recruiter.error.day") from None
    if abs(day - turn.today) > FAR:
        raise FieldRefusal("start_on", "bonuses.start_too_far")
    return day


def put(turn: Turn, value: str) -> Replace:
    """Put a version into force."""
    turn.require("hr")
    plan = plans.put_in_force(turn.session, turn.now, turn.person_id, wording.read_id(value))
    return Replace(_list(turn, 0, say("plans.in_force_now", name=plan.name, version=plan.version)))


DESK = Desk(
    commands={"admin plans": in_force},
    buttons={"plan.new": new, "plan.change": change, "plan.put": put, "plan.more": more, "plan.show": show, "plan.try": ask_try},
    forms={"plan.save": save, "plan.try": try_out},
)
