"""What is told about bonuses: to the one who earns it, and to HR on the morning something is due."""

from __future__ import annotations

from sqlmodel import Session

from bot import bonuses, people
from bot.bonuses import Bonus
from bot.desks import bonus_cards, wording
from bot.desks.hr.bonuses import todo_card
from bot.desks.notices import Builder, Owed, payouts
from bot.desks.turn import Turn
from bot.messages import Block, Buttons, Card, Item, Items, Note, Paragraph, Say, say

# notice -> states in which it still is news; a later one says more, and this one is then not sent
_STILL_NEWS = {
    "accrued": {"accrued", "waiting"}, "eligible": {"eligible"}, "held": {"held"}, "approved": {"approved", "exported"}, "paid": {"paid"},
    "forfeited": {"forfeited"}, "clawback_due": {"clawback_due"}, "recovered": {"recovered"}, "waived": {"waived"},
}  # fmt: skip
_TONES = {"accrued": "good", "approved": "good", "paid": "good"}


def _told(what: str) -> Builder:
    def build(owed: Owed) -> Card | None:
        bonus = owed.session.get(Bonus, owed.subject_id)
        if bonus is None or bonus.state not in _STILL_NEWS[what]:
            return None
        blocks: list[Block] = [Paragraph(_words(owed.session, bonus, what))]
        if what == "accrued" and len(parts := _own_parts(owed.session, bonus)) > 1:
            rows = [(wording.worth(owed.session, b), b.due_on) for b in parts[: bonus_cards.SHOWN]]
            blocks.append(Items(tuple(Item(say("plans.part", money=money), say("bonuses.day", day=day)) for money, day in rows)))
        blocks.append(Buttons((bonus_cards.why_button(bonus),)))
        if what in ("accrued", "approved"):
            blocks.append(Note(say("bonuses.told.gross")))
        tone = "good" if what in _TONES else "plain"
        return Card(say(f"bonuses.told.{what}.title", money=_total(owed.session, bonus, what)), tuple(blocks), tone=tone)  # type: ignore[arg-type]

    return build


def _words(session: Session, bonus: Bonus, what: str) -> Say:
    opening = wording.opening_name(session, bonuses.opening_id(session, bonus))
    if what in ("held", "forfeited"):
        is_asked = what == "held" and bonus.reason == "hire_unknown"
        return say(f"bonuses.told.{what}.{'asked' if is_asked else 'text'}", day=bonus.due_on, opening=opening, reason=bonus_cards.reason_words(bonus.reason))
    return say(f"bonuses.told.{what}.text", money=wording.worth(session, bonus), day=bonus.due_on, opening=opening)


def _own_parts(session: Session, bonus: Bonus) -> list[Bonus]:
    return [b for b in bonuses.of_referral(session, bonus.referral_id) if b.beneficiary_id == bonus.beneficiary_id]


def _total(session: Session, bonus: Bonus, what: str) -> object:
    if what != "accrued":
        return wording.worth(session, bonus)
    amounts = [b.money for b in _own_parts(session, bonus) if b.reward == "money"]
    return sum(amounts[1:], start=amounts[0]) if amounts else wording.worth(session, bonus)


def digest(owed: Owed) -> Card | None:
    """To HR, on the morning something became due: what waits for a decision, with its buttons. Nothing when it is decided."""
    if owed.person is None or not people.has_role(owed.session, owed.person.id or 0, "hr"):
        return None
    _, waiting = bonuses.to_do(owed.session, 0, 0)
    return todo_card(Turn(owed.session, owed.deployment, owed.person, owed.now)) if waiting else None


BUILDERS: dict[str, Builder] = payouts.BUILDERS | {f"bonus.{what}": _told(what) for what in _STILL_NEWS} | {"bonus.digest": digest}
