"""HR sees which promises to candidates are open, which are late, and how many were kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from bot import referrals
from bot.desks import wording
from bot.desks.turn import Desk, Turn
from bot.messages import Block, Button, Buttons, Card, Item, Items, Note, Paragraph, Replace, Say, Show, say
from bot.referrals import Referral
from bot.referrals.deadlines import Deadline, Kept, kept, open_deadlines

PAGE = 8
DAYS = 30
_KIND = {"confirmed": "take", "taken": "contact"}


def show(turn: Turn, text: str) -> Show:
    """`admin promises`."""
    turn.require("hr")
    return Show(_card(turn, 0))


def page(turn: Turn, value: str) -> Replace:
    """Another page; the value is how many come before it."""
    turn.require("hr")
    return Replace(_card(turn, wording.read_id(value)))


def lines(session: Session, now: datetime, waiting: list[tuple[Referral, Deadline]]) -> tuple[Say, Say]:
    """How many are open, and how many of the last 30 days were kept: the same words on the card and in the Monday report."""
    late, done = sum(promise.is_late(now) for _, promise in waiting), kept(session, now - timedelta(days=DAYS), now, waiting)
    if not waiting:
        return say("promises.none"), _kept(done)
    return say("promises.open_late", count=len(waiting), late=late) if late else say("promises.open", count=len(waiting)), _kept(done)


def _kept(done: Kept) -> Say:
    whole = done.kept + done.broken
    return say("promises.kept", count=DAYS, percent=done.percent, kept=done.kept, whole=whole) if whole else say("promises.kept_none", count=DAYS)


def _card(turn: Turn, offset: int) -> Card:
    waiting = open_deadlines(turn.session, turn.now)
    blocks: list[Block] = [Paragraph(line) for line in lines(turn.session, turn.now, waiting)]
    if rows := tuple(_item(turn, *pair) for pair in waiting[offset : offset + PAGE]):
        blocks.append(Items(rows))
    ways = [Button(say("referrals.list.newer"), "promises.page", str(max(0, offset - PAGE)))] if offset else []
    if offset + PAGE < len(waiting):
        ways.append(Button(say("referrals.list.older"), "promises.page", str(offset + PAGE)))
    ways.append(Button(say("outside.button"), "outside.add", ""))
    return Card(say("promises.title"), (*blocks, Buttons(tuple(ways)), Note(say("promises.formula"))))


def _item(turn: Turn, referral: Referral, promise: Deadline) -> Item:
    names = ", ".join(p.name for p in referrals.recruiters_of(turn.session, referral, turn.now)[:3]) or "–"
    words, whose = say(f"recruiting.next.{_KIND.get(referral.stage, 'update')}"), say("promises.with", names=names)
    detail = say("promises.late" if promise.is_late(turn.now) else "promises.by", next=words, due=promise.due_on, whose=whose)
    title = say("promises.row", number=f"{referral.id}", opening=wording.opening_name(turn.session, referral.opening_id))
    value = wording.versioned(referral)
    ways = (Button(say("recruiter.list.show"), "referral.show", f"{referral.id}"), Button(say("recruiting.button.reassign"), "referral.reassign", value))
    return Item(title, detail, ways)


DESK = Desk(commands={"admin promises": show}, buttons={"promises.page": page})
