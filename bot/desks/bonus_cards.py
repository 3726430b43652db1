"""Bonuses in words and cards, alike for those who earn them, for HR and for payroll."""

from __future__ import annotations

from sqlmodel import Session

from bot import bonuses
from bot.bonuses import Bonus, splits
from bot.bonuses.shares import rows_of
from bot.desks import wording
from bot.desks.turn import Turn
from bot.messages import Button, Say, say
from bot.referrals import Referral

SHOWN = 10  # rows of a list on a card


def state_line(bonus: Bonus) -> Say:
    """The state, with the reason where there is one."""
    state = bonuses.state_words(bonus.state)
    return say("bonuses.state_because", state=state, reason=reason_words(bonus.reason)) if bonus.reason else state


def reason_words(reason: str) -> Say:
    """Why a bonus is held or forfeited."""
    return say(f"bonuses.reason.{reason}")


def why_button(bonus: Bonus) -> Button:
    """The question *why this amount?*"""
    return Button(say("bonuses.why"), "bonus.explain", str(bonus.id))


def corrections(turn: Turn, bonus: Bonus) -> tuple[Button, ...]:
    """What HR may still do about a bonus: hold it, take it back as entered by mistake, promise it again, divide it, ask it back or settle that."""
    money, buttons = wording.worth(turn.session, bonus), []
    if "held" in bonuses.MOVES[bonus.state]:
        buttons.append(Button(say("bonuses.hold.button"), "bonus.hold", bonus.handle))
    if "void" in bonuses.MOVES[bonus.state]:
        buttons.append(Button(say("bonuses.void.button"), "bonus.void", bonus.handle, "danger", confirm=say("bonuses.void.sure", money=money)))
    if bonuses.anew.may_come_back(bonus):
        buttons.append(Button(say("bonuses.anew.button"), "bonus.anew", bonus.handle, confirm=say("bonuses.anew.sure", money=money)))
    if bonus.state in bonuses.OWED:
        buttons.append(Button(say("splits.button"), "split.show", str(bonus.referral_id)))
    if bonuses.clawback.may_ask_back(turn.session, bonus, turn.today, turn.deployment.time_zone):
        buttons.append(Button(say("clawback.ask"), "bonus.clawback", bonus.handle, "danger", confirm=say("clawback.ask_sure", money=money)))
    return (*buttons, *repayment(turn, bonus))


def repayment(turn: Turn, bonus: Bonus) -> tuple[Button, ...]:
    """How a bonus that is to be paid back is settled; nothing for others."""
    if bonus.state != "clawback_due":
        return ()
    sure = say("clawback.recovered_sure", money=bonus.money)
    recovered = Button(say("clawback.recovered"), "bonus.recovered", bonus.handle, "primary", confirm=sure)
    return (recovered, Button(say("clawback.waive"), "bonus.waive", bonus.handle))


def start_button(session: Session, bonus: Bonus) -> Button:
    """The question *is the first day right?* of the hire that a bonus hangs on."""
    return Button(say("recruiter.button.start"), "referral.start", wording.versioned(session.get_one(Referral, bonus.referral_id)))


def split_parts(session: Session, referral: Referral) -> list[Say]:
    """Everybody's part of a split, in per cent and in what it comes to."""
    worth, parts = splits.come_to(session, referral), []
    for row in rows_of(session, referral.id or 0):
        mine = {"name": wording.person_name(session, row.person_id), "percent": splits.percent(row.basis_points)}
        given = worth.get(row.share_no)
        parts.append(say("splits.part_worth", money=wording.whole(session, given), **mine) if given else say("splits.part", **mine))
    return parts


def title(session: Session, bonus: Bonus) -> Say:
    """Who, how much, for which opening: for HR and payroll."""
    return say("bonuses.row", name=wording.person_name(session, bonus.beneficiary_id), money=wording.worth(session, bonus), number=str(bonus.id))
