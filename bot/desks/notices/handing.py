"""What is owed when a promise falls due, when a referral passes to other hands, and when it simply goes on."""

from __future__ import annotations

from bot import referrals
from bot.desks import wording
from bot.desks.notices import Builder, OutsiderOf, Owed
from bot.desks.notices.referrals import matched_address
from bot.desks.recruiting import referral_card
from bot.messages import Button, Buttons, Card, Note, Paragraph, Say, say
from bot.people import Person
from bot.referrals import Candidate, Referral
from bot.referrals.deadlines import deadline
from bot.referrals.leave import RecruiterLeave
from bot.referrals.matching import in_hand

_KIND = {"confirmed": "take", "taken": "contact"}  # what is promised next; anything later is an update


def waiting(owed: Owed) -> Card | None:
    """To whoever is responsible, on the morning of the day that was promised. Shown as it is now once that was done."""
    referral = owed.session.get(Referral, owed.subject_id)
    if referral is None or referral.stage in referrals.HIDDEN:
        return None
    promise = deadline(owed.session, owed.now, referral)
    card = referral_card(owed.session, referral)
    if referral.reminded_at is None or promise is None:
        return card
    kind, opening = _KIND.get(referral.stage, "update"), wording.opening_name(owed.session, referral.opening_id)
    text = say(f"recruiting.due.{kind}", since=promise.calendar.day(promise.since), due=promise.due_on)
    title = "recruiting.stuck.title" if promise.is_late(owed.now) else f"recruiting.due.title.{kind}"  # nothing ran that morning
    return Card(say(title, opening=opening), (Paragraph(text), *card.blocks), tone="warning")


def stuck(owed: Owed) -> Card | None:
    """Into HR's channel: what was promised by a day has not happened. Nothing here says who the candidate is."""
    referral = owed.session.get(Referral, owed.subject_id)
    if referral is None or referral.stage in referrals.HIDDEN:
        return None
    opening, promise = wording.opening_name(owed.session, referral.opening_id), deadline(owed.session, owed.now, referral)
    if referral.escalated_at is None or promise is None:
        return Card(say("recruiting.stuck.done", opening=opening), referral_card(owed.session, referral).blocks[:1], tone="good")
    kind, value = _KIND.get(referral.stage, "update"), wording.versioned(referral)
    who = ", ".join(p.name for p in referrals.recruiters_of(owed.session, referral, owed.now)[:3]) or "–"
    text = say(f"recruiting.stuck.{kind}", due=promise.due_on, names=who, number=f"{referral.id}")
    ways = (
        Button(say("recruiting.button.reassign"), "referral.reassign", value, "primary"),
        Button(say("recruiting.button.remind"), "referral.remind", value),
        Button(say("recruiting.button.take_over"), "referral.take_over", value),
        Button(say("recruiter.list.show"), "referral.show", f"{referral.id}"),
    )
    return Card(say("recruiting.stuck.title", opening=opening), (Paragraph(text), Buttons(ways)), tone="warning")


def asked(owed: Owed) -> Card | None:
    """To whoever is responsible: HR asks."""
    return _with(owed, "recruiting.asks")


def handed(owed: Owed) -> Card | None:
    """To the recruiter who has it from now on."""
    return _with(owed, "recruiting.handed")


def _with(owed: Owed, key: str) -> Card | None:
    referral = owed.session.get(Referral, owed.subject_id)
    promise = deadline(owed.session, owed.now, referral) if referral else None
    if referral is None or promise is None:
        return None
    opening = wording.opening_name(owed.session, referral.opening_id)
    text = say(f"{key}.text", due=promise.due_on, next=say(f"recruiting.next.{_KIND.get(referral.stage, 'update')}"))
    return Card(say(f"{key}.title", opening=opening), (Paragraph(text), *referral_card(owed.session, referral).blocks))


