"""Bonus plans: what a hire is worth, in which parts, after how many days, and who can earn it."""

from bot.plans import budgets, campaigns, charities
from bot.plans.budgets import PlanBudget
from bot.plans.campaigns import Campaign, CampaignDraft
from bot.plans.charities import Charity
from bot.plans.eligibility import Asked, candidate_reason, manages, referrer_reason
from bot.plans.promises import Promise, Where, Who, fitting, promise, promise_of_version, would_fit
from bot.plans.records import (
    MAX_DAYS,
    MAX_DAYS_OFF,
    MAX_INSTALMENTS,
    REWARDS,
    WORTH,
    BonusPlan,
    Instalment,
    Milestone,
    PlanDraft,
    adopt,
    current,
    current_plans,
    draft_plan,
    milestones,
    put_in_force,
)

__all__ = [
    "MAX_DAYS", "MAX_DAYS_OFF", "MAX_INSTALMENTS", "REWARDS", "WORTH", "Asked", "BonusPlan", "Campaign", "CampaignDraft", "Charity", "Instalment",
    "Milestone", "PlanBudget", "PlanDraft", "Promise", "Where", "Who", "adopt", "budgets", "campaigns", "candidate_reason", "charities", "current",
    "current_plans", "draft_plan", "fitting", "manages", "milestones", "promise", "promise_of_version", "put_in_force", "referrer_reason",
    "would_fit",
]  # fmt: skip
