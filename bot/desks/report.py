"""Are we on plan? The report that Monday brings and HR can ask for: measures, balance, rhythm, overrides, one next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot import insights, stories, strategy
from bot.desks.balance_words import amount, audience_name, audience_word, counts, next_ask, rhythm_line
from bot.desks.hr import promises
from bot.desks.turn import Deployment
from bot.insights import Progress
from bot.messages import Block, Button, Buttons, Card, Chart, ChartBlock, Divider, Fact, Facts, Heading, Note, Paragraph, Plain, Say, Series, Text, say
from bot.people import Person
from bot.referrals.deadlines import kept, open_deadlines
from bot.stories import Story
from bot.strategy import Flood, Override, Rhythm, Sent, Strategy

STRATEGIES, LINES = 3, 6
CHARTS = 2  # as many as Slack draws in one message; the figures stand in words above
BEHIND = ("behind", "missed")
_HELPS = {  # what to do when a figure is behind; for all others: write stories
    "human_clicks": "clicks", "clicks_per_share": "clicks", "adoption": "people", "sharers": "people", "shares": "people", "followers": "followers",
    "referrals": "referrals", "hires": "referrals", "cost_per_hire": "referrals",
}  # fmt: skip
SCALE = 200  # percent: a bar ten times the others would make them unreadable


@dataclass(frozen=True)
class Week:
    """All that the report says, read in one go."""

    standings: list[tuple[Strategy, list[Progress]]]
    held: list[Story]
    rhythms: list[Rhythm]
    floods: list[Flood]
    overrides: list[Override]
    planned: list[Sent]
    proposals: int


def read(session: Session, deployment: Deployment, now: datetime) -> Week:
    """The state of this moment; overrides are those of this week and the last, so that a report which comes late leaves none out."""
    today, zone = deployment.today(now), deployment.time_zone
    planned = stories.upcoming(session, zone)
    standings = [
        (row, [insights.progress(session, m, now, today, deployment.currency, zone) for m in strategy.measures(session, row.id or 0)])
        for row in strategy.listed(session)
    ]
    standings.sort(key=lambda found: not _is_behind(found[1]))  # what needs a look is not among those left out
    rhythms, floods = strategy.rhythms(session, today, planned), strategy.floods(session, today, planned)
    last_monday = datetime.combine(today - timedelta(days=today.weekday() + 7), time(), ZoneInfo(zone))
    overrides = strategy.overrides_since(session, last_monday.astimezone(UTC), now + timedelta(microseconds=1))
    return Week(standings, stories.held(session), rhythms, floods, overrides, planned, stories.waiting(session))


def _is_behind(progress: list[Progress]) -> bool:
    return any(p.verdict in BEHIND for p in progress)


def card(session: Session, deployment: Deployment, now: datetime) -> Card:
    """The whole report as one card."""
    week = read(session, deployment, now)
    blocks: list[Block] = []
    if not week.standings:
        blocks.append(Paragraph(say("strategy.empty")))
    drawn = 0
    for row, progress in week.standings[:STRATEGIES]:
        found = standing(progress, draw=drawn < CHARTS)
        drawn += sum(isinstance(block, ChartBlock) for block in found)
        blocks += [Heading(Plain(row.name)), *found]
    if len(week.standings) > STRATEGIES:
        blocks.append(Note(say("report.more", count=len(week.standings) - STRATEGIES)))
    blocks += [Divider(), *_balance(session, deployment, now, week), *_rhythm(session, week), *_overrides(session, week), *_promises(session, now)]
    words, button = next_step(session, deployment, now, week)
    blocks += [Divider(), Heading(say("report.next")), Paragraph(words), Buttons((button, Button(say("strategy.button.all"), "strategy.more", "0")))]
    return Card(say("report.title", day=deployment.today(now)), tuple(blocks))


def standing(progress: list[Progress], *, draw: bool = True) -> list[Block]:
    """The measures of one strategy, as lines and as a chart of how far each is and should be; none where every bar would be empty."""
    if not progress:
        return [Paragraph(say("strategy.no_measures"))]
    facts = tuple(Fact(say(f"strategy.figure.{p.measure.figure}"), against(p)) for p in progress[:10])
    counted = [p for p in progress[:10] if p.now is not None]
    is_worth_it = draw and any(p.percent or p.planned for p in counted)
    return [Facts(facts), *((ChartBlock(chart(counted)),) if is_worth_it else ())]


def against(p: Progress) -> Say:
    """“12 of 40 by 30 June: on plan”."""
    if p.now is None:
        return say("strategy.nothing_yet", target=p.measure.target, day=p.measure.deadline)
    shown: dict[str, object] = {"now": p.now, "target": p.measure.target, "day": p.measure.deadline}
    key = "at_most" if p.measure.figure in strategy.LOWER_IS_BETTER and p.verdict in ("on_plan", "behind") else p.verdict
    if key == "behind":
        shown["planned"] = -(-p.measure.target * p.planned // 100)
    return say(f"strategy.{key}", **shown)


def chart(progress: list[Progress]) -> Chart:
    """Percent of each target beside percent of the time that has passed, so that clicks and people share one scale."""
    labels = tuple(say(f"strategy.figure.{p.measure.figure}") for p in progress)
    reached = Series(say("strategy.series"), tuple(min(SCALE, p.percent) for p in progress))
    planned = Series(say("strategy.series_plan"), tuple(p.planned for p in progress))
    return Chart(say("strategy.chart"), labels, (reached, planned))


def _balance(session: Session, deployment: Deployment, now: datetime, week: Week) -> list[Block]:
    today = deployment.today(now)
    ids = list(dict.fromkeys([h.audience_id for h in week.held] + [a.action.audience_id for a in week.rhythms] + [s.audience_id for s, _ in week.standings]))[
        :LINES
    ]
    found = strategy.accounts(session, ids or [None], today)
    rows = tuple(Fact(audience_name(session, i), say("report.balance", counts=counts(b), next=next_ask(b))) for i, b in found.items())
    blocks: list[Block] = [Heading(say("report.balance_title", count=strategy.window(session).days)), Facts(rows)]
    for row in week.held[:LINES]:
        owed = strategy.earning(session, row.audience_id, today)
        blocks.append(Paragraph(say("report.held", title=row.title, amount=amount(owed.gives, owed.tells), audience=audience_word(session, row.audience_id))))
    return blocks


def _rhythm(session: Session, week: Week) -> list[Block]:
    lines = rhythm_lines(session, week.rhythms, week.floods)
    if not lines:
        return [Paragraph(say("rhythm.all_kept"))] if week.rhythms else []
    return [Heading(say("rhythm.title")), *(Paragraph(line) for line in lines[:LINES])]


def rhythm_lines(session: Session, rhythms: list[Rhythm], floods: list[Flood]) -> list[Say]:
    """Gaps by their day, then what comes too close, then floods."""
    order = {"late": 0, "gap": 1, "crowded": 2}
    found = sorted((r for r in rhythms if r.state in order), key=lambda r: (order[r.state], r.due_on))
    lines = [rhythm_line(session, r) for r in found if r.state != "crowded" or r.next_on]
    return lines + [say("rhythm.flood", audience=audience_word(session, f.audience_id), count=f.count, day=f.from_on) for f in floods]


def _overrides(session: Session, week: Week) -> list[Block]:
    if not week.overrides:
        return []
    rows = tuple(Fact(_title(session, o), _why(session, o)) for o in week.overrides[:LINES])
    return [Heading(say("report.overrides", count=len(week.overrides))), Facts(rows)]


def _promises(session: Session, now: datetime) -> list[Block]:
    """Promises to candidates, where there are any."""
    waiting = open_deadlines(session, now)
    ended = kept(session, now - timedelta(days=promises.DAYS), now, waiting)
    if not waiting and not ended.kept + ended.broken:
        return []
    return [Heading(say("promises.report")), *(Paragraph(line) for line in promises.lines(session, now, waiting))]


def _title(session: Session, word: Override) -> Text:
    story = session.get(Story, word.story_id)
    return Plain(story.title if story else "–")


def _why(session: Session, word: Override) -> Say:
    person = session.get(Person, word.actor_id)
    owed = amount(word.gives_owed, word.tells_owed)
    return say("report.override", reason=word.reason, name=person.name if person else "–", amount=owed, audience=audience_word(session, word.audience_id))


def next_step(session: Session, deployment: Deployment, now: datetime, week: Week) -> tuple[Say, Button]:
    """The one thing that helps most now, and the button for it: what holds an ask up comes first, then what is late, then what a
    strategy lacks, then what waits in review."""
    write = Button(say("stories.button.write"), "story.write", "", "primary")
    if week.held:
        row, owed = week.held[0], strategy.earning(session, week.held[0].audience_id, deployment.today(now))
        name = audience_word(session, row.audience_id)
        return say("report.step.held", amount=amount(owed.gives, owed.tells), audience=name, title=row.title), write
    gaps = sorted((r for r in week.rhythms if r.state in ("late", "gap") and r.next_on is None), key=lambda r: r.due_on)
    if gaps and week.proposals:
        return say(
            "report.step.gap_review",
            count=week.proposals,
            audience=audience_word(session, gaps[0].action.audience_id),
            kind=say(f"stories.kind.{gaps[0].action.kind}"),
        ), _review()
    if gaps:
        return say(
            "report.step.gap", audience=audience_word(session, gaps[0].action.audience_id), kind=say(f"stories.kind.{gaps[0].action.kind}"), day=gaps[0].due_on
        ), write
    if not week.standings:
        return say("report.step.strategy"), Button(say("strategy.button.create"), "strategy.create", "", "primary")
    return _for_strategies(week) or ((say("report.step.review", count=week.proposals), _review()) if week.proposals else (say("report.step.on"), write))


def _review() -> Button:
    return Button(say("stories.button.review"), "stories.tab", "review:0", "primary")


def _for_strategies(week: Week) -> tuple[Say, Button] | None:
    with_rhythm = {r.action.strategy_id for r in week.rhythms}
    for row, progress in week.standings:
        if not progress:
            return say("report.step.measure", name=row.name), Button(say("strategy.button.measure"), "strategy.measure", str(row.id), "primary")
        if row.id not in with_rhythm:
            return say("report.step.action", name=row.name), Button(say("strategy.button.action"), "strategy.action", str(row.id), "primary")
    if week.floods:
        return say("report.step.flood", count=week.floods[0].count, day=week.floods[0].from_on), Button(
            say("stories.button.admin"), "stories.tab", "scheduled:0", "primary"
        )
    behind = [(p, row) for row, progress in week.standings for p in progress if p.verdict == "behind"]  # for what was missed nothing helps any more
    if not behind:
        return None
    worst, row = min(behind, key=lambda found: found[0].percent - found[0].planned)
    figure, key = say(f"strategy.figure.{worst.measure.figure}"), _HELPS.get(worst.measure.figure, "stories")
    return say(f"report.step.{key}", figure=figure, name=row.name), Button(say("strategy.button.look"), "strategy.open", str(row.id), "primary")
