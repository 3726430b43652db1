"""What is owed about referrals: to the referrer, to recruiters and their channel, to HR, and by mail to the candidate."""

from __future__ import annotations

from bot import referrals
from bot.desks import candidate_forms, wording
from bot.desks.advocate import endorsing
from bot.desks.candidate import stage_words
from bot.desks.notices import Builder, Outsider, OutsiderOf, Owed
from bot.desks.recruiting import referral_card
from bot.messages import Block, Button, Buttons, Card, Heading, Note, Paragraph, Say, say
from bot.referrals import Candidate, Details, Referral, StageChange


def stage(owed: Owed) -> Card | None:
    """To the referrer: a step of the way, as much of it as the candidate allows. It stays the news it was when the referral has
    moved on, but for what comes next, which the newer news tells."""
    change, referral = _change(owed)
    if change is None or referral is None or (change.new == "erased" and change.by == "time"):
        return None
    shown = referrals.shown_step(owed.session, referral, change)
    if shown is None:
        return None
    opening = wording.opening_name(owed.session, referral.opening_id)
    blocks: list[Block] = [Paragraph(say(f"referrals.told.{shown}", opening=opening))]
    if shown == referrals.shown_stage(owed.session, referral):
        blocks.append(Paragraph(say(f"referrals.next.{shown}")))
    if change.old in ("", "invited") and change.new in ("invited", "confirmed", "duplicate") and owed.person:
        promise, reason = wording.promised_to(owed.session, owed.person, referral, owed.deployment.today(owed.now))
        blocks += [Paragraph(wording.promise_words(owed.session, promise, reason)), Note(say("referrals.told.first_counts"))]
        if referrals.may_endorse(owed.session, referral):
            blocks.append(Paragraph(say("endorse.ask")))
            return _referrer_card(referral, say(f"referrals.told.title.{shown}", opening=opening), blocks, endorsing.button(referral), is_good=True)
    return _referrer_card(referral, say(f"referrals.told.title.{shown}", opening=opening), blocks, is_good=shown in ("confirmed", "offered", "hired"))


def over(owed: Owed) -> Card | None:
    """To somebody whose candidate was another's: it is over, and no more than that."""
    referral = owed.session.get(Referral, owed.subject_id)
    if referral is None or referral.stage != "duplicate":
        return None
    opening = wording.opening_name(owed.session, referral.opening_id)
    blocks: list[Block] = [Paragraph(say("referrals.told.over", opening=opening)), Note(say("referrals.told.first_counts"))]
    return _referrer_card(referral, say("referrals.told.title.over", opening=opening), blocks)


def matched(owed: Owed) -> Card | None:
    """To the referrer: a recruiter found an opening for a general referral."""
    referral = owed.session.get(Referral, owed.subject_id)
    if referral is None or not referrals.may_see_name(owed.session, referral):
        return None
    opening = wording.opening_name(owed.session, referral.opening_id)
    return _referrer_card(referral, say("referrals.told.matched", opening=opening), [Paragraph(say("referrals.told.matched_text", opening=opening))])


def new(owed: Owed) -> Card | None:
    """To recruiters and into their channel: a referral, as it is now, without the candidate's name."""
    referral = owed.session.get(Referral, owed.subject_id)
    return referral_card(owed.session, referral) if referral and referral.stage not in referrals.HIDDEN else None


def gone(owed: Owed) -> Card | None:
    """To the recruiter: the candidate withdrew, or had their details erased."""
    change, referral = _change(owed)
    if change is None or referral is None:
        return None
    opening = wording.opening_name(owed.session, referral.opening_id)
    title = say("recruiter.gone.title", opening=opening, number=f"{referral.id}")
    return Card(title, (Paragraph(say(f"recruiter.gone.{change.new}")),))


