"""Nobody had left after all: what ended by a wrong last day, or by HR's own slip, is promised anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from bot import outbox
from bot.bonuses.budgets import watch
from bot.bonuses.correct import kept_of, promise
from bot.bonuses.due import LEFT
from bot.bonuses.moves import news_key, overtaken, put_aside, require_hr
from bot.bonuses.records import Bonus
from bot.bonuses.rules import has_left
from bot.errors import Refusal, Stale
from bot.people import Person


def may_come_back(bonus: Bonus) -> bool:
    """It ended because somebody had left, so HR may find that nobody had."""
    return bonus.state == "forfeited" and bonus.reason in LEFT


def promise_anew(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int, today: date, time_zone: str) -> list[Bonus]:
    """Promise a bonus again that ended because somebody had left, and everything of the same hire that ended for the same person's
    leaving: with its amount, plan and days. The rules are asked again when its day comes, at once where it has come; whoever earns
    it is told.

    Raises Refusal `forbidden`, `bonuses.own`, or `bonuses.anew.still_left` while the directory says that they have left; or Stale.
    """
    require_hr(session, actor_id)
    rows = _ended_alike(session, bonus_id, version)
    if actor_id in {b.beneficiary_id for b in rows}:
        raise Refusal("bonuses.own")
    for bonus in rows:
        if has_left(session, bonus) or session.get_one(Person, bonus.beneficiary_id).erased_at:
            raise Refusal("bonuses.anew.still_left")
    made = []
    for bonus in rows:
        made.append(Bonus(**kept_of(bonus), state_since=now))
        put_aside(session, now, actor_id, bonus, "had_not_left")
    made = promise(session, now, actor_id, made, f"anew:{rows[0].id}")
    for payee in sorted({b.beneficiary_id for b in made}):
        first = next(b for b in made if b.beneficiary_id == payee)
        outbox.owe(session, now, news_key(first, "anew"), "bonus.anew", first.id or 0, session.get_one(Person, payee))
    watch(session, now, made[0].plan_id, today, time_zone)
    return made


def _ended_alike(session: Session, bonus_id: int, version: int) -> Sequence[Bonus]:
    """The bonus as it was seen, and its siblings that ended for the same reason, locked in the order of their ids."""
    seen = session.get(Bonus, bonus_id)
    if seen is None:
        raise Stale("bonuses.gone")
    alike = Bonus.referral_id == seen.referral_id, Bonus.state == "forfeited", Bonus.reason == seen.reason
    query = select(Bonus).where(*alike).order_by(col(Bonus.id)).with_for_update().execution_options(populate_existing=True)
    rows = [b for b in session.exec(query) if b.reason != "referrer_left" or b.beneficiary_id == seen.beneficiary_id]
    session.refresh(seen)
    if seen not in rows or seen.version != version or not may_come_back(seen):
        raise overtaken(session, seen)
    return rows