def still_to_referrer(owed: Owed) -> Card | None:
    """To the referrer, where the candidate lets them see the way: it goes on."""
    referral = owed.session.get(Referral, owed.subject_id)
    if referral is None or referral.stage not in referrals.ACTIVE or not referrals.may_see_name(owed.session, referral):
        return None
    opening = wording.opening_name(owed.session, referral.opening_id)
    text = say("recruiting.still.referrer", stage=say(f"referrals.seen.{referral.stage}"))
    mine = Buttons((Button(say("referrals.mine"), "referrals.page", "0"),))
    return Card(say("recruiting.still.referrer_title", opening=opening), (Paragraph(text), mine))


def still_to_candidate(owed: Owed) -> Card | None:
    """By mail to the candidate: nothing new yet, and nobody has forgotten them."""
    referral = owed.session.get(Referral, owed.subject_id)
    candidate = owed.session.get(Candidate, referral.candidate_id) if referral else None
    details = referrals.open_details(owed.session, owed.deployment.vault, candidate) if candidate else None
    if referral is None or details is None or referral.stage not in referrals.ACTIVE:
        return None
    organisation, opening = owed.deployment.organisation, wording.opening_name(owed.session, referral.opening_id)
    page = Buttons((Button(say("candidate.mail.page"), url=owed.deployment.link(f"r/{details.token}"), style="primary"),))
    text = Paragraph(say("recruiting.still.candidate", organisation=organisation))
    note = Note(say("candidate.mail.note", organisation=organisation))
    return Card(say("recruiting.still.candidate_title", organisation=organisation, opening=opening), (text, page, note))


def owner_new(owed: Owed) -> Card | None:
    """To whoever counts as the referrer from now on."""
    return _owner(owed, "new", is_theirs=True)


def owner_old(owed: Owed) -> Card | None:
    """To whoever counted until now: kindly, without the reason."""
    return _owner(owed, "old", is_theirs=False)


def _owner(owed: Owed, which: str, *, is_theirs: bool) -> Card | None:
    referral = owed.session.get(Referral, owed.subject_id)
    if referral is None or owed.person is None or (referral.referrer_id == owed.person.id) != is_theirs:
        return None
    opening = wording.opening_name(owed.session, referral.opening_id)
    mine = Buttons((Button(say("referrals.mine"), "referrals.page", "0"),))
    return Card(say(f"owner.told_{which}_title", opening=opening), (Paragraph(say(f"owner.told_{which}", opening=opening)), mine))


def leave_begun(owed: Owed) -> Card | None:
    """To the deputy: whose referrals are theirs now, until when."""
    row = owed.session.get(RecruiterLeave, owed.subject_id)
    if row is None or owed.person is None:
        return None
    _, count = in_hand(owed.session, owed.now, owed.person.id or 0, 0, 0)
    name = wording.person_name(owed.session, row.person_id)
    return _list(say("leave.begun.title", name=name), say("leave.begun.text", name=name, until=row.until_on, count=count))


def leave_over(owed: Owed) -> Card | None:
    """To the recruiter: welcome back, this is yours again."""
    person = owed.session.get(Person, owed.subject_id)
    if person is None:
        return None
    _, count = in_hand(owed.session, owed.now, person.id or 0, 0, 0)
    return _list(say("leave.over.title"), say("leave.over.text", count=count))


def _list(title: Say, text: Say) -> Card:
    return Card(title, (Paragraph(text), Buttons((Button(say("recruiter.list.open"), "recruiting.page", "0", "primary"),))))


BUILDERS: dict[str, Builder] = {
    "referral_waiting": waiting, "referral_stuck": stuck, "referral_asked": asked, "referral_handed": handed, "referral_still": still_to_referrer,
    "candidate_still": still_to_candidate, "leave_begun": leave_begun, "leave_over": leave_over,
    "referral_owner_new": owner_new, "referral_owner_old": owner_old,
}  # fmt: skip
OUTSIDERS: dict[str, OutsiderOf] = {"candidate_still": matched_address}
