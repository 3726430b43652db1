"""A candidate puts right what they told us, and takes back or gives what they allowed. Their referral stays where it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from bot import audit
from bot.referrals.confirming import Consent, put_consent
from bot.referrals.details import Details, open_details, put_details
from bot.referrals.papers import Paper, drop_paper, put_paper
from bot.referrals.records import Candidate, Referral
from bot.vault import Vault


def correct(
    session: Session, now: datetime, vault: Vault, candidate: Candidate, referral: Referral, details: Details, given: Consent,
    paper: Paper | None = None, *, without_paper: bool = False,
) -> bool:  # fmt: skip
    """Keep the details as they are said now. A `paper` takes the place of the earlier one; `without_paper` lets it go.

    Who holds the candidate was decided by the first yes and stays. False when there is nothing to put right any more.
    """
    before = open_details(session, vault, candidate)
    if before is None or candidate.erased_at:
        return False
    if (given.referrer_may_see, given.about_others) != (candidate.referrer_may_see, candidate.about_others):
        candidate.referrer_may_see, candidate.about_others = given.referrer_may_see, given.about_others
        put_consent(session, now, referral.link_id, candidate, given)
    put_details(session, vault, candidate, replace(details, token=before.token))
    if without_paper:
        drop_paper(session, candidate.id or 0)
    if paper:
        put_paper(session, now, vault, candidate.id or 0, paper)
    audit.note(session, now, None, "candidate.corrected", "candidate", candidate.id or 0)
    return True
