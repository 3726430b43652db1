"""Every notice by name."""

from __future__ import annotations

from bot.desks.notices import Builder, OutsiderOf, referrals, stories

BUILDERS: dict[str, Builder] = {**stories.BUILDERS, **referrals.BUILDERS}

# Notices that go by mail to somebody outside the directory: who that is.
OUTSIDERS: dict[str, OutsiderOf] = {**referrals.OUTSIDERS}

# Notices to people that go by mail whatever platform they use: a sign-in link proves the mailbox.
BY_MAIL: set[str] = set()
