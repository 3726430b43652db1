"""What referrers say to HR's questions about their bonus: yes or no to a split, and whether they may be thanked by name."""

from __future__ import annotations

from bot.bonuses import ReferralShare, splits, thanks
from bot.bonuses.shares import rows_of
from bot.bonuses.splits import percent
from bot.desks import bonus_cards, wording
from bot.desks.turn import Desk, Turn
from bot.messages import Block, Button, Buttons, Card, Item, Items, Note, Paragraph, Replace, Say, Show, say
from bot.referrals import Referral


def accept(turn: Turn, value: str) -> Replace:
    """I agree to my part; the value is `share:version`."""
    return Replace(split_card(turn, splits.accept(turn.session, turn.now, turn.person_id, *wording.read_version(value))))


def decline(turn: Turn, value: str) -> Replace:
    """I do not agree: HR hears of it."""
    return Replace(split_card(turn, splits.decline(turn.session, turn.now, turn.person_id, *wording.read_version(value))))


def split_card(turn: Turn, mine: ReferralShare) -> Card:
    """A split as one of those concerned sees it: everybody's part, and their own yes or no."""
    session, referral = turn.session, turn.session.get_one(Referral, mine.referral_id)
    opening = wording.opening_name(session, referral.opening_id)
    blocks: list[Block] = [Paragraph(_words(turn, mine, opening)), Items(tuple(Item(part) for part in bonus_cards.split_parts(session, referral)))]
    if mine.accepted_at is None and mine.declined_at is None and not mine.decided_by:
        handle = f"{mine.id}:{mine.version}"
        blocks.append(Buttons((Button(say("splits.accept"), "split.accept", handle, "primary"), Button(say("splits.decline"), "split.decline", handle))))
    blocks.append(Note(say("splits.mine_note")))
    title = say("splits.mine_title", percent=percent(mine.basis_points), opening=opening)
    return Card(title, tuple(blocks), tone="good" if mine.accepted_at else "plain")


def _words(turn: Turn, mine: ReferralShare, opening: Say) -> Say:
    name = wording.person_name(turn.session, mine.proposed_by)
    if mine.decided_by:
        return say("splits.mine.decided", name=name, opening=opening, reason=mine.reason)
    if mine.declined_at:
        return say("splits.mine.declined", name=name)
    if not mine.accepted_at:
        return say("splits.mine.asked", name=name, opening=opening)
    settled = all(r.accepted_at for r in rows_of(turn.session, mine.referral_id))
    return say("splits.mine.settled" if settled else "splits.mine.accepted", opening=opening)


def thanks_command(turn: Turn, text: str) -> Show:
    """`/vinkki thanks`: whether I may be thanked by name."""
    return Show(thanks_card(turn))


def thanks_card(turn: Turn) -> Card:
    """The question, or the answer given, with the way to change it."""
    now = thanks.may_say(turn.session, turn.person_id)
    yes, no = Button(say("thanks.yes"), "thanks.yes", style="primary"), Button(say("thanks.no"), "thanks.no")
    buttons = (yes, no) if now is None else (no,) if now else (yes,)
    word = "asked" if now is None else "said_yes" if now else "said_no"
    return Card(say("thanks.title"), (Paragraph(say(f"thanks.{word}")), Buttons(buttons), Note(say("thanks.note"))), tone="good" if now else "plain")


def thanks_yes(turn: Turn, value: str) -> Replace:
    """Yes, by name."""
    return _thanks(turn, may_say=True)


def thanks_no(turn: Turn, value: str) -> Replace:
    """No, or no longer."""
    return _thanks(turn, may_say=False)


def _thanks(turn: Turn, *, may_say: bool) -> Replace:
    if thanks.may_say(turn.session, turn.person_id) is not may_say:
        thanks.answer(turn.session, turn.now, turn.person_id, may_say=may_say)
    return Replace(thanks_card(turn))


DESK = Desk(
    commands={"vinkki thanks": thanks_command},
    buttons={"split.accept": accept, "split.decline": decline, "thanks.yes": thanks_yes, "thanks.no": thanks_no},
)