def to_candidate(owed: Owed) -> Card | None:
    """By mail to the candidate: what happened, what comes next, and the way to their own page."""
    change, referral = _change(owed)
    details = _details(owed, referral)
    if change is None or referral is None or details is None or (change.old and referral.stage != change.new):
        return None
    if change.new == "duplicate" and change.old in referrals.ACTIVE:
        return None  # HR made two of theirs one: for them nothing is new
    opening = wording.opening_name(owed.session, referral.opening_id)
    shown = "confirmed" if change.new == "duplicate" else change.new
    organisation = owed.deployment.organisation
    blocks: list[Block] = [Paragraph(text) for text in stage_words(owed.session, owed.deployment, referral, change)]
    blocks.append(Paragraph(say(f"candidate.next.{shown}", organisation=organisation)))
    blocks.append(Buttons((Button(say("candidate.mail.page"), url=owed.deployment.link(f"r/{details.token}"), style="primary"),)))
    if change.by == "hr" and not change.old:  # they said yes elsewhere: nobody has shown them the notice yet (GDPR article 14)
        referrer = wording.person_name(owed.session, referral.referrer_id)
        blocks.insert(0, Paragraph(say("outside.letter", referrer=referrer, organisation=organisation, opening=opening)))
        for told in candidate_forms.notice(owed.session, owed.deployment, referrer, by_mail=True):
            blocks += [Heading(told.title), Paragraph(told.text)]
        return Card(say("outside.letter_title", organisation=organisation, referrer=referrer), tuple(blocks))
    blocks.append(Note(say("candidate.mail.note", organisation=organisation)))
    return Card(say(f"candidate.mail.title.{shown}", organisation=organisation, opening=opening), tuple(blocks))


def matched_to_candidate(owed: Owed) -> Card | None:
    """By mail to the candidate: for which opening they are considered now, and that it is theirs to say no."""
    referral = owed.session.get(Referral, owed.subject_id)
    details = _details(owed, referral)
    if referral is None or details is None or referral.stage not in referrals.ACTIVE:
        return None
    organisation, opening = owed.deployment.organisation, wording.opening_name(owed.session, referral.opening_id)
    buttons = Buttons((Button(say("candidate.mail.page"), url=owed.deployment.link(f"r/{details.token}"), style="primary"),))
    text, note = say("candidate.matched.text", organisation=organisation, opening=opening), Note(say("candidate.mail.note", organisation=organisation))
    return Card(say("candidate.matched.title", organisation=organisation, opening=opening), (Paragraph(text), buttons, note))


def matched_address(owed: Owed) -> Outsider | None:
    """The address of the candidate of a referral; None once they are erased."""
    return _outsider(owed, owed.session.get(Referral, owed.subject_id))


def candidate_address(owed: Owed) -> Outsider | None:
    """A candidate's e-mail address, opened at sending; None once they are erased."""
    return _outsider(owed, _change(owed)[1])


def _outsider(owed: Owed, referral: Referral | None) -> Outsider | None:
    candidate, details = owed.session.get(Candidate, referral.candidate_id) if referral else None, _details(owed, referral)
    return Outsider(details.email, candidate.locale, owed.deployment.time_zone) if candidate and details and details.email else None


def _details(owed: Owed, referral: Referral | None) -> Details | None:
    candidate = owed.session.get(Candidate, referral.candidate_id) if referral else None
    return referrals.open_details(owed.session, owed.deployment.vault, candidate) if candidate else None


def _change(owed: Owed) -> tuple[StageChange | None, Referral | None]:
    change = owed.session.get(StageChange, owed.subject_id)
    return change, owed.session.get(Referral, change.referral_id) if change else None


def _referrer_card(referral: Referral, title: Say, blocks: list[Block], *more: Button, is_good: bool = False) -> Card:
    buttons = Buttons((*more, Button(say("referrals.mine"), "referrals.page", "0")))
    return Card(title, (*blocks, buttons), tone="good" if is_good else "plain")


BUILDERS: dict[str, Builder] = {
    "referral_stage": stage, "referral_over": over, "referral_matched": matched, "referral_new": new,
    "referral_gone": gone, "candidate_confirmed": to_candidate, "candidate_stage": to_candidate,
    "candidate_matched": matched_to_candidate,
}  # fmt: skip
OUTSIDERS: dict[str, OutsiderOf] = {"candidate_confirmed": candidate_address, "candidate_stage": candidate_address, "candidate_matched": matched_address}
