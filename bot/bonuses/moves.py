"""How a bonus moves from state to state: guarded by state and version, with its audit row, its ledger entry and its notice in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, CursorResult, bindparam, delete, exists, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, SQLModel, col

from bot import audit, ledger, outbox, people
from bot.audit import AuditEntry
from bot.bonuses.records import MOVES, Bonus, BonusApproval
from bot.errors import Refusal, Stale
from bot.ledger import EXPENSE, LedgerEntry, Movement
from bot.messages import Say, say
from bot.people import Person

TOLD = frozenset({"eligible", "approved", "paid", "held", "forfeited", "clawback_due", "recovered", "waived"})  # the beneficiary hears of these moves
HOLD_REASONS = ("hr_question", "hr_dispute")  # why HR may hold one; the rules give reasons of their own


# Built once and of the table: every bonus moves by it, several times, and the row is read anew afterwards.
_TABLE = SQLModel.metadata.tables["bonus"]
_MOVE = update(_TABLE).where(_TABLE.c.id == bindparam("seen_id"), _TABLE.c.state == bindparam("seen_state"), _TABLE.c.version == bindparam("seen_version"))
_FORGET_YES = delete(SQLModel.metadata.tables["bonusapproval"]).where(col(BonusApproval.bonus_id) == bindparam("of_id"))


def accrual(bonus: Bonus, deed: str = "hired") -> Movement:
    """The entry of a promise that became real. The key is of the hire, so the same hire heard twice posts once.

    `deed` is another word where a bonus takes the place of one that was cancelled.
    """
    part = f"part:{bonus.milestone_no}" if bonus.milestone_no else "campaign"
    key = f"referral:{bonus.referral_id}:{deed}:share:{bonus.share_no}:{part}"
    return Movement(key, EXPENSE, bonus.account, bonus.money, "bonus", bonus.id or 0)


def move(session: Session, now: datetime, actor_id: int | None, bonus: Bonus, to: str, reason: str = "", *, is_told: bool = True) -> Bonus:
    """Move one bonus, seen in its present state and version. `actor_id` is None when time did it; `is_told`: the beneficiary hears.

    Forfeiting and voiding reverse the accrual. Raises Stale, naming who was quicker, when the row is no longer as seen.
    """
    old = bonus.state
    if to not in MOVES[old]:
        raise overtaken(session, bonus)
    _step(session, now, actor_id, bonus, to, reason)
    if old in ("eligible", "approved") and to != "approved":  # a yes was to what it was then
        session.execute(_FORGET_YES, {"of_id": bonus.id})
    if to in ("forfeited", "void") and bonus.amount_minor:
        entry = _accrued(session, bonus)
        ledger.reverse(session, now, f"bonus:{bonus.id}:{to}", entry.id or 0)
    if is_told and to in TOLD:
        tell(session, now, bonus, to)
    return bonus


def put_aside(session: Session, now: datetime, actor_id: int, bonus: Bonus, reason: str) -> None:
    """A bonus that had ended makes place for one that is promised instead (anew.promise_anew). The book stays as it is: what it had
    promised was reversed when it ended. Raises Stale."""
    if bonus.state != "forfeited":
        raise overtaken(session, bonus)
    _step(session, now, actor_id, bonus, "void", reason)


def _step(session: Session, now: datetime, actor_id: int | None, bonus: Bonus, to: str, reason: str) -> None:
    """The guarded write of a move, and its audit row."""
    old, version = bonus.state, bonus.version
    session.flush()
    new = {"state": to, "version": version + 1, "state_since": now, "reason": reason, "escalated_at": None}
    done = session.execute(_MOVE, {"seen_id": bonus.id, "seen_state": old, "seen_version": version} | new)
    assert isinstance(done, CursorResult)
    if done.rowcount != 1:
        session.expire(bonus)
        raise overtaken(session, bonus)
    for name, value in new.items():  # as it is in the table now: nothing need be read again
        set_committed_value(bonus, name, value)
    note(session, now, actor_id, bonus, old)


def let_pass_against(*reasons: str) -> ColumnElement[bool]:
    """SQL: HR let this bonus pass against one of these reasons (`approvals.let_pass` wrote it down)."""
    deed = col(AuditEntry.subject) == "bonus", col(AuditEntry.what) == "bonus.overridden", col(AuditEntry.detail).in_(reasons)
    return exists().where(*deed, col(AuditEntry.subject_id) == col(Bonus.id))


def note(session: Session, now: datetime, actor_id: int | None, bonus: Bonus, old: str) -> None:
    """The audit row of a move: states, version, plan version, reason."""
    audit.note(session, now, actor_id, f"bonus.{bonus.state}", "bonus", bonus.id or 0, _detail(bonus, old))


def note_all(session: Session, now: datetime, actor_id: int | None, bonuses: Sequence[Bonus], old: str) -> None:
    """The audit rows of one move of many."""
    audit.note_many(session, now, actor_id, "bonus", [(f"bonus.{bonus.state}", bonus.id or 0, _detail(bonus, old)) for bonus in bonuses])


def _detail(bonus: Bonus, old: str) -> str:
    detail = f"{old or 'nothing'} to {bonus.state}, version {bonus.version}, plan {bonus.plan_id}"
    return f"{detail}, {bonus.reason}" if bonus.reason else detail


def reason_of(event: AuditEntry) -> str:
    """The reason that `note` wrote into an audit row; the empty text where there was none."""
    return event.detail.split(", ")[3] if event.detail.count(", ") == 3 else ""


def tell(session: Session, now: datetime, bonus: Bonus, what: str) -> None:
    """Owe the beneficiary the news."""
    person = session.get(Person, bonus.beneficiary_id)
    assert person is not None
    outbox.owe(session, now, news_key(bonus, what), f"bonus.{what}", bonus.id or 0, person)


def news_key(bonus: Bonus, what: str) -> str:
    """The key of what is owed to the beneficiary about one move."""
    return f"bonus:{bonus.id}:{what}:version:{bonus.version}:person:{bonus.beneficiary_id}"


def locked(session: Session, bonus_id: int, version: int | None = None) -> Bonus:
    """The bonus, locked until the transaction ends and as it is now. Raises Stale when it is not in that version any more."""
    bonus = session.get(Bonus, bonus_id, with_for_update=True, populate_existing=True)
    if bonus is None:
        raise Stale("bonuses.gone")
    if version is not None and bonus.version != version:
        raise overtaken(session, bonus)
    return bonus


def overtaken(session: Session, bonus: Bonus) -> Stale:
    """The refusal that tells what happened to a bonus meanwhile: which state, who, when."""
    last = audit.history(session, "bonus", bonus.id or 0)[-1]
    if last.actor_id is None:
        return Stale("bonuses.moved_by_itself", state=state_words(bonus.state), at=last.at)
    actor = session.get(Person, last.actor_id)
    return Stale("bonuses.overtaken", state=state_words(bonus.state), at=last.at, name=actor.name if actor else "?")


def state_words(state: str) -> Say:
    """A state in words."""
    return say(f"bonuses.state.{state}")


def hold(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int, reason: str) -> Bonus:
    """HR stops a bonus for a question (one of HOLD_REASONS). Raises Refusal `forbidden`, or Stale."""
    bonus = locked(session, bonus_id, version)
    require_hr(session, actor_id)
    if reason not in HOLD_REASONS:
        raise Refusal("bonuses.unknown_reason")
    return move(session, now, actor_id, bonus, "held", reason)


def void(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int) -> Bonus:
    """HR takes back a bonus that was entered by mistake; only until it went to payroll. Raises Refusal `forbidden`, or Stale."""
    bonus = locked(session, bonus_id, version)
    require_hr(session, actor_id)
    return move(session, now, actor_id, bonus, "void")


def still_held(bonuses: Iterable[Bonus]) -> dict[str, str]:
    """The columns of what takes the place of these bonuses: a hold of HR's own stays until HR answers it, whoever corrected what it
    was about; every other hold is asked again by the rules."""
    reason = next((b.reason for b in bonuses if b.state == "held" and b.reason in HOLD_REASONS), "")
    return {"state": "held", "reason": reason} if reason else {}


def require_hr(session: Session, actor_id: int) -> None:
    """Raises Refusal `forbidden` unless the actor holds the role at this moment."""
    if not people.has_role(session, actor_id, "hr"):
        raise Refusal("forbidden")


def _accrued(session: Session, bonus: Bonus) -> LedgerEntry:
    return ledger.entries_of(session, "bonus", bonus.id or 0)[0]
