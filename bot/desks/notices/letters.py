"""A notice as a letter: nothing can be pressed in a mail, so one link leads to where it can, and the foot says why it came."""

from __future__ import annotations

from dataclasses import replace

from bot.desks.notices.table import BY_MAIL
from bot.desks.turn import Deployment
from bot.messages import Block, Button, Buttons, Card, Item, Items, Note, Paragraph, buttons_of, say
from bot.outbox import Delivery

# kind of letter (the words are letters.link.<kind> and letters.why.<kind>) -> where in the portal its link leads
_PLACES = {
    "story": "stories", "test": "admin/stories", "proposal": "", "shared": "stories", "referral": "referrals", "recruiting": "recruiting",
    "decision": "admin/bonuses", "payout": "admin/bonuses", "bonus": "", "account": "",
}  # fmt: skip
_KINDS = {
    "story": "story", "story_test": "test", "story_recalled": "shared", "story_corrected": "shared", "story_reviewed": "proposal", "referral_stage": "referral",
    "referral_over": "referral", "referral_matched": "referral", "referral_new": "recruiting", "referral_waiting": "recruiting",
    "referral_gone": "recruiting", "referral_asked": "recruiting", "referral_handed": "recruiting", "leave_begun": "recruiting", "leave_over": "recruiting",
    "referral_still": "referral", "referral_owner_new": "referral", "referral_owner_old": "referral",
    "bonus.digest": "decision", "bonus.second": "payout", "bonus.leavers": "payout", "bonus.joiner": "payout", "bonus.first_day": "payout",
    "plan.budget": "payout", "split.asked": "referral", "split.declined": "payout", "split.settled": "referral", "thanks.ask": "bonus",
}  # fmt: skip


def as_letter(deployment: Deployment, delivery: Delivery, card: Card) -> Card:
    """The card of a delivery as it goes by mail. What has an address of its own (read on) keeps it. Letters that were written
    as such, to somebody outside or to prove a mailbox, stay as they are."""
    notice = delivery.notice
    if delivery.person_id is None or notice in BY_MAIL:
        return card
    kind = _KINDS.get(notice, "bonus" if notice.startswith("bonus.") else "account")
    blocks = [kept for block in card.blocks if (kept := _without_presses(block)) is not None]
    links = tuple(replace(b, style="default") for block in card.blocks if isinstance(block, Buttons) for b in block.buttons if b.url)
    if any(b.action and not b.url for block in card.blocks for b in buttons_of(block)):
        blocks += [Paragraph(say("letters.lead_story"))] if kind == "story" else []
        links = (Button(say(f"letters.link.{kind}"), url=deployment.link(_PLACES[kind]), style="primary"), *links)
    settings = Buttons((Button(say("letters.settings"), url=deployment.link("settings")),))
    why = Note(say(f"letters.why.{kind}", organisation=deployment.organisation))
    return replace(card, blocks=(*blocks, *((Buttons(links),) if links else ()), why, settings))


def _without_presses(block: Block) -> Block | None:
    match block:
        case Buttons():
            return None
        case Items(rows):
            return Items(tuple(Item(r.title, r.detail, tuple(b for b in r.buttons if b.url)) for r in rows))
    return block
