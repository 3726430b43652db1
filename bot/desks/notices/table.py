"""Every notice by name."""

from __future__ import annotations

from bot.desks import sign_in
from bot.desks.notices import Builder, OutsiderOf, bonuses, handing, hires, intake, invitations, ledger, openings, referrals, stories, strategy

BUILDERS: dict[str, Builder] = {
    **stories.BUILDERS,
    **strategy.BUILDERS,
    **sign_in.BUILDERS,
    **referrals.BUILDERS,
    **invitations.BUILDERS,
    **handing.BUILDERS,
    **bonuses.BUILDERS,
    **hires.BUILDERS,
    **intake.BUILDERS,
    **openings.BUILDERS,
    **ledger.BUILDERS,
}

# Notices that go by mail to somebody outside the directory: who that is.
OUTSIDERS: dict[str, OutsiderOf] = {**handing.OUTSIDERS, **referrals.OUTSIDERS, **invitations.OUTSIDERS}

# Notices to people that go by mail whatever platform they use: a sign-in link proves the mailbox.
BY_MAIL: set[str] = {*sign_in.BY_MAIL}

# Notices that can wait: not shown in the reader's quiet hours, also when the lane was slow and the night came meanwhile.
POLITE: set[str] = {"story"}

# What is told to somebody because they handle referrals: who lost the role a minute ago is not told, nor shown what was told before.
OF_RECRUITING: frozenset[str] = frozenset({
    "referral_new", "referral_gone", "referral_waiting", "referral_asked", "referral_handed", "leave_begun", "leave_over",
})  # fmt: skip

# Reports to a room that each say how things stand: where they are drawn anew at every look, the newest says it all.
REPORTS: frozenset[str] = frozenset({"strategy_week", "bonus.overdue", "privacy_erasures"})
