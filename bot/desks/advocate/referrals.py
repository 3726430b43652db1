"""The advocate's referrals: each with its stage, since when, what happens next, and what it brings, as far as the candidate allowed."""

from __future__ import annotations

from bot import bonuses, referrals
from bot.bonuses import Bonus
from bot.desks import bonus_cards, wording
from bot.desks.advocate import endorsing
from bot.desks.turn import Desk, Turn
from bot.messages import Block, Button, Buttons, Card, Divider, Item, Items, Note, Paragraph, Replace, Say, Show, Text, say
from bot.referrals import Referral

PAGE = 8  # rows of a list: each has a row of text, and chat platforms allow ten


def mine(turn: Turn, text: str) -> Show:
    """`/referrals`: every referral of mine with its stage, what happens next and the bonus."""
    return Show(_list(turn, 0))


def page(turn: Turn, value: str) -> Replace:
    """Another page of my referrals; the value is how many come before it."""
    return Replace(_list(turn, wording.read_id(value)))


def home_section(turn: Turn) -> tuple[Block, ...]:
    """My referrals on the home: how many are on their way, and the way to refer."""
    _, total = referrals.of_referrer(turn.session, turn.person_id, 0, 0)
    line = say("referrals.home.some", count=total) if total else say("referrals.home.none")
    buttons = (Button(say("refer.start"), "refer.start", style="primary"), *((Button(say("referrals.mine"), "referrals.page", "0"),) if total else ()))
    return (Paragraph(line), Buttons(buttons))


def _list(turn: Turn, offset: int) -> Card:
    rows, total = referrals.of_referrer(turn.session, turn.person_id, offset, PAGE)
    if not rows:
        return Card(
            say("referrals.list.title"), (Paragraph(say("referrals.list.none")), Buttons((Button(say("refer.start"), "refer.start", style="primary"),)))
        )
    held, endorsed = referrals.beside(turn.session, rows), referrals.endorsed(turn.session, [r.id or 0 for r in rows])
    blocks: list[Block] = [Items(tuple(_item(turn, r, is_endorsed=r.id in endorsed) for r in rows)), Divider()]
    del held  # until here: see `beside`
    buttons = [Button(say("refer.start"), "refer.start", style="primary")]
    if offset:
        buttons.append(Button(say("referrals.list.newer"), "referrals.page", str(max(0, offset - PAGE))))
    if offset + PAGE < total:
        buttons.append(Button(say("referrals.list.older"), "referrals.page", str(offset + PAGE)))
    return Card(say("referrals.list.title_count", count=total), (*blocks, Buttons(tuple(buttons)), Note(say("referrals.list.note"))))


def _item(turn: Turn, referral: Referral, *, is_endorsed: bool) -> Item:
    stage = referrals.shown_stage(turn.session, referral)
    since, own = turn.deployment.today(referrals.shown_since(turn.session, referral)), _own(turn, referral)
    bonus = _parts(turn, own) if own else _promised(turn, referral, stage)
    detail = say("referrals.list.detail", stage=say(f"referrals.seen.{stage}"), day=since, next=say(f"referrals.next.{stage}"), bonus=bonus)
    may_speak = not is_endorsed and referrals.may_endorse(turn.session, referral)
    return Item(_who(turn, referral), detail, (*_why(own), *((endorsing.button(referral),) if may_speak else ())))


def _why(own: list[Bonus]) -> tuple[Button, ...]:
    """From the referral to the whole story of its bonus; where there are several, to the list that has each."""
    if len(own) > 1:
        return (Button(say("bonuses.why"), "front.run", "vinkki bonuses"),)
    return tuple(bonus_cards.why_button(bonus) for bonus in own)


def _who(turn: Turn, referral: Referral) -> Text:
    opening = wording.opening_name(turn.session, referral.opening_id)
    candidate = turn.session.get(referrals.Candidate, referral.candidate_id)
    details = referrals.open_details(turn.session, turn.deployment.vault, candidate) if candidate else None
    if details and referrals.may_see_name(turn.session, referral):
        return say("referrals.list.named", name=details.name, opening=opening)
    return say("referrals.list.numbered", number=f"{referral.id}", opening=opening)


def _own(turn: Turn, referral: Referral) -> list[Bonus]:
    return [b for b in bonuses.of_referral(turn.session, referral.id or 0) if b.beneficiary_id == turn.person_id]


def _promised(turn: Turn, referral: Referral, stage: str) -> Say:
    """What a referral that is no hire yet would bring, or why nothing."""
    if stage in ("over", "rejected", "withdrawn", "closed", "erased", "declined", "expired"):
        return say("referrals.bonus.over")
    promise, reason = wording.promised_to(turn.session, turn.person, referral, turn.today)
    return wording.promise_words(turn.session, promise, reason)


def _parts(turn: Turn, own: list[Bonus]) -> Say:
    words = [_part(turn, b) for b in own]
    whole = words[-1]
    for part in reversed(words[:-1]):
        whole = say("referrals.bonus.and", first=part, rest=whole)
    return whole


def _part(turn: Turn, bonus: Bonus) -> Say:
    state, money = bonuses.state_words(bonus.state), wording.worth(turn.session, bonus)
    if bonus.reason:
        return say("referrals.bonus.why", money=money, day=bonus.due_on, state=state, reason=say(f"bonuses.reason.{bonus.reason}"))
    return say("referrals.bonus.part", money=money, day=bonus.due_on, state=state)


DESK = Desk(commands={"referrals": mine}, buttons={"referrals.page": page}, sections={20: home_section}, aside={"referrals", "referrals.page"})
