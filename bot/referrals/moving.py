"""Moving a referral from stage to stage: one guarded UPDATE, with the row of the change, the audit and everything that is owed."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict, Unpack

from sqlalchemy import ColumnElement, CursorResult, bindparam, update
from sqlmodel import Session, SQLModel, col, select

from bot import audit, outbox, people
from bot.errors import Refusal, Stale
from bot.messages import Say
from bot.people import Person
from bot.referrals.deadlines import deadline, note_end
from bot.referrals.forgetting import shred
from bot.referrals.records import Candidate, Referral, StageChange
from bot.referrals.responsible import recruiters_of, stands_in_for
from bot.referrals.stages import ENDS, may

# Stages of which a candidate with an e-mail address is told by mail; `erased` has no address left.
_TELL_CANDIDATE = {"confirmed": "candidate_confirmed", "duplicate": "candidate_confirmed"} | dict.fromkeys(
    ("taken", "contacted", "interviewing", "offered", "hired", "rejected", "closed", "withdrawn"), "candidate_stage"
)


class Facts(TypedDict, total=False):
    """What may come with a move. `words` names ready-made kind words; `sealed` holds a private reason (see `details.seal`)."""

    recruiter_id: int | None
    start_on: date | None
    hired_person_id: int | None
    duplicate_of_id: int | None
    words: str
    sealed: str


def move(
    session: Session, now: datetime, actor_id: int | None, referral_id: int, to: str, version: int | None = None, *, by: str = "", **facts: Unpack[Facts]
) -> Referral:
    """Move a referral. `actor_id` is the person who does it (None with `by="candidate"`; time where nothing is said).

    `erased` makes the candidate's details unreadable at once (`erase_candidate` does it for all their referrals).
    Writes the stage, a StageChange, an audit row, and owes the referrer, the candidate and the recruiters their notices.
    Raises Refusal `forbidden` or `referrals.no_such_move`, Stale when it is no longer at `version` or somebody was quicker.
    """
    referral = session.get(Referral, referral_id)
    if referral is None:
        raise Refusal("referrals.unknown")
    if version is not None and version != referral.version:
        raise stale(session, referral, actor_id)
    causes = frozenset({by}) if by else causes_of(session, actor_id)
    _check(referral, to, causes)
    cause = by or next(c for c in ("recruiter", "hr", "time") if c in causes)
    old = referral.stage
    promise = deadline(session, now, referral)
    _update(session, now, actor_id, referral, to, facts)
    note_end(session, now, referral_id, old, promise, is_ours=cause in ("recruiter", "hr"))
    change = record(session, now, actor_id, referral, old, cause, words=facts.get("words", ""), sealed=facts.get("sealed", ""))
    tell(session, now, referral, change)
    if to == "erased" and (candidate := session.get(Candidate, referral.candidate_id)):
        shred(session, now, candidate)
    return referral


def record(session: Session, now: datetime, actor_id: int | None, referral: Referral, old: str, by: str, *, words: str = "", sealed: str = "") -> StageChange:
    """Write down the change that brought a referral to its stage."""
    change = StageChange(referral_id=referral.id or 0, at=now, actor_id=actor_id, by=by, old=old, new=referral.stage, words=words, sealed=sealed)
    session.add(change)
    session.flush()
    audit.note(session, now, actor_id, f"referral.{referral.stage}", "referral", referral.id or 0, f"{old or 'new'} by {by}")
    return change


def tell(session: Session, now: datetime, referral: Referral, change: StageChange) -> None:
    """Owe everybody concerned the news of a change: what each may know is decided when the card is built."""
    rid, cid = referral.id or 0, change.id or 0
    if referrer := session.get(Person, referral.referrer_id):
        outbox.owe(session, now, f"referral:{rid}:{change.new}:referrer", "referral_stage", cid, referrer)
    candidate = session.get(Candidate, referral.candidate_id)
    if candidate and candidate.email_hash and (notice := _TELL_CANDIDATE.get(change.new)):
        outbox.owe_mail(session, now, f"referral:{rid}:{change.new}:candidate", notice, cid)
    if change.new == "confirmed":
        _tell_recruiters(session, now, referral)
    elif change.old:
        outbox.owe_change(session, now, "update", "referral_new", rid)
        settle(session, now, rid)
    is_their_wish = change.new in ("withdrawn", "erased") and change.by in ("candidate", "hr")
    if is_their_wish and referral.recruiter_id and (recruiter := session.get(Person, referral.recruiter_id)):
        outbox.owe(session, now, f"referral:{rid}:{change.new}:recruiter", "referral_gone", cid, recruiter)
    if change.new in ENDS or change.new == "hired":
        _tell_duplicates(session, now, rid)


def settle(session: Session, now: datetime, referral_id: int) -> None:
    """What reminded of a referral says so no more: not sent it is cancelled, sent it is shown as it is now."""
    for notice in ("referral_waiting", "referral_stuck"):
        outbox.cancel(session, notice, referral_id)
        outbox.owe_change(session, now, "update", notice, referral_id)


def last_change(session: Session, referral_id: int) -> StageChange | None:
    """The change that brought a referral to its present stage."""
    return session.exec(select(StageChange).where(StageChange.referral_id == referral_id).order_by(col(StageChange.id).desc()).limit(1)).first()


def stale(session: Session, referral: Referral, actor_id: int | None) -> Stale:
    """Why a button no longer fits: who moved the referral, and to where."""
    session.refresh(referral)
    change = last_change(session, referral.id or 0)
    stage = Say(f"referrals.stage.{referral.stage}")
    if change is None or change.actor_id is None:
        return Stale("referrals.stale.moved_on", stage=stage)
    if change.actor_id == actor_id:
        return Stale("referrals.stale.by_you", stage=stage)
    actor = session.get(Person, change.actor_id)
    return Stale("referrals.stale.by_other", stage=stage, name=actor.name if actor else "")


_TABLE = SQLModel.metadata.tables["referral"]  # of the table, and built once: the row is read anew afterwards
_HERE = update(_TABLE).where(_TABLE.c.id == bindparam("seen_id"), _TABLE.c.version == bindparam("seen_version"))


def put(session: Session, actor_id: int | None, referral: Referral, version: int, new: dict[str, object], *where: ColumnElement[bool]) -> None:
    """Write `new` where the referral is still at `version`, and `where` holds. Raises Stale telling who was quicker."""
    here = _HERE.where(*where)
    session.flush()
    result = session.execute(here, {"seen_id": referral.id, "seen_version": version} | new | {"version": version + 1})
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        raise stale(session, referral, actor_id)
    session.refresh(referral)


def causes_of(session: Session, actor_id: int | None) -> frozenset[str]:
    """In which capacities somebody may move referrals at this moment; nobody is time."""
    if actor_id is None:
        return frozenset({"time"})
    return people.roles_of(session, actor_id) & {"recruiter", "hr"}


def _check(referral: Referral, to: str, causes: frozenset[str]) -> None:
    if not causes:
        raise Refusal("forbidden")
    if not may(referral.stage, to, causes):
        raise Refusal("referrals.no_such_move", stage=Say(f"referrals.stage.{referral.stage}"), to=Say(f"referrals.stage.{to}"))


def _update(session: Session, now: datetime, actor_id: int | None, referral: Referral, to: str, facts: Facts) -> None:
    new: dict[str, object] = {"stage": to, "stage_since": now, "waits_since": None, "reminded_at": None, "escalated_at": None}
    new |= {name: value for name, value in facts.items() if name not in ("words", "sealed")}
    if to == "taken" and not (actor_id and stands_in_for(session, actor_id, referral.recruiter_id, now)):
        new.setdefault("recruiter_id", actor_id)  # what a deputy takes stays its recruiter's
    if to == "confirmed":
        new["confirmed_at"] = now
    put(session, actor_id, referral, referral.version, new, col(Referral.stage) == referral.stage)


def _tell_recruiters(session: Session, now: datetime, referral: Referral) -> None:
    rid = referral.id or 0
    for person in recruiters_of(session, referral, now):
        outbox.owe(session, now, f"referral:{rid}:new:recruiter:{person.id}", "referral_new", rid, person)
    outbox.owe_room(session, now, f"referral:{rid}:new:recruiting", "referral_new", rid, "recruiting")


_LATER = select(Referral).where(Referral.duplicate_of_id == bindparam("first_id"), Referral.stage == "duplicate")


def _tell_duplicates(session: Session, now: datetime, referral_id: int) -> None:
    """Whoever referred the same candidate later is not left in silence: they hear that it is over, and no more than that."""
    for referral in session.exec(_LATER, params={"first_id": referral_id}):
        if referrer := session.get(Person, referral.referrer_id):
            outbox.owe(session, now, f"referral:{referral.id}:over:referrer", "referral_over", referral.id or 0, referrer)
