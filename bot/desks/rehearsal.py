"""The demo company's programme and its recent past, made by the same functions that real people's presses call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select, update

from bot import audiences, bonuses, people, plans, referrals, shares, stories, strategy
from bot.audiences import Audience, Rule
from bot.desks import candidate
from bot.desks.turn import Deployment
from bot.money import Money
from bot.openings import JobOpening
from bot.people import Identity, Person
from bot.plans import Instalment, PlanDraft
from bot.referrals import Referral
from bot.shares import Click, Share
from bot.stories import Feed, Story
from bot.stories.moments import place
from bot.stories.publishing import NEEDED_CAPTIONS

HR = "nora.lind@meri.example"
UNDECIDED = ("elias.koski@meri.example", HR)  # the tour lets them decide about the leaderboard


def take_seats(session: Session, now: datetime) -> int:
    """Give everybody who works at the company an account on the portal, as if it were their chat; the others have mail."""
    here = session.exec(select(Person).where(col(Person.kind).in_(["employee", "contractor"]))).all()
    session.add_all(Identity(person_id=p.id or 0, platform="portal", user=str(p.id), verified_by="admin", seen_at=now) for p in here)
    return len(here)


def set_up(session: Session, deployment: Deployment, now: datetime) -> None:
    """Bonus plans, audiences, and two strategies with goals and measures."""
    hr, today = _person(session, HR), deployment.today(now)
    money = [Money(amount, deployment.currency) for amount in (50_000, 40_000, 80_000)]
    plans.adopt(session, now, hr, PlanDraft("Standard", (Instalment(90, money[0]),), is_default=True))
    plans.charities.save(session, now, hr, "Suomen Meripelastusseura", "FI00 0000 0000 0000 00")
    plans.budgets.set_budget(session, now, hr, "Standard", 3_000_000, "year", 80, is_stopping=False)
    plans.adopt(session, now, hr, PlanDraft("Hard to find", (Instalment(90, money[1]), Instalment(180, money[2]))))
    crew = audiences.save(session, now, hr, "Everybody at work", Rule(kinds=("employee", "contractor")), today)
    engineers = audiences.save(session, now, hr, "Engineering", Rule(departments=("Engineering",), kinds=("employee", "contractor")), today)
    alumni = audiences.save(session, now, hr, "Alumni and friends", Rule(kinds=("alumna", "stakeholder")), today)
    audiences.save(session, now, hr, "Nordics", Rule(countries=("FI", "SE")), today)
    known = strategy.create(session, now, hr, "Known for calm seas", "Engineers around the Baltic know what we work on before we ask anything.", engineers.id)
    kept = strategy.create(session, now, hr, "Once Meri, always Meri", "People who left stay friends, and some of them come back or send a friend.", alumni.id)
    goals = ((known, "human_clicks", 400, 180), (known, "adoption", 35, 180), (kept, "referrals", 6, 365), (kept, "shares", 40, 365))
    for row, figure, target, days in goals:
        strategy.add_measure(session, now, hr, row.id or 0, figure, target, today + timedelta(days=days), today)
    for row, audience, kind, every in ((known, engineers, "give", 7), (known, engineers, "tell", 30), (kept, alumni, "give", 14)):
        strategy.add_action(session, now, hr, row.id or 0, audience.id, kind, every, today)
    assert crew.id
    newsroom = stories.FeedDraft("Newsroom", deployment.link("/demo/newsroom.xml"), "tell", known.id, engineers.id)
    feed = stories.add_feed(session, now, hr, newsroom)
    feed.asked_at, feed.next_at = now, now + timedelta(days=61)  # read when HR asks for it, or when the clock is moved


_PICTURED = {"en": "A small sailing ship on a calm sea", "fi": "Pieni purjevene tyynellä merellä", "sv": "En liten segelbåt på ett lugnt hav"}


def give_pictures(session: Session, site: str) -> int:
    """Give every story that links to the demo's own site the picture that the site draws for it; returns how many. (Loopback has no
    https, which a story's picture needs elsewhere.)"""
    bare = session.exec(select(Story).where(Story.image_url == "", col(Story.link).startswith(site, autoescape=True))).all()
    for story in bare:
        story.image_url, story.image_alt = f"{story.link}.svg", _PICTURED[story.language]
    session.add_all(bare)
    return len(bare)


