"""The HR desk for feeds: where stories come from by themselves, and what is wrong with those that bring none."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import audiences, stories, strategy
from bot.desks.balance_words import audience_name
from bot.desks.turn import NEWSROOM, Desk, Turn
from bot.desks.unread import unread
from bot.desks.wording import read_id, read_version
from bot.errors import FieldRefusal
from bot.messages import (
    Answer,
    Ask,
    Block,
    Button,
    Buttons,
    Card,
    ChoiceField,
    Fact,
    Facts,
    Form,
    Item,
    Items,
    Note,
    Option,
    Paragraph,
    Plain,
    Replace,
    Say,
    Show,
    Text,
    TextField,
    say,
)
from bot.stories import LOCALES, Feed, FeedDraft
from bot.strategy import KINDS

PAGE = 8
SOON = timedelta(minutes=5)


def show(turn: Turn, text: str) -> Answer:
    """`/vinkki-admin feeds`."""
    turn.require(*NEWSROOM)
    return Show(_list(turn, 0))


def page(turn: Turn, value: str) -> Answer:
    """Another page of the list."""
    turn.require(*NEWSROOM)
    return Replace(_list(turn, read_id(value)))


def _list(turn: Turn, number: int) -> Card:
    rows = stories.listed_feeds(turn.session, number, PAGE)
    items = tuple(Item(Plain(r.name), _state(r, turn.now), (Button(say("stories.button.open"), "feed.open", str(r.id)),)) for r in rows[:PAGE])
    blocks: list[Block] = [Paragraph(say("intake.feeds.lead")), Items(items)] if items else [Paragraph(say("intake.feeds.empty"))]
    more = (Button(say("stories.button.more"), "feed.page", str(number + 1)),) if len(rows) > PAGE else ()
    blocks.append(Buttons((Button(say("intake.button.feed_new"), "feed.new", style="primary"), *more)))
    return Card(say("intake.feeds.title"), tuple(blocks))


def _state(row: Feed, now: datetime) -> Say:
    """How it stands, in a line."""
    if not row.is_on:
        return say("intake.feeds.stopped")
    if row.problem:
        return say("intake.feeds.failing", since=row.failing_since or row.created_at, why=unread(row.problem, row.problem_status))
    if row.read_at:
        return say("intake.feeds.read", moment=row.read_at, count=row.taken)
    return say("intake.feeds.first", moment=row.next_at) if row.next_at - now > SOON else say("intake.feeds.not_yet")


def open_feed(turn: Turn, value: str) -> Answer:
    """One feed with all that can be done with it."""
    turn.require(*NEWSROOM)
    return Show(feed_card(turn, stories.get_feed(turn.session, read_id(value))))


def feed_card(turn: Turn, row: Feed) -> Card:
    """A feed: when it was read, what was wrong, for whom its stories are."""
    blocks: list[Block] = []
    if row.problem:
        since = say("intake.feeds.failing_since", moment=row.failing_since or row.created_at, times=row.failures)
        blocks += [Paragraph(unread(row.problem, row.problem_status)), Note(since)]
    blocks.append(Facts(_facts(turn, row)))
    if row.left_out and not row.problem:
        blocks.append(Note(say("intake.feeds.left_out", count=row.left_out)))
    blocks += [Buttons(buttons) for buttons in _buttons(row)]
    return Card(Plain(row.name), tuple(blocks), tone="warning" if row.problem and row.is_on else "plain")


def _facts(turn: Turn, row: Feed) -> tuple[Fact, ...]:
    found = turn.session.get(strategy.Strategy, row.strategy_id) if row.strategy_id else None
    facts: list[tuple[str, Text | None]] = [
        ("intake.feeds.address", Plain(row.url)),
        ("intake.feeds.last", say("stories.moment", moment=row.read_at) if row.read_at else say("intake.feeds.never")),
        ("intake.feeds.next", say("stories.moment", moment=row.next_at) if row.is_on else say("intake.feeds.stopped")),
        ("intake.feeds.taken", say("intake.feeds.stories", count=row.taken)),
        ("intake.feeds.waiting", say("intake.feeds.stories", count=stories.waiting_from(turn.session, row))),
        ("stories.fact.kind", say(f"stories.kind.{row.kind}")),
        ("stories.fact.audience", audience_name(turn.session, row.audience_id)),
        ("stories.fact.strategy", Plain(found.name) if found else None),
    ]
    return tuple(Fact(say(key), value) for key, value in facts if value is not None)


def _buttons(row: Feed) -> list[tuple[Button, ...]]:
    value = f"{row.id}:{row.version}"
    edit = Button(say("stories.button.edit"), "feed.edit", str(row.id))
    remove = Button(say("intake.button.feed_remove"), "feed.remove", value, "danger", confirm=say("intake.confirm.feed_remove"))
    back = Button(say("intake.button.feeds"), "feed.page", "0")
    if not row.is_on:
        return [(Button(say("intake.button.feed_start"), "feed.start", value, "primary"), edit, remove, back)]
    review = Button(say("stories.button.review"), "stories.tab", "review:0")
    return [
        (Button(say("intake.button.feed_now"), "feed.now", value), review, back),
        (edit, Button(say("intake.button.feed_stop"), "feed.stop", value), remove),
    ]


def new(turn: Turn, value: str) -> Answer:
    """Button *Add a feed*."""
    turn.require(*NEWSROOM)
    return Ask(_form(turn, None))


def edit(turn: Turn, value: str) -> Answer:
    """Button *Edit*."""
    turn.require(*NEWSROOM)
    return Ask(_form(turn, stories.get_feed(turn.session, read_id(value))))


def _form(turn: Turn, row: Feed | None) -> Form:
    was = row or Feed(name="", url="", next_at=turn.now, created_at=turn.now)
    kinds = tuple(Option(k, say(f"stories.kind_help.{k}")) for k in KINDS)
    groups = tuple(Option(str(a.id), say("stories.named", name=a.name)) for a in audiences.offered(turn.session)[:99])
    goals = tuple(Option(str(s.id), say("stories.named", name=s.name)) for s in strategy.listed(turn.session)[:99])
    languages = (Option("", say("intake.feeds.own_language")), *(Option(loc, say(f"stories.language.{loc}")) for loc in LOCALES))
    fields = (
        TextField("url", say("intake.feeds.address"), was.url, max_length=2000, shape="url", hint=say("intake.feeds.address_hint")),
        TextField("name", say("strategy.form.name"), was.name, max_length=80),
        ChoiceField("kind", say("stories.form.kind"), kinds, initial=was.kind, hint=say("intake.feeds.kind_hint")),
        ChoiceField("audience", say("stories.fact.audience"), (Option("0", say("stories.everyone")), *groups), initial=str(was.audience_id or 0)),
        ChoiceField("strategy", say("stories.fact.strategy"), (Option("0", say("stories.no_strategy")), *goals), initial=str(was.strategy_id or 0)),
        ChoiceField("language", say("stories.form.language"), languages, initial=was.language, optional=True),
    )
    subject = f"{row.id}:{row.version}" if row else ""
    return Form("feed.save", say("intake.feeds.form_title"), say("stories.form.submit"), fields, subject, (Note(say("intake.feeds.intro")),))


def save(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """A new feed, or a changed one."""
    turn.require(*NEWSROOM)
    draft = FeedDraft(
        values.get("name", ""), values.get("url", ""), values.get("kind", ""), _chosen(turn, values, "strategy"), _chosen(turn, values, "audience"),
        values.get("language", ""),
    )  # fmt: skip
    if not subject:
        return Show(feed_card(turn, stories.add_feed(turn.session, turn.now, turn.person_id, draft)))
    feed_id, version = read_version(subject)
    return Show(feed_card(turn, stories.change_feed(turn.session, turn.now, turn.person_id, feed_id, version, draft)))


def _chosen(turn: Turn, values: dict[str, str], name: str) -> int | None:
    number = read_id(values.get(name) or "0") or None
    table = audiences.Audience if name == "audience" else strategy.Strategy
    if number and turn.session.get(table, number) is None:
        raise FieldRefusal(name, f"stories.refused.{name}")
    return number


def now(turn: Turn, value: str) -> Answer:
    """Button *Read it now*: it is due at once."""
    turn.require(*NEWSROOM)
    row = stories.read_soon(turn.session, turn.now, turn.person_id, *read_version(value))
    card = feed_card(turn, row)
    return Replace(Card(card.title, (Note(say("intake.feeds.soon")), *card.blocks), card.tone))


def stop(turn: Turn, value: str) -> Answer:
    """Button *Stop reading*."""
    turn.require(*NEWSROOM)
    return Replace(feed_card(turn, stories.switch_feed(turn.session, turn.now, turn.person_id, *read_version(value), on=False)))


def start(turn: Turn, value: str) -> Answer:
    """Button *Read it again*."""
    turn.require(*NEWSROOM)
    return Replace(feed_card(turn, stories.switch_feed(turn.session, turn.now, turn.person_id, *read_version(value), on=True)))


def remove(turn: Turn, value: str) -> Answer:
    """Button *Remove*; what came from it stays."""
    turn.require(*NEWSROOM)
    stories.remove_feed(turn.session, turn.now, turn.person_id, *read_version(value))
    return Replace(_list(turn, 0))


DESK = Desk(
    commands={"admin feeds": show},
    buttons={
        "feed.page": page, "feed.open": open_feed, "feed.new": new, "feed.edit": edit, "feed.now": now, "feed.stop": stop, "feed.start": start,
        "feed.remove": remove,
    },
    forms={"feed.save": save},
)  # fmt: skip
