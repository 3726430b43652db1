"""HR's word on a bonus: approve (two people above an amount), answer why one is held, let it pass against a rule, say no."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from bot import audit, outbox, people, settings
from bot.bonuses import rules
from bot.bonuses.moves import HOLD_REASONS, locked, move, overtaken, reason_of, require_hr
from bot.bonuses.records import UNDUE, Bonus, BonusApproval, ReferralShare
from bot.bonuses.shares import is_settled
from bot.errors import FieldRefusal, Refusal
from bot.money import exponent
from bot.referrals import Referral

NO_REASONS = ("hr_not_theirs", "hr_no_hire", "hr_agreed")  # why HR ends a bonus that it had stopped itself
LONGEST = 300


def approve(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int) -> Bonus:
    """HR approves an eligible bonus; from a configured amount on it stays eligible until a second person approves it too.

    Raises Refusal `forbidden`, `bonuses.own`, `bonuses.own_override`, `bonuses.approved_by_you`, or Stale telling who was quicker
    and when.
    """
    bonus = locked(session, bonus_id, version)
    _require_judge(session, actor_id, bonus)
    return _say_yes(session, now, actor_id, bonus)


def _say_yes(session: Session, now: datetime, actor_id: int, bonus: Bonus) -> Bonus:
    if bonus.state != "eligible":
        raise overtaken(session, bonus)
    if not is_settled(session, session.get_one(Referral, bonus.referral_id)):  # it was let pass while the split was still open
        raise Refusal("splits.settle_first")
    given, two = approvers(session, bonus), needs_two(session, bonus)
    if two and actor_id in given:
        raise Refusal("bonuses.approved_by_you")
    if actor_id not in given:
        session.add(BonusApproval(bonus_id=bonus.id or 0, person_id=actor_id, at=now))
        session.flush()
    if given or not two:
        return move(session, now, actor_id, bonus, "approved")
    audit.note(session, now, actor_id, "bonus.first_approval", "bonus", bonus.id or 0, f"version {bonus.version}")
    for person in people.holders(session, "hr"):
        if person.id not in (actor_id, bonus.beneficiary_id):
            key = f"bonus:{bonus.id}:second:version:{bonus.version}:after:{actor_id}:person:{person.id}"
            outbox.owe(session, now, key, "bonus.second", bonus.id or 0, person)
    return bonus


def take_back(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int) -> Bonus:
    """The first of two approvers takes their word back while the second one is waited for. Raises Refusal `forbidden` or
    `bonuses.no_approval`, or Stale."""
    bonus = locked(session, bonus_id, version)
    require_hr(session, actor_id)
    if bonus.state != "eligible":
        raise overtaken(session, bonus)
    mine = session.exec(select(BonusApproval).where(BonusApproval.bonus_id == bonus_id, BonusApproval.person_id == actor_id)).first()
    if mine is None:
        raise Refusal("bonuses.no_approval")
    session.delete(mine)
    session.flush()
    audit.note(session, now, actor_id, "bonus.approval_taken_back", "bonus", bonus_id, f"version {version}")
    outbox.cancel(session, "bonus.second", bonus_id)
    return bonus


def needs_two(session: Session, bonus: Bonus) -> bool:
    """Whether two people must approve it: the part of a split is measured by the whole, or dividing would get round the limit.
    A day off has no amount; one is enough."""
    whole = int(settings.get(session, "bonus.two_approvers_from"))
    if whole <= 0 or not bonus.amount_minor:
        return False
    parts = (Bonus.referral_id == bonus.referral_id, Bonus.milestone_no == bonus.milestone_no, Bonus.currency == bonus.currency, col(Bonus.state) != "void")
    together = session.exec(select(func.sum(Bonus.amount_minor)).where(*parts)).one() or 0
    needed: int = whole * 10 ** exponent(bonus.currency)
    return int(together) >= needed


def approvers(session: Session, bonus: Bonus) -> list[int]:
    """Who said yes so far and still holds the role, in order."""
    rows = session.exec(select(BonusApproval).where(BonusApproval.bonus_id == bonus.id).order_by(col(BonusApproval.id)))
    return [row.person_id for row in rows if people.has_role(session, row.person_id, "hr")]


def confirm(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int, today: date) -> Bonus:
    """HR answers the question for which a bonus is held: all is well. One that is due is approved by the same press, unless a rule
    stands against it, or the due day passed under a question of HR's own and a fact is missing: then that is asked next. One whose
    qualifying period still runs waits on.

    A rule is not answered by this but by `let_pass`, an open split not but by settling it. Raises as `approve`, and Refusal
    `bonuses.needs_reason` or `splits.settle_first`.
    """
    bonus = _held(session, actor_id, bonus_id, version)
    if bonus.reason == "split_open":
        raise Refusal("splits.settle_first")
    if is_rule(bonus.reason):
        raise Refusal("bonuses.needs_reason")
    if bonus.due_on > today:
        return move(session, now, actor_id, bonus, "waiting")
    more = (_unanswered(session, bonus) if bonus.reason in HOLD_REASONS else None) or rules.standing(session, bonus)
    bonus = move(session, now, actor_id, bonus, "eligible", bonus.reason, is_told=False)
    return move(session, now, actor_id, bonus, "held", more) if more else _say_yes(session, now, actor_id, bonus)


def _unanswered(session: Session, bonus: Bonus) -> str | None:
    """A fact that is missing and that HR was not asked for yet: an answer is on record as the reason of the move that it led to."""
    fact = rules.missing(session, bonus)
    given = (reason_of(event) for event in audit.history(session, "bonus", bonus.id or 0) if event.what == "bonus.eligible")
    return fact if fact and fact not in given else None


def let_pass(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int, reason: str, today: date) -> Bonus:
    """HR lets a bonus pass that a rule holds, and says why. Somebody else approves it then.

    Raises as `approve`, and FieldRefusal `reason` without one.
    """
    bonus = _held(session, actor_id, bonus_id, version)
    if not is_rule(bonus.reason):
        raise overtaken(session, bonus)
    bonus.override_by, bonus.override_reason = actor_id, given_reason(reason)
    audit.note(session, now, actor_id, "bonus.overridden", "bonus", bonus_id, bonus.reason)
    session.flush()
    return move(session, now, actor_id, bonus, "waiting" if bonus.due_on > today else "eligible")


def refuse(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int, reason: str = "") -> Bonus:
    """HR says no to a held bonus. Where a fact or a rule held it, that is the reason; where HR had stopped it, `reason` is one of
    NO_REASONS. Where the newcomer has left, everything of the same hire ends that is not due yet or asks the same.

    Raises Refusal `forbidden`, `bonuses.unknown_reason` or `splits.settle_first`, or Stale.
    """
    bonus = locked(session, bonus_id, version)
    require_hr(session, actor_id)
    if bonus.state != "held":
        raise overtaken(session, bonus)
    if bonus.reason == "split_open":
        raise Refusal("splits.settle_first")
    if (bonus.reason in HOLD_REASONS) != (reason in NO_REASONS):
        raise Refusal("bonuses.unknown_reason")
    has_left = bonus.reason == "hire_unknown"
    parts = _parts(session, bonus) if has_left else []  # locked before the ledger's head is
    bonus = move(session, now, actor_id, bonus, "forfeited", "hire_left" if has_left else reason or bonus.reason)
    for part in parts:
        move(session, now, actor_id, part, "forfeited", "hire_left")
    return bonus


def is_rule(reason: str) -> bool:
    """Whether a hold's reason is a rule: neither a fact that is missing nor a question of HR's own."""
    return reason not in rules.FACTS and reason not in HOLD_REASONS and reason != "split_open"


def given_reason(text: str) -> str:
    """Somebody's reason in their own words, tidied. Raises FieldRefusal `reason` for none, or one that is too long."""
    tidy = " ".join(text.split())
    if not tidy:
        raise FieldRefusal("reason", "bonuses.say_why")
    if len(tidy) > LONGEST:
        raise FieldRefusal("reason", "bonuses.why_too_long", count=LONGEST)
    return tidy


