"""The outbox: what is owed to whom is a row, written in the transaction of its cause. Receipts: what was heard already."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Index, TextClause, bindparam, case, delete, exists, func, literal, literal_column, text, update
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.db import UtcDateTime, insert_of, utc_field
from bot.people import Person, reach

LEASE = timedelta(seconds=90)
ROOMS = ("admin", "recruiting", "thanks")
_OWED: ColumnElement[str] = literal_column("'owed'")  # in the statement itself: SQLite does not use a partial index for a bound value
_SENDING: ColumnElement[str] = literal_column("'sending'")
INTERRUPTED = "interrupted while it was being sent"  # it may have arrived: the platform is asked before it is sent again
_STUCK = "state IN ('parked', 'unknown')"


class Delivery(SQLModel, table=True):
    """One message owed: to a person, or to a room (`admin`, `recruiting`). Never text: the card is built at sending.

    States: owed -> sending -> sent | parked | unknown | cancelled. `deed` is send, update or withdraw; the latter two
    change the message of the delivery `of_id`. `reference` is what the platform needs to change the message later.
    """

    __table_args__ = (
        Index("ix_delivery_due", "lane", "due_at", "id", sqlite_where=text("state = 'owed'"), postgresql_where=text("state = 'owed'")),
        Index("ix_delivery_sending", "lease_until", sqlite_where=text("state = 'sending'"), postgresql_where=text("state = 'sending'")),
        Index("ix_delivery_stuck", "lane", sqlite_where=text(_STUCK), postgresql_where=text(_STUCK)),
        Index("ix_delivery_subject", "notice", "subject_id"),
        Index("ix_delivery_person", "person_id", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)  # reads as a sentence: "story:9:person:42"
    notice: str  # names the builder in desks/notices
    subject_id: int
    person_id: int | None = Field(default=None, foreign_key="person.id")
    room: str = ""
    lane: str
    deed: str = "send"
    of_id: int | None = Field(default=None, foreign_key="delivery.id")
    state: str = "owed"
    due_at: datetime = utc_field()
    created_at: datetime = utc_field()
    sent_at: datetime | None = utc_field(default=None)
    lease_until: datetime | None = utc_field(default=None)  # wall time
    owner: str = ""
    attempts: int = 0
    reference: str = ""
    reached: str = ""  # the address it was sent to, so that an update finds the same place; empty where none can come (letters)
    error: str = ""


class LanePause(SQLModel, table=True):
    """A lane that HR has paused: what is owed there waits, and nothing is lost. No row means that it runs."""

    lane: str = Field(primary_key=True)
    since: datetime = utc_field()
    actor_id: int | None = None


class RoomAddress(SQLModel, table=True):
    """Where a room is on a platform that tells us so in a channel (Teams). `address` is opaque text that only it reads."""

    room: str = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    workspace: str
    address: str
    at: datetime = utc_field()


class Receipt(SQLModel, table=True):
    """An event that took effect, with the answer given (sealed: it may show personal data). Pruned after two days."""

    key: str = Field(primary_key=True)
    answer: str = ""
    at: datetime = utc_field(index=True)


def owe(session: Session, now: datetime, key: str, notice: str, subject_id: int, person: Person, due_at: datetime | None = None) -> bool:
    """Owe a person a notice; False when that key is owed already. The lane is where they are reached now."""
    return bool(owe_many(session, now, notice, subject_id, [(key, person.id or 0, reach(session, person).lane)], due_at))


def owe_newest(session: Session, now: datetime, key: str, notice: str, subject_id: int, person: Person) -> bool:
    """Owe a person a notice that takes the place of those of its kind before it: what was sent is taken back once, what was not
    is cancelled. So a list that comes every morning stands there once. False when that key is owed already, and nothing changes."""
    if not owe(session, now, key, notice, subject_id, person):
        return False
    earlier = col(Delivery.person_id) == person.id, col(Delivery.notice) == notice, col(Delivery.deed) == "send", col(Delivery.key) != key
    session.execute(update(Delivery).where(*earlier, col(Delivery.state).in_(["owed", "parked", "unknown"])).values(state="cancelled"))
    taken_back = aliased(Delivery)
    is_new = ~exists().where(col(taken_back.key) == literal("superseded:").concat(col(Delivery.key)))
    shown = session.exec(select(Delivery).where(*earlier, col(Delivery.state).in_(["sent", "sending"]), is_new))
    rows = [_row(now, f"superseded:{d.key}", notice, d.subject_id, d.lane, now) | {"person_id": d.person_id, "deed": "withdraw", "of_id": d.id} for d in shown]
    _insert(session, rows)
    return True


def owe_room(session: Session, now: datetime, key: str, notice: str, subject_id: int, room: str, lane: str = "portal") -> bool:
    """Owe a channel a notice; delivery moves it to the platform where that channel is."""
    row = _row(now, key, notice, subject_id, lane, now) | {"room": room}
    return _insert(session, [row]) > 0


def owe_mail(session: Session, now: datetime, key: str, notice: str, subject_id: int) -> bool:
    """Owe a mail to somebody outside the directory, such as a candidate; `desks.notices.address` finds them at sending."""
    return _insert(session, [_row(now, key, notice, subject_id, "mail", now)]) > 0


def is_owed(session: Session, key: str) -> bool:
    """Whether something with this key was ever owed."""
    return session.exec(select(Delivery.id).where(Delivery.key == key)).first() is not None


def owe_many(session: Session, now: datetime, notice: str, subject_id: int, whom: Sequence[tuple[str, int, str]], due_at: datetime | None = None) -> int:
    """Owe many people the same notice: (key, person id, lane) each, at most 1,000. Returns how many were new.

    One statement whatever their number, and one list of them: values of their own for each row take PostgreSQL ten times as long,
    and Python's SQLite keeps each length of such a statement in memory.
    """
    row = _row(now, "", notice, subject_id, "", due_at or now)
    same = {name: value for name, value in row.items() if name not in ("key", "person_id", "lane") and value is not None}
    statement = _owing(session.get_bind().dialect.name == "postgresql", tuple(same))
    return len(session.execute(statement, {**same, "whom": json.dumps(whom)}).all())


@cache
def _owing(is_postgres: bool, same: tuple[str, ...]) -> TextClause:
    """The statement of `owe_many`, made once for each set of columns."""
    columns, values = ", ".join(["key", "person_id", "lane", *same]), ", ".join(["u.key", "u.person_id", "u.lane", *(f":{name}" for name in same)])
    return text(
        f"INSERT INTO delivery ({columns}) SELECT {values} FROM ({_LIST_PG if is_postgres else _LIST_LITE}) AS u WHERE true"
        " ON CONFLICT (key) DO NOTHING RETURNING id"
    ).bindparams(bindparam("due_at", type_=UtcDateTime()), bindparam("created_at", type_=UtcDateTime()))


_LIST_PG = "SELECT w->>0 AS key, CAST(w->>1 AS integer) AS person_id, w->>2 AS lane FROM json_array_elements(CAST(:whom AS json)) AS w"
_LIST_LITE = "SELECT value->>0 AS key, value->>1 AS person_id, value->>2 AS lane FROM json_each(:whom)"


def owe_each(session: Session, now: datetime, notice: str, whom: Iterable[tuple[str, int, Person]]) -> int:
    """Owe many people a notice about a thing of their own: (key, subject id, person) each. Returns how many were new."""
    lanes: dict[int, str] = {}
    rows = []
    for key, subject_id, person in whom:
        lane = lanes.get(person.id or 0) or lanes.setdefault(person.id or 0, reach(session, person).lane)
        rows.append(_row(now, key, notice, subject_id, lane, now) | {"person_id": person.id})
    return sum(_insert(session, rows[i : i + 1000]) for i in range(0, len(rows), 1000))


def owe_change(session: Session, now: datetime, deed: str, notice: str, subject_id: int) -> int:
    """Owe an `update` or `withdraw` of every message that was sent for a notice, or is being sent at this moment; what was
    not sent yet is cancelled for a withdrawal. Returns how many changes are owed."""
    if deed == "withdraw":
        cancel(session, notice, subject_id)
    count, last = sent_count(session, notice, subject_id), 0
    while count and (following := owe_change_page(session, now, deed, notice, subject_id, last, str(int(now.timestamp())))) is not None:
        last = following
    return count


def owe_change_page(session: Session, now: datetime, deed: str, notice: str, subject_id: int, after_id: int, mark: str, page: int = 1000) -> int | None:
    """Owe the change of the next messages that were sent (or are being sent) for a notice, by id behind `after_id`. `mark` tells one
    change of the same message from the next. Returns the last one's id; None when there are no more."""
    found = session.exec(_SENT_AFTER, params={"of_notice": notice, "of_subject": subject_id, "after_id": after_id, "page": page}).all()
    rows = [
        _row(now, f"{deed}:{d.key}:{d.id}:{mark}", d.notice, d.subject_id, d.lane, now)
        | {"person_id": d.person_id, "room": d.room, "deed": deed, "of_id": d.id}
        for d in found
    ]
    _insert(session, rows)
    return found[-1].id if len(found) == page else None


