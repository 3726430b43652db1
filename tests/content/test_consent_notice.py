"""The words that a candidate consents to carry a version: nobody may change one without the other."""

from __future__ import annotations

import pytest

from bot.referrals import consent
from content.catalog import LOCALES, entries


@pytest.mark.parametrize("version", [consent.VERSION, consent.BY_MAIL])
@pytest.mark.parametrize("locale", LOCALES)
def test_the_notice_in_force_is_the_one_whose_hash_stands_in_the_code(locale: str, version: str) -> None:
    words = {k.removeprefix("candidate.notice."): v for k, v in entries(locale).items() if k.startswith("candidate.notice.") and isinstance(v, str)}
    assert consent.hash_of(words, by_mail=version == consent.BY_MAIL) == consent.HASHES[version][locale], (
        "the words changed: make a new version in bot/referrals/consent.py"
    )
