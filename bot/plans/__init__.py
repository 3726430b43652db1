"""Bonus plans: what a hire is worth, in which parts, after how many days, and who can earn it."""

from bot.plans.eligibility import Asked, candidate_reason, manages, referrer_reason
from bot.plans.records import (
    MAX_DAYS,
    MAX_INSTALMENTS,
    BonusPlan,
    Instalment,
    Milestone,
    PlanDraft,
    Promise,
    adopt,
    current,
    current_plans,
    draft_plan,
    milestones,
    promise,
    promise_of_version,
    put_in_force,
)

__all__ = [
    "MAX_DAYS", "MAX_INSTALMENTS", "Asked", "BonusPlan", "Instalment", "Milestone", "PlanDraft", "Promise", "adopt", "candidate_reason",
    "current", "current_plans", "draft_plan", "manages", "milestones", "promise", "promise_of_version", "put_in_force", "referrer_reason",
]  # fmt: skip