def sent_count(session: Session, notice: str, subject_id: int) -> int:
    """How many messages of a notice were sent, or are being sent at this moment."""
    return int(session.exec(_SENT_COUNT, params={"of_notice": notice, "of_subject": subject_id}).one())


def cancel(session: Session, notice: str, subject_id: int) -> int:
    """Cancel what is owed and not sent yet; returns how many. What a crash interrupted may be there already: that stays owed, so
    that its lane asks the platform, and takes it back where there is nothing to say any more."""
    return _count(session, _CANCEL, {"of_notice": notice, "of_subject": subject_id})


# Built once: a change of any referral or bonus asks them several times.
_OF = col(Delivery.notice) == bindparam("of_notice"), col(Delivery.subject_id) == bindparam("of_subject")
_OUT = *_OF, col(Delivery.deed) == "send", col(Delivery.state).in_(["sent", "sending"])
_SENT_COUNT = select(func.count()).select_from(Delivery).where(*_OUT)
_SENT_AFTER = select(Delivery).where(*_OUT, col(Delivery.id) > bindparam("after_id")).order_by(col(Delivery.id)).limit(bindparam("page"))
_CANCEL = update(SQLModel.metadata.tables["delivery"]).where(*_OF, col(Delivery.state) == _OWED, col(Delivery.error) != INTERRUPTED).values(state="cancelled")


