"""All strategies, one of them, and what HR's home says of them."""

from __future__ import annotations

from bot import insights, stories, strategy
from bot.desks import report
from bot.desks.balance_words import audience_name, audience_word, counts, next_ask, owed
from bot.desks.hr.stories.balance import held_line
from bot.desks.turn import NEWSROOM, Turn
from bot.desks.wording import is_id, read_id
from bot.messages import Answer, Block, Button, Buttons, Card, Divider, Fact, Facts, Heading, Item, Items, Note, Paragraph, Plain, Replace, Say, Show, say
from bot.strategy import Rhythm, Strategy

PAGE = 8


def show(turn: Turn, text: str) -> Answer:
    """`/vinkki-admin strategy`: all strategies, and the balance with everyone. `… strategy report`: are we on plan?"""
    turn.require(*NEWSROOM)
    return weekly(turn, "") if text.strip().lower() == "report" else Show(_list(turn, 0))


def more(turn: Turn, value: str) -> Answer:
    """A page of the list."""
    turn.require(*NEWSROOM)
    return Show(_list(turn, read_id(value)))


def weekly(turn: Turn, value: str) -> Answer:
    """Button *Are we on plan?*: Monday's report, now."""
    turn.require(*NEWSROOM)
    return Show(report.card(turn.session, turn.deployment, turn.now))


def _list(turn: Turn, page: int) -> Card:
    rows = strategy.listed(turn.session)[page * PAGE : page * PAGE + PAGE + 1]
    items = tuple(Item(Plain(s.name), Plain(s.goal[:200]), (Button(say("stories.button.open"), "strategy.open", str(s.id)),)) for s in rows[:PAGE])
    blocks: list[Block] = [Items(items)] if items else [Paragraph(say("strategy.empty"))]
    buttons = [Button(say("strategy.button.create"), "strategy.create", "", "primary"), Button(say("report.button"), "strategy.report")]
    buttons += [Button(say("nurture.button"), "nurture.list", "0")]
    buttons += [Button(say("stories.button.more"), "strategy.more", str(page + 1))] if len(rows) > PAGE else []
    blocks += [Buttons(tuple(buttons)), Divider(), balance_facts(turn, None), Note(say("balance.why"))]
    return Card(say("strategy.title"), tuple(blocks))


def balance_facts(turn: Turn, audience_id: int | None) -> Facts:
    """Gives, tells and asks of an audience in the window, what is owed, and what the next ask needs."""
    found = strategy.balance(turn.session, audience_id, turn.today)
    rows = [Fact(say("stories.fact.audience"), audience_name(turn.session, audience_id)), Fact(say("balance.next", count=found.days), counts(found))]
    return Facts((*rows, Fact(say("balance.title"), owed(found)), Fact(say("balance.next_ask"), next_ask(found))))


def open_one(turn: Turn, value: str) -> Answer:
    """One strategy: goal, figures against targets, the audience's balance, the rhythm."""
    turn.require(*NEWSROOM)
    return Show(card(turn, known(turn, value)))


def known(turn: Turn, value: str) -> Strategy:
    """The strategy a button means. Raises Refusal."""
    return strategy.get(turn.session, read_id(value))


def card(turn: Turn, row: Strategy) -> Card:
    """All about one strategy, with what can be done."""
    today, zone = turn.today, turn.deployment.time_zone
    progress = [insights.progress(turn.session, m, turn.now, today, turn.deployment.currency, zone) for m in strategy.measures(turn.session, row.id or 0)]
    rhythms = strategy.rhythms(turn.session, today, stories.upcoming(turn.session, zone), row.id)
    blocks: list[Block] = [Paragraph(Plain(row.goal)), *report.standing(progress), balance_facts(turn, row.audience_id)]
    blocks += [
        Heading(say("rhythm.title")),
        Facts(tuple(Fact(_rhythm_name(turn, r), _rhythm_state(r)) for r in rhythms[:10])) if rhythms else Paragraph(say("rhythm.none")),
    ]
    ident = str(row.id)
    first = Button(say("strategy.button.measure"), "strategy.measure", ident, "primary"), Button(say("strategy.button.action"), "strategy.action", ident)
    drop = (Button(say("strategy.button.less"), "strategy.less", ident),) if progress or rhythms else ()
    close = Button(say("strategy.button.close"), "strategy.close", ident, "danger", confirm=say("strategy.confirm_close"))
    blocks += [
        Buttons((*first, *drop)),
        Buttons((Button(say("strategy.button.change"), "strategy.change", ident), close, Button(say("strategy.button.all"), "strategy.more", "0"))),
    ]
    return Card(say("strategy.named", name=row.name), tuple(blocks))


def _rhythm_name(turn: Turn, found: Rhythm) -> Say:
    kind = say(f"stories.kind.{found.action.kind}")
    return say("rhythm.name", audience=audience_word(turn.session, found.action.audience_id), kind=kind, count=found.action.every_days)


def _rhythm_state(found: Rhythm) -> Say:
    if found.state in ("late", "gap"):
        until = {"next": found.next_on} if found.next_on else {}
        return say(f"rhythm.short_{found.state}{'_until' if until else ''}", day=found.due_on, **until)
    return say(f"rhythm.short_{found.state}", day=found.next_on) if found.next_on else say("rhythm.short_due", day=found.due_on)


def close(turn: Turn, value: str) -> Answer:
    """Button *Close*: no new stories for it."""
    turn.require(*NEWSROOM)
    row = strategy.close(turn.session, turn.now, turn.person_id, read_id(value) if is_id(value) else 0)
    turn.session.flush()
    return Replace(_list(turn, 0)) if row.closed_at else Show(card(turn, row))


def section(turn: Turn) -> tuple[Block, ...]:
    """On HR's home: asks that wait, gaps and floods that are near, and the way to the report."""
    if not turn.has(*NEWSROOM):
        return ()
    planned = stories.upcoming(turn.session, turn.deployment.time_zone)
    rhythms, floods = strategy.rhythms(turn.session, turn.today, planned), strategy.floods(turn.session, turn.today, planned)
    lines = report.rhythm_lines(turn.session, rhythms, floods)[:3]
    waiting = [Paragraph(say("report.home_held", title=row.title, state=held_line(turn, row))) for row in stories.held(turn.session, 2)]
    buttons = Button(say("report.button"), "strategy.report"), Button(say("strategy.button.all"), "strategy.more", "0")
    words: list[Block] = [*waiting, *(Paragraph(line) for line in lines)]
    return (Heading(say("strategy.title")), *(words or [Paragraph(say("rhythm.all_kept" if rhythms else "rhythm.none"))]), Buttons(buttons))


BUTTONS = {"strategy.open": open_one, "strategy.more": more, "strategy.report": weekly, "strategy.close": close}
