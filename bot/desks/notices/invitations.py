"""Letters to somebody who was invited by e-mail: the whole notice, one reminder; and what HR's room hears of what time erases."""

from __future__ import annotations

from bot import referrals
from bot.desks import candidate_forms, wording
from bot.desks.notices import Builder, Outsider, OutsiderOf, Owed
from bot.messages import Block, Button, Buttons, Card, Divider, Heading, Note, Paragraph, say
from bot.referrals import Candidate, Details, Referral, ReferralLink, StageChange, inviting, keeping


def invitation(owed: Owed) -> Card | None:
    """The one letter, with everything that must be told before anything else happens (GDPR article 14)."""
    return _letter(owed, "candidate.invite_mail.title")


def again(owed: Owed) -> Card | None:
    """The one reminder. It holds the notice too: nobody has to look for the first letter. Nobody is reminded of what they can no longer say yes to."""
    _, referral, _ = _invited(owed)
    link = owed.session.get(ReferralLink, referral.link_id) if referral else None
    if link and referrals.state_of(owed.session, link, owed.deployment.today(owed.now), owed.now) in ("closed", "left"):
        return None
    return _letter(owed, "candidate.invite_mail.title_again")


def address(owed: Owed) -> Outsider | None:
    """Where the letter goes; None for an address that is not written to, and once the invitation has been answered or has ended."""
    candidate, _, details = _invited(owed)
    return Outsider(details.email, candidate.locale, owed.deployment.time_zone) if candidate and details and details.email else None


def erasures(owed: Owed) -> Card | None:
    """Into HR's room, once a week: how many candidates' details go next, and the way to see which."""
    count = len(referrals.due_by(owed.session, owed.now + keeping.SHOWN_BEFORE, 1000))
    if not count:
        return None
    buttons = Buttons((Button(say("retention.title"), "retention.page", "0", "primary"),))
    return Card(say("retention.notice.title", count=count), (Paragraph(say("retention.lead", count=count)), buttons))


def overdue(owed: Owed) -> Card | None:
    """Into HR's room: somebody has not been told in time what is kept about them."""
    referral = owed.session.get(Referral, owed.subject_id)
    if referral is None or referral.notice_due_at is None or referral.noticed_at or referral.stage == "erased":
        return None
    text = say("retention.notice.overdue_text", day=owed.deployment.today(referral.notice_due_at))
    shown = referral.stage not in referrals.HIDDEN  # who has not said yes is shown to nobody
    ways = (Buttons((Button(say("recruiter.list.show"), "referral.show", f"{referral.id}"),)),) if shown else ()
    return Card(say("retention.notice.overdue", number=f"{referral.id}"), (Paragraph(text), *ways), tone="warning")


def _letter(owed: Owed, title: str) -> Card | None:
    candidate, referral, details = _invited(owed)
    if candidate is None or referral is None or details is None:
        return None
    organisation, referrer = owed.deployment.organisation, wording.person_name(owed.session, referral.referrer_id)
    opening = wording.opening_name(owed.session, referral.opening_id)
    last = owed.deployment.today(referral.stage_since + inviting.LIFE)
    blocks: list[Block] = [
        Paragraph(say("candidate.invite_mail.lead", referrer=referrer, organisation=organisation, opening=opening)),
        Paragraph(say("candidate.invite_mail.choice")),
        Buttons((Button(say("candidate.invite_mail.button"), url=owed.deployment.link(f"r/{details.token}"), style="primary"),)),
        Note(say("candidate.invite_mail.forgets", day=last)),
        Divider(),
        Heading(say("candidate.invite_mail.notice")),
    ]
    for part in candidate_forms.notice(owed.session, owed.deployment, referrer, by_mail=True):
        blocks += [Heading(part.title), Paragraph(part.text)]
    return Card(say(title, organisation=organisation, referrer=referrer), tuple(blocks))


def _invited(owed: Owed) -> tuple[Candidate | None, Referral | None, Details | None]:
    change = owed.session.get(StageChange, owed.subject_id)
    referral = owed.session.get(Referral, change.referral_id) if change else None
    candidate = owed.session.get(Candidate, referral.candidate_id) if referral and referral.stage == "invited" else None
    return candidate, referral, referrals.open_details(owed.session, owed.deployment.vault, candidate) if candidate else None


BUILDERS: dict[str, Builder] = {
    "candidate_invited": invitation, "candidate_invited_again": again, "privacy_erasures": erasures, "notice_overdue": overdue,
}  # fmt: skip
OUTSIDERS: dict[str, OutsiderOf] = {"candidate_invited": address, "candidate_invited_again": address}
