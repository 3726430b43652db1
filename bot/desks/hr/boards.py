"""The HR desk for job boards: where openings come from by themselves, and what is asked when one vanishes there."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import urlsplit

from sqlmodel import Session

from bot import openings, polling
from bot.desks.turn import Desk, Turn
from bot.desks.unread import unread
from bot.desks.wording import read_id, read_version
from bot.errors import Refusal
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
from bot.openings import (
    LOCALES,
    BoardDraft,
    BoardOutcome,
    BoardReport,
    Brought,
    JobBoard,
    LeftOut,
    Listed,
    settle_reading,
    sift,
    take_listed,
)
from bot.openings import claim_board as board_now
from bot.openings.boards import NOTHING_LISTED
from bot.polling import Due

__all__ = [
    "DESK", "BoardOutcome", "Brought", "LeftOut", "Listed", "board_card", "board_now", "boards_due", "is_board_due", "open_address", "report_card",
    "settle_reading", "sift", "take_listed", "why",
]  # fmt: skip
PAGE = 8
BOARD_KIB = 16 * 1024


def is_board_due(session: Session, now: datetime) -> bool:
    """Some board is to be read now."""
    return polling.is_due(session, JobBoard, now)


def boards_due(session: Session, now: datetime, most: int) -> list[Due]:
    """Take up to `most` boards that are to be read now."""
    return polling.claim_due(session, JobBoard, now, most)


def open_address(session: Session, now: datetime, url: str) -> Due:
    """For the command line: the board with this address, added where it is new, taken to be read in full. Raises FieldRefusal."""
    row = openings.board_at(session, url) or openings.add_board(session, now, None, BoardDraft(urlsplit(url).hostname or url, url))
    return board_now(session, now, row.id or 0)


def why(row: JobBoard) -> Say:
    """What was wrong the last time, in words."""
    return unread(row.problem, row.problem_status, BOARD_KIB)


def show(turn: Turn, text: str) -> Answer:
    """`/vinkki-admin boards`."""
    turn.require("hr")
    return Show(_list(turn, 0))


def page(turn: Turn, value: str) -> Answer:
    """Another page of the list."""
    turn.require("hr")
    return Replace(_list(turn, read_id(value)))


def _list(turn: Turn, number: int) -> Card:
    rows = openings.listed_boards(turn.session, number, PAGE)
    items = tuple(Item(Plain(r.name), _state(turn, r), (Button(say("boards.button.look"), "board.open", str(r.id)),)) for r in rows[:PAGE])
    blocks: list[Block] = [Paragraph(say("boards.lead" if items else "boards.empty"))]
    blocks += [Items(items)] if items else []
    more = (Button(say("boards.button.more"), "board.page", str(number + 1)),) if len(rows) > PAGE else ()
    blocks.append(Buttons((Button(say("boards.button.new"), "board.new", style="primary"), *more, _all_openings())))
    return Card(say("boards.title"), tuple(blocks))


def _all_openings() -> Button:
    return Button(say("openings.list.all"), "openings.page", "0")


def _state(turn: Turn, row: JobBoard) -> Say:
    """How it stands, in a line."""
    if not row.is_on:
        return say("boards.state.stopped")
    if row.problem:
        return say("boards.state.failing", since=row.failing_since or row.created_at, why=why(row))
    if row.read_at is None:
        return say("boards.state.not_yet")
    return say("boards.state.read", moment=row.read_at, count=openings.openings_of(turn.session, row.id or 0))


def open_board(turn: Turn, value: str) -> Answer:
    """One board with all that can be done with it."""
    turn.require("hr")
    return Show(board_card(turn, openings.get_board(turn.session, read_id(value))))


def board_card(turn: Turn, row: JobBoard) -> Card:
    """A board: when it was read, what it lists, what of it could not be kept, and what was wrong."""
    blocks: list[Block] = []
    if row.problem:
        blocks += [Paragraph(why(row)), Note(say("boards.failing_since", moment=row.failing_since or row.created_at, times=row.failures))]
    count = openings.openings_of(turn.session, row.id or 0)
    facts: list[tuple[str, Text]] = [
        ("address", Plain(row.url)), ("form", say(f"boards.form_of.{row.form or 'unknown'}")), ("listed", say("boards.openings", count=count)),
        ("last", say("boards.moment", moment=row.read_at) if row.read_at else say("boards.never")),
        ("next", say("boards.moment", moment=row.next_at) if row.is_on else say("boards.state.stopped")),
    ]  # fmt: skip
    blocks.append(Facts(tuple(Fact(say(f"boards.fact.{name}"), text) for name, text in facts)))
    blocks += _left_out(row)
    blocks += [Buttons(buttons) for buttons in _buttons(row, count)]
    return Card(Plain(row.name), tuple(blocks), tone="warning" if row.problem and row.is_on else "plain")


def _left_out(row: JobBoard) -> list[Block]:
    if not row.left_out_count:
        return []
    named = tuple(Item(Plain(where), say(key, count=count)) for where, key, count in json.loads(row.left_out))
    return [Paragraph(say("boards.left_out", count=row.left_out_count)), Items(named)]


def _buttons(row: JobBoard, count: int) -> list[tuple[Button, ...]]:
    value = f"{row.id}:{row.version}"
    edit = Button(say("openings.list.edit"), "board.edit", str(row.id))
    remove = Button(say("boards.button.remove"), "board.remove", value, "danger", confirm=say("boards.confirm.remove"))
    back = Button(say("boards.button.all"), "board.page", "0")
    if not row.is_on:
        return [(Button(say("boards.button.start"), "board.start", value, "primary"), edit, remove, back)]
    rows: list[tuple[Button, ...]] = [
        (Button(say("boards.button.now"), "board.now", value), _all_openings(), back), (edit, Button(say("boards.button.stop"), "board.stop", value), remove),
    ]  # fmt: skip
    if row.problem == NOTHING_LISTED and count:
        sure = say("boards.confirm.empty", count=count)
        rows.insert(0, (Button(say("boards.button.empty", count=count), "board.empty", value, "danger", confirm=sure),))
    return rows


def new(turn: Turn, value: str) -> Answer:
    """Button *Add a job board*."""
    turn.require("hr")
    return Ask(_form(turn, None))


def edit(turn: Turn, value: str) -> Answer:
    """Button *Change*."""
    turn.require("hr")
    return Ask(_form(turn, openings.get_board(turn.session, read_id(value))))


def _form(turn: Turn, row: JobBoard | None) -> Form:
    was = row or JobBoard(name="", url="", language=turn.deployment.default_locale, next_at=turn.now, created_at=turn.now)
    languages = tuple(Option(locale, say(f"refer.language.{locale}")) for locale in LOCALES)
    fields = (
        TextField("url", say("boards.fact.address"), was.url, max_length=2000, shape="url", hint=say("boards.form.address_hint")),
        TextField("name", say("boards.form.name"), was.name, max_length=80, hint=say("boards.form.name_hint")),
        ChoiceField("language", say("openings.form.language"), languages, initial=was.language, hint=say("boards.form.language_hint")),
    )
    return Form(
        "board.save", say("boards.form.title"), say("openings.form.save"), fields, f"{row.id}:{row.version}" if row else "", (Note(say("boards.form.intro")),)
    )


def save(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """A new board, or a changed one."""
    turn.require("hr")
    draft = BoardDraft(values.get("name", ""), values.get("url", ""), values.get("language", ""))
    if subject:
        return Show(board_card(turn, openings.change_board(turn.session, turn.now, turn.person_id, *read_version(subject), draft)))
    card = board_card(turn, openings.add_board(turn.session, turn.now, turn.person_id, draft))
    return Show(Card(card.title, (Note(say("boards.soon")), *card.blocks), "good"))


def now(turn: Turn, value: str) -> Answer:
    """Button *Read it now*: it is due at once."""
    turn.require("hr")
    card = board_card(turn, openings.read_board_soon(turn.session, turn.now, turn.person_id, *read_version(value)))
    return Replace(Card(card.title, (Note(say("boards.soon")), *card.blocks), card.tone))


def stop(turn: Turn, value: str) -> Answer:
    """Button *Stop reading*."""
    turn.require("hr")
    return Replace(board_card(turn, openings.switch_board(turn.session, turn.now, turn.person_id, *read_version(value), on=False)))


def start(turn: Turn, value: str) -> Answer:
    """Button *Read it again*."""
    turn.require("hr")
    return Replace(board_card(turn, openings.switch_board(turn.session, turn.now, turn.person_id, *read_version(value), on=True)))


def remove(turn: Turn, value: str) -> Answer:
    """Button *Remove*; the openings that came from it stay."""
    turn.require("hr")
    openings.remove_board(turn.session, turn.now, turn.person_id, *read_version(value))
    return Replace(_list(turn, 0))


def empty(turn: Turn, value: str) -> Answer:
    """Button *That is right*: the board lists nothing because there is nothing; its openings are closed until they come back."""
    turn.require("hr")
    board_id, version = read_version(value)
    openings.close_listed(turn.session, turn.now, turn.person_id, board_id, version)
    return Replace(board_card(turn, openings.get_board(turn.session, board_id)))


def report_card(session: Session, report: BoardReport, offset: int = 0) -> Card:
    """What a reading brought, and the openings that vanished, each with two buttons until HR has answered."""
    board = openings.get_board(session, report.board_id)
    counts = [("created", report.created), ("changed", report.changed), ("reopened", report.reopened), ("missing", report.missing), ("left", report.left_out)]
    facts = tuple(Fact(say(f"boards.report.{name}"), say("boards.openings", count=number)) for name, number in counts if number)
    waiting = openings.asked_about(session, report.id or 0)
    blocks: list[Block] = [Facts(facts)]
    if waiting:
        blocks += [Paragraph(say("boards.report.ask")), Items(tuple(_asked(row) for row in waiting[offset : offset + PAGE]))]
    elif report.missing:
        blocks.append(Note(say("boards.report.answered")))
    value, last = f"{report.id}:{offset + PAGE}", Button(say("boards.button.board"), "board.open", str(board.id))
    buttons = [Button(say("boards.button.close_all", count=len(waiting)), "board.close_all", str(report.id), "danger",
                      confirm=say("boards.confirm.close_all", count=len(waiting)))] if len(waiting) > 1 else []  # fmt: skip
    buttons += [Button(say("boards.button.more"), "board.report", value)] if len(waiting) > offset + PAGE else []
    title = say("boards.report.title_missing", name=board.name, count=report.missing) if report.missing else say("boards.report.title", name=board.name)
    return Card(title, (*blocks, Buttons((*buttons, last))), tone="warning" if waiting else "plain")


def _asked(row: openings.JobOpening) -> Item:
    value = f"{row.id}:{row.version}"
    buttons = (Button(say("boards.button.close"), "board.close", value), Button(say("boards.button.keep"), "board.keep", value))
    return Item(Plain(row.title), Plain(", ".join(part for part in (row.department, row.location) if part) or "–"), buttons)


def report(turn: Turn, value: str) -> Answer:
    """Another page of what vanished; the value is the report's id and how many come before."""
    turn.require("hr")
    report_id, offset = read_version(value)
    return Replace(_report(turn, report_id, offset))


