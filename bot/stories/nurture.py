"""A nurture plan: the stories around one recruitment, before, during and after, for the people whom the opening is for.

It is made from a template that earns its own ask, and HR changes it as they like.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit, strategy
from bot.db import remove, utc_field
from bot.errors import FieldRefusal, Refusal
from bot.stories.drafting import get
from bot.stories.earning import upcoming
from bot.stories.moving import move
from bot.stories.records import Story
from bot.stories.text import clean
from bot.strategy import KINDS, Earning, Sent

# phase, kind, days from the day of the ask, idea (words: nurture.idea.<idea>)
TEMPLATE = (
    ("before", "give", -27, "problem"), ("before", "give", -20, "learn"), ("before", "tell", -13, "team"), ("before", "give", -8, "tool"),
    ("before", "give", -3, "question"), ("during", "ask", 0, "opening"), ("during", "give", 7, "advice"), ("after", "tell", 28, "outcome"),
    ("after", "give", 35, "thanks"),
)  # fmt: skip
STEPS_MAX = 20
_LEAD = 27  # days from the template's first step to the ask
NOTE_MAX = 200
_HOUR = 9  # o'clock, company time: when a step's story goes out unless HR says otherwise


class NurturePlan(SQLModel, table=True):
    """One opening's plan: for whom, and the day of the ask that the template was laid around."""

    id: int | None = Field(default=None, primary_key=True)
    opening_id: int = Field(foreign_key="jobopening.id", unique=True)
    audience_id: int | None = Field(default=None, foreign_key="audience.id")
    ask_on: date
    author_id: int = Field(foreign_key="person.id")
    created_at: datetime = utc_field()


class NurtureStep(SQLModel, table=True):
    """One story that is planned: its kind, its day, what it should be about (`note`, or the template's `idea`), and the story once
    there is one."""

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="nurtureplan.id", index=True)
    phase: str
    kind: str
    on: date
    idea: str = ""
    note: str = ""
    story_id: int | None = Field(default=None, foreign_key="story.id", index=True)


@dataclass(frozen=True)
class Warned:
    """An ask of the plan that would not be earned on its day, even with all that is planned and scheduled before it."""

    step: NurtureStep
    earning: Earning


def plan_of(session: Session, opening_id: int) -> NurturePlan | None:
    """The plan of an opening, if there is one."""
    return session.exec(select(NurturePlan).where(NurturePlan.opening_id == opening_id)).first()


def steps(session: Session, plan_id: int) -> list[NurtureStep]:
    """The plan's steps by day."""
    return list(session.exec(select(NurtureStep).where(NurtureStep.plan_id == plan_id).order_by(col(NurtureStep.on), col(NurtureStep.id))))