def _row(now: datetime, key: str, notice: str, subject_id: int, lane: str, due_at: datetime) -> dict[str, Any]:
    return {"key": key, "notice": notice, "subject_id": subject_id, "lane": lane, "due_at": due_at, "created_at": now, "state": "owed", "deed": "send",
            "room": "", "person_id": None, "of_id": None, "owner": "", "attempts": 0, "reference": "", "reached": "", "error": ""}  # fmt: skip


def _insert(session: Session, rows: list[dict[str, Any]]) -> int:
    if not rows:
        return 0
    insert = insert_of(session)
    statement = insert(Delivery).on_conflict_do_nothing(index_elements=["key"]).returning(col(Delivery.id))
    return len(session.execute(statement, rows).all())


def claim(session: Session, lane: str, owner: str, room: int, now: datetime, wall: datetime) -> list[Delivery]:
    """Take up to `room` due deliveries of a lane, for LEASE of wall time; none while it is paused. `now` is programme time."""
    if room <= 0 or session.get(LanePause, lane) is not None:
        return []
    pick = (
        select(Delivery.id)
        .where(Delivery.lane == lane, col(Delivery.state) == _OWED, Delivery.due_at <= now)
        .order_by(col(Delivery.due_at), col(Delivery.id))
        .limit(room)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.exec(pick))
    if not ids:
        return []
    session.execute(
        update(Delivery)
        .where(col(Delivery.id).in_(ids), col(Delivery.state) == _OWED)
        .values(state="sending", owner=owner, lease_until=wall + LEASE, attempts=col(Delivery.attempts) + 1)
    )
    return list(session.exec(select(Delivery).where(col(Delivery.id).in_(ids), Delivery.owner == owner).order_by(col(Delivery.due_at), col(Delivery.id))))


def settle(session: Session, delivery_id: int, owner: str, state: str, **values: Any) -> bool:
    """Write down how a claimed delivery ended (`sent`, `owed` again with a later due_at, `parked`, `unknown`, `cancelled`)."""
    done = update(Delivery).where(col(Delivery.id) == delivery_id, col(Delivery.state) == "sending", col(Delivery.owner) == owner)
    return _count(session, done.values(state=state, lease_until=None, owner="", **values)) == 1


def release(session: Session, wall: datetime, owner: str = "") -> int:
    """Return what a dead process held: leases that ran out, and everything of `owner` (a restarted process)."""
    stuck = (col(Delivery.lease_until) < wall) | (col(Delivery.owner) == owner) if owner else col(Delivery.lease_until) < wall
    held = update(Delivery).where(col(Delivery.state) == _SENDING, stuck)
    return _count(session, held.values(state="owed", owner="", lease_until=None, error=INTERRUPTED))


def busy_lanes(session: Session, now: datetime) -> list[str]:
    """Lanes that have something due and are not paused. Two index look-ups per lane, however much is owed."""
    paused = set(session.exec(select(LanePause.lane)))
    busy, lane = [], ""
    while (found := session.exec(select(func.min(Delivery.lane)).where(col(Delivery.state) == _OWED, col(Delivery.lane) > lane)).one()) is not None:
        lane = found
        first = session.exec(select(Delivery.due_at).where(Delivery.lane == lane, col(Delivery.state) == _OWED).order_by(col(Delivery.due_at)).limit(1)).first()
        if first is not None and first <= now and lane not in paused:
            busy.append(lane)
    return busy


