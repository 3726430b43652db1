"""To whom and when: plan a story, look at what that does, send a test, publish, recall."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from bot import audiences, outbox, shares, stories, strategy
from bot.desks.hr.stories.balance import ask_override, effect, may_go_by_plan, rhythm_notes
from bot.desks.hr.stories.showing import admin_card, old_value, preview, reach, read_story
from bot.desks.turn import Turn
from bot.desks.wording import read_id
from bot.errors import FieldRefusal, Refusal
from bot.messages import (
    Answer,
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
    Note,
    Option,
    Paragraph,
    Replace,
    Show,
    Text,
    TextField,
    say,
)
from bot.stories import Story
from bot.stories.moments import comes_twice, place
from bot.stories.text import clean


def look(turn: Turn, value: str) -> Answer:
    """Button *Preview*: the very card an advocate gets."""
    return Show(preview(turn, read_id(value), turn.person.locale))


def test(turn: Turn, value: str) -> Answer:
    """Button *Send me a test*: a delivery like any other, to whoever pressed."""
    row = read_story(turn, read_id(value))
    key = f"story_test:{row.id}:person:{turn.person_id}:{turn.key or turn.now.isoformat()}"
    outbox.owe(turn.session, turn.now, key, "story_test", row.id or 0, turn.person)
    back = Buttons((Button(say("stories.button.back"), "story.open", str(row.id)),))
    return Show(Card(say("stories.test.title"), (Paragraph(say("stories.test.text")), back), tone="good"))


def plan(turn: Turn, value: str) -> Answer:
    """Button *Publish…*: audience, strategy and time."""
    story_id, _version = old_value(value)
    row = read_story(turn, story_id)
    everyone = Option("0", say("stories.everyone"))
    groups = tuple(Option(str(a.id), _plain(a.name)) for a in audiences.offered(turn.session)[:99])
    goals = tuple(Option(str(s.id), _plain(s.name)) for s in strategy.listed(turn.session)[:99]) or (Option("0", say("stories.no_strategy")),)
    goal = next((g.value for g in goals if g.value == str(row.strategy_id)), goals[0].value)
    local = row.publish_at.astimezone(ZoneInfo(turn.deployment.time_zone)) if row.publish_at else None
    until = row.expires_at.astimezone(ZoneInfo(turn.deployment.time_zone)).date().isoformat() if row.expires_at else ""
    embargo = row.embargo_until.astimezone(ZoneInfo(turn.deployment.time_zone)).date().isoformat() if row.embargo_until else ""
    fields = (
        ChoiceField("audience", say("stories.fact.audience"), (everyone, *groups), initial=str(row.audience_id or 0)),
        ChoiceField("strategy", say("stories.fact.strategy"), goals, initial=goal, hint=say("stories.plan.strategy_hint")),
        DayField("day", say("stories.plan.day"), local.date().isoformat() if local else "", optional=True, hint=say("stories.plan.day_hint")),
        TextField("time", say("stories.plan.time"), local.strftime("%H:%M") if local else "09:00", optional=True, max_length=5),
        DayField("until", say("stories.plan.until"), until, optional=True, hint=say("stories.plan.until_hint")),
        DayField("embargo", say("stories.plan.embargo"), embargo, optional=True, hint=say("stories.plan.embargo_hint")),
    )
    return Ask(Form("story.plan", say("stories.plan.title"), say("stories.plan.submit"), fields, f"{row.id}:{row.version}", rhythm_notes(turn)))


def _plain(name: str) -> Text:
    return say("stories.named", name=name)


def planned(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The plan is kept on the story; nothing goes out before it was looked at and confirmed."""
    story_id, version = old_value(subject)
    read_story(turn, story_id)
    zone = ZoneInfo(turn.deployment.time_zone)
    at = read_moment(values.get("day", ""), values.get("time", ""), zone)
    until = read_day("until", values.get("until", ""))
    audience_id, strategy_id = _chosen(turn, values)
    ends = datetime.combine(until, time(23, 59), zone).astimezone(UTC) if until else None
    if at is not None and at < turn.now:
        raise FieldRefusal("day", "stories.refused.past")
    if ends is not None and ends <= (at or turn.now):
        raise FieldRefusal("until", "stories.refused.expiry")
    first = read_day("embargo", values.get("embargo", ""))
    embargo = datetime.combine(first, time(), zone).astimezone(UTC) if first else None
    kept = {"audience_id": audience_id, "strategy_id": strategy_id, "publish_at": at, "expires_at": ends, "embargo_until": embargo}
    row = stories.keep_plan(turn.session, turn.now, turn.person_id, story_id, version, **kept)
    return Show(_confirm_card(turn, row))