def begin(session: Session, now: datetime, actor_id: int, opening_id: int, audience_id: int | None, ask_on: date, today: date) -> NurturePlan:
    """Lay the template around the day of the ask; where less than four weeks are left, the steps before it move closer together.

    Raises FieldRefusal `day` for a day that has passed, Refusal when the opening has a plan already.
    """
    if plan_of(session, opening_id):
        raise Refusal("nurture.refused.twice")
    if not today <= ask_on <= today + timedelta(days=730):
        raise FieldRefusal("day", "nurture.refused.day")
    plan = NurturePlan(opening_id=opening_id, audience_id=audience_id, ask_on=ask_on, author_id=actor_id, created_at=now)
    session.add(plan)
    session.flush()
    lead = min(_LEAD, (ask_on - today).days)
    for phase, kind, days, idea in TEMPLATE:
        on = ask_on + timedelta(days=days if days > 0 else -(-days * lead // _LEAD))
        session.add(NurtureStep(plan_id=plan.id or 0, phase=phase, kind=kind, on=on, idea=idea))
    session.flush()
    audit.note(session, now, actor_id, "nurture.begun", "opening", opening_id)
    return plan


def step_of(session: Session, step_id: int) -> NurtureStep:
    """The step. Raises Refusal `nurture.refused.gone`."""
    row = session.get(NurtureStep, step_id)
    if row is None:
        raise Refusal("nurture.refused.gone")
    return row


def add_step(session: Session, now: datetime, actor_id: int, plan: NurturePlan, kind: str, on: date, note: str, today: date) -> NurtureStep:
    """One more step. Raises FieldRefusal."""
    if len(steps(session, plan.id or 0)) >= STEPS_MAX:
        raise FieldRefusal("kind", "nurture.refused.many", count=STEPS_MAX)
    row = NurtureStep(plan_id=plan.id or 0, phase=_phase(plan, on), kind=kind, on=on)
    return _put(session, now, actor_id, plan, row, kind, on, note, today)


def change_step(session: Session, now: datetime, actor_id: int, step_id: int, kind: str, on: date, note: str, today: date) -> NurtureStep:
    """Another kind, day or note. Raises FieldRefusal."""
    row = step_of(session, step_id)
    plan = session.get_one(NurturePlan, row.plan_id)
    row.phase = _phase(plan, on)
    return _put(session, now, actor_id, plan, row, kind, on, note, today)


def _put(session: Session, now: datetime, actor_id: int, plan: NurturePlan, row: NurtureStep, kind: str, on: date, note: str, today: date) -> NurtureStep:
    if kind not in KINDS:
        raise FieldRefusal("kind", "stories.refused.kind")
    if not today - timedelta(days=366) <= on <= today + timedelta(days=1096):
        raise FieldRefusal("day", "nurture.refused.day")
    row.kind, row.on, row.note = kind, on, clean(note, NOTE_MAX)
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "nurture.step_kept", "opening", plan.opening_id)
    return row


def _phase(plan: NurturePlan, on: date) -> str:
    return "before" if on < plan.ask_on else "during" if on < plan.ask_on + timedelta(days=21) else "after"


def drop_step(session: Session, now: datetime, actor_id: int, step_id: int) -> NurturePlan:
    """Take a step out; its story stays where it is."""
    row = step_of(session, step_id)
    plan = session.get_one(NurturePlan, row.plan_id)
    if not remove(session, row):
        raise Refusal("nurture.refused.gone")
    audit.note(session, now, actor_id, "nurture.step_dropped", "opening", plan.opening_id)
    return plan


def give_story(session: Session, now: datetime, actor_id: int, step_id: int, story_id: int, today: date, time_zone: str) -> Story:
    """Put a story into a step: a draft takes over the plan's audience and the step's day (nine in the morning), and waits for HR's
    yes. Raises Refusal when it is in another step, FieldRefusal `story` when its kind is not the step's."""
    row, story = step_of(session, step_id), get(session, story_id)
    if session.exec(select(NurtureStep.id).where(NurtureStep.story_id == story_id, NurtureStep.id != step_id)).first():
        raise FieldRefusal("story", "nurture.refused.taken")
    if story.kind != row.kind:
        raise FieldRefusal("story", "nurture.refused.kind")
    plan = session.get_one(NurturePlan, row.plan_id)
    row.story_id = story_id
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "nurture.story_put", "opening", plan.opening_id)
    if story.state != "draft":
        return story
    at = datetime.combine(row.on, time(_HOUR), ZoneInfo(time_zone)) if row.on > today else None
    return move(session, now, actor_id, story_id, None, ("draft",), "draft", audience_id=plan.audience_id, publish_at=at)


def warnings(session: Session, plan: NurturePlan, today: date, time_zone: str) -> list[Warned]:
    """The asks of the plan for which people would not have been given enough, counting every step as if it went out on its day."""
    rows = steps(session, plan.id or 0)
    out = set(
        session.exec(select(Story.id).where(col(Story.id).in_([r.story_id for r in rows if r.story_id]), col(Story.state).in_(("published", "scheduled"))))
    )
    found, published = [], _published(session, rows)
    for ask in (r for r in rows if r.kind == "ask" and r.on >= today and r.story_id not in published):
        others = [Sent(plan.audience_id, r.kind, max(r.on, today)) for r in rows if r is not ask and r.story_id not in out and r.on <= ask.on]
        earning = strategy.earning(session, plan.audience_id, ask.on, [*upcoming(session, time_zone, ask.on, ask.story_id), *others])
        if not earning.is_earned:
            found.append(Warned(ask, earning))
    return found


def _published(session: Session, rows: list[NurtureStep]) -> set[int]:
    ids = [r.story_id for r in rows if r.story_id]
    return {i for i in session.exec(select(Story.id).where(col(Story.id).in_(ids), Story.state == "published")) if i}


def open_plans(session: Session) -> dict[int, NurturePlan]:
    """Every plan by its opening."""
    return {p.opening_id: p for p in session.exec(select(NurturePlan))}


def due(session: Session, today: date, within: timedelta) -> list[NurtureStep]:
    """Steps without a story whose day is near or past (no more than a month), by day."""
    query = select(NurtureStep).where(
        col(NurtureStep.story_id).is_(None), col(NurtureStep.on) <= today + within, col(NurtureStep.on) > today - timedelta(days=31)
    )
    return list(session.exec(query.order_by(col(NurtureStep.on), col(NurtureStep.id)).limit(20)))