@dataclass(frozen=True)
class LaneState:
    """One lane as HR sees it."""

    lane: str
    owed: int
    oldest_due_at: datetime | None
    stuck: int  # parked or unknown
    is_paused: bool


def lanes(session: Session) -> list[LaneState]:
    """Every lane in which something is owed, stuck or paused, by name."""
    query = select(Delivery.lane, func.count(), func.min(Delivery.due_at)).where(col(Delivery.state) == _OWED).group_by(Delivery.lane)
    waiting: dict[str, tuple[int, datetime | None]] = {lane: (count, oldest) for lane, count, oldest in session.exec(query)}
    stuck = dict(session.exec(select(Delivery.lane, func.count()).where(text(_STUCK)).group_by(Delivery.lane)).all())
    paused = set(session.exec(select(LanePause.lane)))
    none_waits: tuple[int, datetime | None] = (0, None)
    return [LaneState(n, *waiting.get(n, none_waits), stuck.get(n, 0), n in paused) for n in sorted({*waiting, *stuck, *paused})]


def pause(session: Session, now: datetime, actor_id: int | None, lane: str) -> bool:
    """Stop a lane: what is owed in it waits. Takes effect at the next page (within seconds). False when it was paused already."""
    if session.get(LanePause, lane):
        return False
    session.add(LanePause(lane=lane, since=now, actor_id=actor_id))
    audit.note(session, now, actor_id, "lane.paused", "lane", 0, lane)
    return True


def resume(session: Session, now: datetime, actor_id: int | None, lane: str) -> bool:
    """Let a paused lane run again; False when it was not paused."""
    if not _count(session, delete(LanePause).where(col(LanePause.lane) == lane)):
        return False
    audit.note(session, now, actor_id, "lane.resumed", "lane", 0, lane)
    return True


def keep_room(session: Session, now: datetime, actor_id: int | None, room: str, platform: str, workspace: str, address: str) -> None:
    """From now on the room is that channel."""
    row = session.get(RoomAddress, (room, platform)) or RoomAddress(room=room, platform=platform, workspace="", address="", at=now)
    row.workspace, row.address, row.at = workspace, address, now
    session.add(row)
    audit.note(session, now, actor_id, "room.moved", "room", 0, f"{room} on {platform}")


def rooms(session: Session, platform: str) -> dict[str, tuple[str, str]]:
    """(workspace, address) of every room on a platform."""
    return {r.room: (r.workspace, r.address) for r in session.exec(select(RoomAddress).where(RoomAddress.platform == platform))}


def parked(session: Session, limit: int = 200) -> list[Delivery]:
    """What could not be sent, newest first: the list that HR sees."""
    return list(session.exec(select(Delivery).where(text(_STUCK)).order_by(col(Delivery.id).desc()).limit(limit)))


def retry(session: Session, delivery_id: int, now: datetime) -> bool:
    """Owe a parked or unknown delivery again. Of the latter the platform is asked first whether it arrived."""
    done = update(Delivery).where(col(Delivery.id) == delivery_id, col(Delivery.state).in_(["parked", "unknown"]))
    told = case((col(Delivery.state) == "unknown", INTERRUPTED), else_="")
    return _count(session, done.values(state="owed", due_at=now, attempts=0, error=told)) == 1


def receipt(session: Session, key: str) -> str | None:
    """The sealed answer given to this event before, or None when it is new."""
    row = session.get(Receipt, key)
    return row.answer if row else None


# Plain SQL: every event passes here, and the ORM's way costs three times as much.
_CLAIM = text("INSERT INTO receipt (key, answer, at) VALUES (:key, '', :at) ON CONFLICT (key) DO NOTHING RETURNING key").bindparams(
    bindparam("at", type_=UtcDateTime())
)
_KEEP = text("UPDATE receipt SET answer = :answer WHERE key = :key")


def begin_receipt(session: Session, key: str, now: datetime) -> str | None:
    """Claim an event before its effect: None when it is new, else the sealed answer given before.

    When the same event is being heard elsewhere at this moment, this waits until that is done (both databases see to it).
    """
    return None if session.connection().execute(_CLAIM, {"key": key, "at": now}).first() else receipt(session, key)


def end_receipt(session: Session, key: str, answer: str) -> None:
    """Keep the sealed answer of a claimed event."""
    session.connection().execute(_KEEP, {"key": key, "answer": answer})


def _count(session: Session, statement: Any, values: dict[str, Any] | None = None) -> int:
    result = session.execute(statement, values)
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
