"""A bonus explained in full to whoever runs the machine: as a card, and as data for a script. There is no role to check: they hold the database."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from bot import bonuses
from bot.bonuses import Explanation
from bot.desks import explaining
from bot.errors import Refusal
from bot.messages import Card


def explain_bonus(session: Session, bonus_id: int) -> tuple[Card, dict[str, Any]]:
    """Why a bonus is what it is: as the card that HR sees, and as plain data (ids, codes and days; no names). Raises Refusal `bonuses.gone`."""
    found = bonuses.explain(session, bonus_id)
    if found is None:
        raise Refusal("bonuses.gone")
    return explaining.explanation_card(session, found, in_full=True), _data(found)


def _data(found: Explanation) -> dict[str, Any]:
    bonus, part, promise = found.bonus, found.part, found.promise
    hidden = {"payee_type", "created_at", "prev_hash", "hash", "subject", "subject_id"}
    rule = {
        "plan": bonus.plan_id, "plan_name": promise.name, "plan_version": promise.version, "campaign": found.referral.campaign_id,
        "confirmed_at": found.referral.confirmed_at, "part": bonus.milestone_no, "days": part.days, "whole_minor": part.money.amount_minor,
        "share": bonus.share_no, "is_share": found.is_share,
    }  # fmt: skip
    return {
        "bonus": bonus.model_dump(exclude={*hidden, "id"}) | {"number": bonus.id},
        "rule": rule,
        "events": [{"at": e.at, "actor_id": e.actor_id, "what": e.what, "reason": bonuses.reason_of(e)} for e in found.events],
        "entries": [e.model_dump(exclude=hidden) for e in found.entries],
        "owed_minor": found.owed_minor,
        "pay_run": found.pay_run.number if found.pay_run else None,
        "successor": found.successor.id if found.successor else None,
    }
