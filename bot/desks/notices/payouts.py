"""What is told about splits, second approvals, decisions that wait too long, paying back, and the thank-you in the channel."""

from __future__ import annotations

from bot import bonuses, people
from bot.bonuses import Bonus, ReferralShare, thanks
from bot.desks import bonus_cards, wording
from bot.desks.advocate.splits import split_card, thanks_card
from bot.desks.notices import Builder, Owed
from bot.desks.turn import Turn
from bot.messages import Button, Buttons, Card, Note, Paragraph, say
from bot.referrals import Referral


def split(owed: Owed) -> Card | None:
    """To somebody with a part: asked, or how it was settled. Nothing where HR has proposed something else since."""
    mine = owed.session.get(ReferralShare, owed.subject_id)
    if mine is None or owed.person is None or mine.person_id != owed.person.id:
        return None
    return split_card(Turn(owed.session, owed.deployment, owed.person, owed.now), mine)


def declined(owed: Owed) -> Card | None:
    """To whoever proposed a split: somebody does not agree."""
    row = owed.session.get(ReferralShare, owed.subject_id)
    if row is None or row.declined_at is None or owed.person is None or not people.has_role(owed.session, owed.person.id or 0, "hr"):
        return None
    opening = wording.opening_name(owed.session, owed.session.get_one(Referral, row.referral_id).opening_id)
    name = wording.person_name(owed.session, row.person_id)
    title = say("splits.told.declined", name=name, opening=opening)
    return Card(title, (Paragraph(say("splits.told.declined_text", name=name)), Buttons((Button(say("splits.open"), "split.show", str(row.referral_id)),))))


def second(owed: Owed) -> Card | None:
    """To HR: a bonus needs a second person's word. Nothing once it has it."""
    bonus = owed.session.get(Bonus, owed.subject_id)
    if bonus is None or bonus.state != "eligible" or owed.person is None or not people.has_role(owed.session, owed.person.id or 0, "hr"):
        return None
    given = bonuses.approvers(owed.session, bonus)
    if not given or owed.person.id in (*given, bonus.beneficiary_id, *bonuses.approvals.authors(owed.session, bonus)):
        return None
    money, name = wording.worth(owed.session, bonus), wording.person_name(owed.session, given[0])
    text = say("bonuses.second.text", name=name, to=wording.person_name(owed.session, bonus.beneficiary_id), money=money)
    buttons = (Button(say("bonuses.approve"), "bonus.approve", bonus.handle, "primary"), bonus_cards.why_button(bonus))
    return Card(say("bonuses.second.title", money=money), (Paragraph(text), Buttons(buttons)))


def overdue(owed: Owed) -> Card | None:
    """To the admin room: decisions have waited for too long. No names: a channel has many readers."""
    count, since = bonuses.overdue(owed.session)
    if not count or since is None:
        return None
    text = Paragraph(say("bonuses.overdue.text", count=(owed.now - since).days))
    return Card(say("bonuses.overdue.title", count=count), (text, Buttons((Button(say("bonuses.todo.open"), "bonus.page", "todo:0"),))), tone="warning")


def ask_thanks(owed: Owed) -> Card | None:
    """To somebody whose bonus was paid for the first time: may we thank you by name? Nothing once they have said."""
    if owed.person is None or thanks.may_say(owed.session, owed.person.id or 0) is not None:
        return None
    return thanks_card(Turn(owed.session, owed.deployment, owed.person, owed.now))


def said_thanks(owed: Owed) -> Card | None:
    """Into the team's channel: thank you, by name. The yes is read again at this moment."""
    bonus = owed.session.get(Bonus, owed.subject_id)
    if bonus is None or bonus.state != "paid" or not thanks.may_say(owed.session, bonus.beneficiary_id):
        return None
    name = wording.person_name(owed.session, bonus.beneficiary_id)
    return Card(say("thanks.said.title", name=name), (Paragraph(say("thanks.said.text", name=name)), Note(say("thanks.said.note"))), tone="good")


BUILDERS: dict[str, Builder] = {
    "split.asked": split, "split.settled": split, "split.declined": declined, "bonus.second": second, "bonus.overdue": overdue, "thanks.ask": ask_thanks,
    "thanks.said": said_thanks,
}  # fmt: skip