def _confirm_card(turn: Turn, row: Story) -> Card:
    when: Text = say("stories.moment", moment=row.publish_at) if row.publish_at else say("stories.plan.now")
    facts = [Fact(say("stories.fact.audience"), reach(turn.session, row, turn.today)), Fact(say("stories.fact.when"), when)]
    twice = row.publish_at is not None and comes_twice(row.publish_at, ZoneInfo(turn.deployment.time_zone))
    blocks: list[Block] = [Facts(tuple(facts)), *([Note(say("stories.plan.twice"))] if twice else []), *effect(turn, row)]
    value = f"{row.id}:{row.version}"
    go = Button(say("stories.button.schedule" if row.publish_at else "stories.button.publish_now"), "story.go", value, "primary")
    look_at, change = Button(say("stories.button.preview"), "story.preview", str(row.id)), Button(say("stories.button.change"), "story.plan", value)
    test_it = Button(say("stories.button.test"), "story.test", str(row.id))
    waits = row.kind == "ask" and not may_go_by_plan(turn, row)
    early = (Button(say("balance.override"), "story.override", value),) if waits else ()
    blocks += [Buttons((go, look_at, test_it, change, *early)), Note(say("stories.plan.not_yet"))]
    return Card(say("stories.plan.confirm", title=row.title), tuple(blocks))


def go(turn: Turn, value: str) -> Answer:
    """Button *Publish now* or *Schedule*: from here on the row is the schedule."""
    story_id, version = old_value(value)
    row = read_story(turn, story_id)
    at = row.publish_at if row.publish_at and row.publish_at > turn.now else turn.now
    plan = {"audience_id": row.audience_id, "strategy_id": row.strategy_id}
    try:
        row = stories.schedule(turn.session, turn.now, turn.person_id, story_id, version, at, expires_at=row.expires_at, **plan)
    except FieldRefusal as e:  # time went by since the plan was made, and no form is open that could show it
        raise Refusal(e.key, **e.params) from None
    if at <= turn.now:
        row = stories.publish(turn.session, turn.now, turn.today, story_id, turn.person_id)
        begin(turn)
    return Replace(admin_card(turn, row))


def let_go(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The reason came: the ask goes when its time comes, at once if that has come already."""
    story_id, version = old_value(subject)
    read_story(turn, story_id)
    zone, was = turn.deployment.time_zone, stories.get(turn.session, story_id).state
    row = stories.let_go(turn.session, turn.now, turn.person_id, story_id, version, values.get("reason", ""), turn.today, zone)
    if was == "held":
        row = stories.publish(turn.session, turn.now, turn.today, story_id, turn.person_id)
        begin(turn)
    return Show(_confirm_card(turn, row) if was == "draft" else admin_card(turn, row))


def begin(turn: Turn) -> None:
    """The first thousand people are owed it in this very transaction, so that delivery begins now; the clock pages on."""
    stories.plan_page(turn.session, turn.now, turn.today, shares.sharers)


def begin_both(turn: Turn) -> None:
    """For a story that was out: a page of messages that change or are withdrawn, and one of sharers who are told."""
    begin(turn)
    begin(turn)


def unschedule(turn: Turn, value: str) -> Answer:
    """Button *Do not publish*: a draft again."""
    story_id, version = old_value(value)
    read_story(turn, story_id)
    return Replace(admin_card(turn, stories.unschedule(turn.session, turn.now, turn.person_id, story_id, version)))


def _chosen(turn: Turn, values: dict[str, str]) -> tuple[int | None, int | None]:
    audience_id, strategy_id = read_id(values.get("audience") or "0") or None, read_id(values.get("strategy") or "0") or None
    if audience_id and turn.session.get(audiences.Audience, audience_id) is None:
        raise FieldRefusal("audience", "stories.refused.audience")
    goals = {s.id for s in strategy.listed(turn.session)}
    if goals and strategy_id not in goals:
        raise FieldRefusal("strategy", "stories.refused.strategy")
    strategy_id = strategy_id if goals else None
    if audiences.count(turn.session, audiences.rule_of(turn.session, audience_id), turn.today) == 0:
        raise FieldRefusal("audience", "stories.refused.nobody")
    return audience_id, strategy_id


def read_day(name: str, typed: str) -> datetime | None:
    """A day field's text as midnight without a zone, or None. Raises FieldRefusal, also for a year in which no zone can be reckoned."""
    try:
        day = datetime.strptime(typed.strip(), "%Y-%m-%d") if typed.strip() else None  # noqa: DTZ007 (a calendar day)
    except ValueError:
        raise FieldRefusal(name, "stories.refused.day") from None
    if day and not 2000 <= day.year <= 2199:
        raise FieldRefusal(name, "stories.refused.day")
    return day


def read_moment(day: str, clock: str, zone: ZoneInfo) -> datetime | None:
    """Day and time of day in the company's zone as UTC; None where no day is given (now). Raises FieldRefusal for a time that
    cannot be read or that the clocks leap over that day."""
    date = read_day("day", day)
    if date is None:
        return None
    try:
        hour, minute = (int(part) for part in clean(clock or "09:00", 5).replace(".", ":").split(":"))
        at = time(hour, minute)
    except ValueError:
        raise FieldRefusal("time", "stories.refused.time") from None
    return place(date.date(), at, zone).at


BUTTONS = {
    "story.preview": look, "story.test": test, "story.plan": plan, "story.go": go, "story.unschedule": unschedule,
    "story.override": ask_override,
}  # fmt: skip
FORMS = {"story.plan": planned, "story.override": let_go}