def _held(session: Session, actor_id: int, bonus_id: int, version: int) -> Bonus:
    bonus = locked(session, bonus_id, version)
    _require_judge(session, actor_id, bonus)
    if bonus.state != "held":
        raise overtaken(session, bonus)
    return bonus


def _require_judge(session: Session, actor_id: int, bonus: Bonus) -> None:
    """Approver, beneficiary and author of an override are three people."""
    require_hr(session, actor_id)
    if actor_id == bonus.beneficiary_id:
        raise Refusal("bonuses.own")
    if actor_id in authors(session, bonus):
        raise Refusal("bonuses.own_override")


def authors(session: Session, bonus: Bonus) -> set[int | None]:
    """Who let it pass against a rule, or divided it over somebody's head."""
    decided = select(ReferralShare.decided_by).where(ReferralShare.referral_id == bonus.referral_id, col(ReferralShare.decided_by).is_not(None))
    return {bonus.override_by, *session.exec(decided)} - {None}


def _parts(session: Session, bonus: Bonus) -> list[Bonus]:
    """What else of the same hire hangs on the newcomer's being here, locked, in the order of the ids."""
    asks = (col(Bonus.state) == "held") & (col(Bonus.reason) == "hire_unknown")
    query = select(Bonus).where(Bonus.referral_id == bonus.referral_id, Bonus.id != bonus.id, col(Bonus.state).in_(UNDUE) | asks).order_by(col(Bonus.id))
    return list(session.exec(query.with_for_update().execution_options(populate_existing=True)))