def close(turn: Turn, value: str) -> Answer:
    """Button *Close*: the opening that vanished takes no more referrals until it comes back."""
    return _nod(turn, value, close=True)


def keep(turn: Turn, value: str) -> Answer:
    """Button *Keep open*: it stays, and is not asked about again."""
    return _nod(turn, value, close=False)


def _nod(turn: Turn, value: str, *, close: bool) -> Answer:
    turn.require("hr")
    row = openings.nod(turn.session, turn.now, turn.person_id, *read_version(value), close=close)
    return Replace(_report(turn, row.asked_in or 0, 0))


def close_all(turn: Turn, value: str) -> Answer:
    """Button *Close all* of what vanished in one reading and is not answered yet."""
    turn.require("hr")
    report_id = read_id(value)
    for row in openings.asked_about(turn.session, report_id):
        openings.nod(turn.session, turn.now, turn.person_id, row.id or 0, row.version, close=True)
    return Replace(_report(turn, report_id, 0))


def _report(turn: Turn, report_id: int, offset: int) -> Card:
    found = turn.session.get(BoardReport, report_id)
    if found is None:
        raise Refusal("boards.refused.unknown")
    return report_card(turn.session, found, offset)


DESK = Desk(
    commands={"admin boards": show},
    buttons={
        "board.page": page, "board.open": open_board, "board.new": new, "board.edit": edit, "board.now": now, "board.stop": stop, "board.start": start,
        "board.remove": remove, "board.empty": empty, "board.report": report, "board.close": close, "board.keep": keep, "board.close_all": close_all,
    },
    forms={"board.save": save},
)  # fmt: skip
