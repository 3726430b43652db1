"""What is told when a hire turns out otherwise: newcomers, first days, leavers; and when a plan's budget runs low."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from bot import bonuses, people
from bot.bonuses import Bonus, budgets
from bot.desks import bonus_cards, wording
from bot.desks.hires import differs_card, joiner_card
from bot.desks.notices import Builder, Owed
from bot.desks.turn import Turn
from bot.messages import Block, Button, Buttons, Card, Item, Items, Paragraph, say
from bot.referrals import Referral


def joiner(owed: Owed) -> Card | None:
    """To recruiting: somebody began on the first day of a hire; is it the one?"""
    referral = _theirs(owed)
    return joiner_card(_turn(owed), referral) if referral else None


def first_day(owed: Owed) -> Card | None:
    """To recruiting: the directory has another first day than the hire."""
    referral = _theirs(owed)
    return differs_card(_turn(owed), referral) if referral else None


def leavers(owed: Owed) -> Card | None:
    """To HR: bonuses that ended on a day because somebody had left. `subject_id` is the day's ordinal."""
    if owed.person is None or not people.has_role(owed.session, owed.person.id or 0, "hr"):
        return None
    rows, total = ended_on(owed.session, date.fromordinal(owed.subject_id), owed.deployment.time_zone)
    if not rows:
        return None
    items = tuple(Item(bonus_cards.title(owed.session, b), bonus_cards.state_line(b), (bonus_cards.why_button(b),)) for b in rows)
    more = (Buttons((Button(say("bonuses.all"), "bonus.page", "all:0"),)),) if total > len(rows) else ()
    return Card(say("hires.leavers.title", count=total), (Paragraph(say("hires.leavers.text")), Items(items), *more))


def ended_on(session: Session, day: date, time_zone: str) -> tuple[list[Bonus], int]:
    """The first bonuses that somebody's leaving ended on a day of the company's, and how many in all."""
    begins = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone))
    ended = col(Bonus.state) == "forfeited", col(Bonus.reason).in_(("hire_left", "referrer_left"))
    within = col(Bonus.state_since) >= begins, col(Bonus.state_since) < begins + timedelta(days=1)
    found = list(session.exec(select(Bonus).where(*ended, *within).order_by(col(Bonus.id))))
    return found[: bonus_cards.SHOWN], len(found)


def rescheduled(owed: Owed) -> Card | None:
    """To the one who earns: the first day was put right, and these are the days now."""
    bonus = owed.session.get(Bonus, owed.subject_id)
    if bonus is None or bonus.state == "void":
        return None
    mine = [b for b in bonuses.of_referral(owed.session, bonus.referral_id) if b.beneficiary_id == bonus.beneficiary_id and b.start_on == bonus.start_on]
    rows = tuple(Item(say("plans.part", money=wording.worth(owed.session, b)), say("bonuses.day", day=b.due_on)) for b in mine[: bonus_cards.SHOWN])
    opening = wording.opening_name(owed.session, bonuses.opening_id(owed.session, bonus))
    blocks: tuple[Block, ...] = (Paragraph(say("bonuses.told.rescheduled.text", opening=opening, day=bonus.start_on)), Items(rows))
    return Card(say("bonuses.told.rescheduled.title", day=bonus.due_on), (*blocks, Buttons((bonus_cards.why_button(bonus),))))


def anew(owed: Owed) -> Card | None:
    """To the one who earns: nobody had left after all, and this is promised again."""
    bonus = owed.session.get(Bonus, owed.subject_id)
    if bonus is None or bonus.state not in bonuses.OWED:
        return None
    mine = [b for b in bonuses.of_referral(owed.session, bonus.referral_id) if b.beneficiary_id == bonus.beneficiary_id and b.state in bonuses.OWED]
    rows = tuple(Item(say("plans.part", money=wording.worth(owed.session, b)), say("bonuses.day", day=b.due_on)) for b in mine[: bonus_cards.SHOWN])
    text = say("bonuses.told.anew.text", opening=wording.opening_name(owed.session, bonuses.opening_id(owed.session, bonus)))
    title = say("bonuses.told.anew.title", money=wording.worth(owed.session, bonus))
    return Card(title, (Paragraph(text), Items(rows), Buttons((bonus_cards.why_button(bonus),))), tone="good")


def budget(owed: Owed) -> Card | None:
    """To HR: a plan has used so much of its budget. `subject_id` is the id of the plan's version in force."""
    if owed.person is None or not people.has_role(owed.session, owed.person.id or 0, "hr"):
        return None
    used = budgets.use_of_plan(owed.session, owed.subject_id, owed.deployment.today(owed.now), owed.deployment.time_zone)
    if used is None or used.percent < used.budget.warn_percent:
        return None
    key = ("full_stop" if used.budget.is_stopping else "full") if used.is_full else "low"
    return Card(say(f"plans.budget.told.{key}.title", name=used.budget.plan_name, percent=used.percent), (
        Paragraph(say(f"plans.budget.told.{key}.text", spent=used.spent, cap=used.cap, period=say(f"plans.budget.period.{used.budget.period}"))),
        Buttons((Button(say("plans.budget.button"), "plan.budget", str(owed.subject_id)), Button(say("forecast.open"), "forecast.show"))),
    ), tone="warning")  # fmt: skip


def _theirs(owed: Owed) -> Referral | None:
    if owed.person is None or not people.has_role(owed.session, owed.person.id or 0, "recruiter", "hr"):
        return None
    return owed.session.get(Referral, owed.subject_id)


def _turn(owed: Owed) -> Turn:
    assert owed.person is not None
    return Turn(owed.session, owed.deployment, owed.person, owed.now)


BUILDERS: dict[str, Builder] = {
    "bonus.joiner": joiner, "bonus.first_day": first_day, "bonus.leavers": leavers, "bonus.rescheduled": rescheduled, "bonus.anew": anew, "plan.budget": budget,
}  # fmt: skip