def move_links(session: Session, old: str, new: str) -> None:
    """Stories and openings that link to one address of the demo link to another from now on."""
    for table, column in ((Story, col(Story.link)), (Story, col(Story.image_url)), (JobOpening, col(JobOpening.link)), (Feed, col(Feed.url))):
        there = column.startswith(f"{old}/", autoescape=True)
        session.execute(update(table).where(there).values({column: func.replace(column, f"{old}/", f"{new}/")}))
    key, here = col(Story.link_key), [address.partition("://")[2] + "/" for address in (old, new)]
    session.execute(update(Story).where(key.startswith(here[0], autoescape=True)).values({key: func.replace(key, *here)}))


@dataclass(frozen=True)
class Past:
    """A story of the last weeks: which draft (in order of arrival), for whom, how many days ago, and how many shared it."""

    order: int
    audience: str
    days_ago: int
    sharers: int


PAST = (
    Past(0, "Everybody at work", 24, 14),
    Past(1, "Engineering", 19, 9),
    Past(2, "Everybody at work", 13, 17),
    Past(3, "Alumni and friends", 9, 4),
    Past(4, "Everybody at work", 4, 11),
)
_NETWORKS = ("linkedin", "x", "bluesky", "facebook", "mastodon", "whatsapp")


def publish_past(session: Session, deployment: Deployment, now: datetime, past: Past) -> int:
    """Publish one story at its moment in the past; returns its id. Its deliveries are planned by the clock's steps as always."""
    hr, at = _person(session, HR), now - timedelta(days=past.days_ago)
    drafts = session.exec(select(Story).where(Story.state == "draft", Story.language == "en").order_by(col(Story.id))).all()
    story = next(s for s in drafts if len(stories.captions(session, s.id or 0)) >= NEEDED_CAPTIONS)
    audience = session.exec(select(Audience).where(Audience.name == past.audience)).one()
    goals = strategy.listed(session)
    stories.schedule(session, at, hr, story.id or 0, None, at, audience_id=audience.id, strategy_id=goals[past.order % len(goals)].id)
    stories.publish(session, at, deployment.today(at), story.id or 0, hr)
    return story.id or 0


def share_past(session: Session, deployment: Deployment, now: datetime, story_id: int, past: Past) -> None:
    """Let some of the audience share it on the following days, and people (and a few robots) visit."""
    story = session.get_one(Story, story_id)
    members = audiences.preview(session, audiences.rule_of(session, story.audience_id), deployment.today(now), 200)
    at = now - timedelta(days=past.days_ago)
    for i, person in enumerate(members[past.order :: 3][: past.sharers]):
        caption = shares.given(session, story, person, "")[i % 2]
        text = shares.with_disclosure(shares.disclosure(session, person.locale, deployment.organisation), caption.text)
        network, shared_at = _NETWORKS[(i + past.order) % len(_NETWORKS)], at + timedelta(hours=2 + 5 * i)
        token = deployment.new_token()
        row = shares.create(session, shared_at, token, person.id or 0, story_id, network, caption.id, text, "mastodon.example" if network == "mastodon" else "")
        shares.opened(session, shared_at, person.id or 0, row.id or 0)
        _visits(session, row, shared_at, (i * 7 + past.order * 3) % 11, now)
        person.on_leaderboard = person.on_leaderboard or (i % 2 == 0 and person.email not in UNDECIDED)


def _visits(session: Session, share: Share, since: datetime, people_came: int, now: datetime) -> None:
    sorts = ["preview", *["human"] * people_came, *(["bot"] if people_came % 3 == 0 else [])]
    for n, sort in enumerate(sorts):
        at = min(since + timedelta(minutes=9 + 95 * n), now - timedelta(minutes=1))
        session.add(Click(share_id=share.id or 0, person_id=share.person_id, story_id=share.story_id, at=at, sort=sort))


@dataclass(frozen=True)
class Ahead:
    """A story of the next weeks: for whom, and in how many days. `is_pencilled`: it has its day and waits for somebody's yes."""

    title: str
    audience: str
    days: int
    is_pencilled: bool = False


AHEAD = (
    Ahead("What sea ice sounds like from below", "Engineering", 2),
    Ahead("Merisää viidessä minuutissa", "Alumni and friends", 5),
    Ahead("The alarm that cried wolf", "Engineering", 9),
    Ahead("We look for somebody who likes winter", "Engineering", 14, is_pencilled=True),
)


def plan_ahead(session: Session, deployment: Deployment, now: datetime) -> None:
    """Put some drafts on the calendar: nine in the morning of a working day, by the company's clock."""
    hr, goals = _person(session, HR), strategy.listed(session)
    for one in AHEAD:
        story = session.exec(select(Story).where(Story.title == one.title)).one()
        audience = session.exec(select(Audience).where(Audience.name == one.audience)).one()
        day = deployment.today(now) + timedelta(days=one.days)
        day += timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
        goal = next(g for g in goals if g.audience_id == audience.id)
        at = place(day, time(9), ZoneInfo(deployment.time_zone)).at
        row = stories.keep_plan(session, now, hr, story.id or 0, story.version, publish_at=at, audience_id=audience.id, strategy_id=goal.id)
        if not one.is_pencilled:
            stories.schedule(session, now, hr, row.id or 0, row.version, at, audience_id=audience.id, strategy_id=goal.id)


@dataclass(frozen=True)
class PastReferral:
    """A referral of the last weeks: who referred whom for which opening, and how far it came."""

    referrer: str
    requisition: str
    candidate: str
    email: str
    days_ago: int
    stages: tuple[str, ...]
    start_days_ago: int | None = None


PAST_REFERRALS = (
    PastReferral("grace.adeyemi@meri.example", "SAL-047", "Mei Takahashi", "mei@mail.example", 52, ("taken", "contacted", "interviewing", "offered"), 20),
    PastReferral("aino.salo@meri.example", "ENG-121", "Petri Lahti", "petri@mail.example", 11, ("taken", "contacted", "interviewing")),
    PastReferral("astrid.nystrom@meri.example", "SAL-042", "Jonas Falk", "jonas@mail.example", 5, ("taken",)),
)


def refer_past(session: Session, deployment: Deployment, now: datetime, past: PastReferral) -> None:
    """Walk one referral as far as it came: a link, the candidate's own yes, the recruiter's moves a few days apart."""
    at = now - timedelta(days=past.days_ago)
    opening = session.exec(select(JobOpening).where(JobOpening.requisition_id == past.requisition)).one()
    link = referrals.link_for(session, at, _person(session, past.referrer), opening.id, deployment.new_token)
    answers = {"name": past.candidate, "email": past.email, "referrer_may_see": "yes", "nonce": deployment.new_token()}
    answered = candidate.confirm(session, deployment, link.token, answers, opening.language, at)
    if answered.errors:
        raise ValueError(f"the demo's candidate was not accepted: {answered.errors}")
    row = session.exec(select(Referral).where(Referral.link_id == link.id).order_by(col(Referral.id).desc())).first()
    assert row is not None and row.id is not None
    for number, stage in enumerate(past.stages, start=1):
        referrals.move(session, at + timedelta(days=2 * number), opening.recruiter_id, row.id, stage)
    if past.start_days_ago is not None:
        start_on: date = deployment.today(now) - timedelta(days=past.start_days_ago)
        hired_at = at + timedelta(days=2 * len(past.stages) + 2)
        bonuses.hire(session, hired_at, opening.recruiter_id, row.id, start_on, deployment.time_zone)


def _person(session: Session, email: str) -> int:
    found = people.by_email(session, email)
    assert found is not None and found.id is not None, f"{email} is not in the demo's people file"
    return found.id
