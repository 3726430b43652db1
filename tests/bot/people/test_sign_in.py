from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from conftest import START, add_person
from sqlmodel import Session, select

from bot import outbox, people, privacy
from bot.db import Database
from bot.desks import Deployment, front, notices, views
from bot.errors import Refusal
from bot.messages import Buttons, Caller, Card
from bot.outbox import Delivery
from bot.people import Identity, SignInLink, WebSession
from bot.people.sign_in import code_of

SLACK = Caller("slack", "T1", "U1", "D1")


def mails(database: Database) -> list[Delivery]:
    return database.read_now(lambda s: list(s.exec(select(Delivery).where(Delivery.lane == "mail").order_by(Delivery.id))))  # type: ignore[arg-type]


def letter(database: Database, deployment: Deployment, delivery: Delivery) -> Card:
    card = database.read_now(notices.build, deployment, delivery, START)
    assert card is not None
    return card


def token_in(card: Card) -> str:
    (row,) = (b for b in card.blocks if isinstance(b, Buttons))
    return row.buttons[0].url.rpartition("/")[2]


def ask(database: Database, deployment: Deployment, email: str) -> str:
    return database.write_now(front.request_sign_in, deployment, email, START)


async def test_a_link_from_the_mailbox_signs_in_once(db: Database, deployment: Deployment) -> None:
    aino = add_person(db, "Aino Salo")
    code = ask(db, deployment, "AINO.salo@meri.example ")
    (delivery,) = mails(db)
    assert (delivery.person_id, delivery.state, delivery.notice) == (aino.id, "owed", "sign_in")
    token = token_in(letter(db, deployment, delivery))
    assert code_of(token) == code
    session = db.write_now(front.open_session, token, START + timedelta(minutes=19))
    assert session is not None
    found = db.read_now(front.session_person, session, START + timedelta(days=29), (START + timedelta(days=29)).date())
    assert found is not None and found.id == aino.id
    assert db.write_now(front.open_session, token, START) is None


def test_two_browsers_cannot_use_one_link(db: Database, deployment: Deployment) -> None:
    add_person(db, "Aino Salo")
    url = db.write_now(front.sign_in_link, deployment, "aino.salo@meri.example", START)
    token = url.rpartition("/")[2]
    opened = [db.write_now(front.open_session, token, START) for _ in range(2)]
    assert [o is not None for o in opened] == [True, False]


def test_a_link_is_over_after_twenty_minutes(lite: Database, deployment: Deployment) -> None:
    add_person(lite, "Aino Salo")
    url = lite.write_now(front.sign_in_link, deployment, "aino.salo@meri.example", START)
    assert lite.write_now(front.open_session, url.rpartition("/")[2], START + timedelta(minutes=20)) is None


def test_a_last_day_ends_at_the_companys_midnight(lite: Database, deployment: Deployment) -> None:
    """In Helsinki at half past midnight it is still the last day in UTC; in Los Angeles the last evening is the next day there."""
    last = date(2026, 5, 10)
    add_person(lite, "Aino Salo", end_on=last)
    opened = datetime(2026, 5, 10, 9, tzinfo=UTC)
    url = lite.write_now(front.sign_in_link, deployment, "aino.salo@meri.example", opened)
    token = lite.write_now(front.open_session, url.rpartition("/")[2], opened)

    def is_in(zone: str, at: datetime) -> bool:
        return lite.read_now(views.who, replace(deployment, time_zone=zone), token, at) is not None

    evening, night = datetime(2026, 5, 10, 20, 30, tzinfo=UTC), datetime(2026, 5, 10, 21, 30, tzinfo=UTC)
    assert is_in("Europe/Helsinki", evening) and not is_in("Europe/Helsinki", night)
    assert is_in("America/Los_Angeles", night + timedelta(hours=5))
    with pytest.raises(Refusal, match=r"front\.left"):
        lite.read_now(views.pay_run_look, deployment, 1, night, 1)


def test_sessions_end_by_time_by_signing_out_and_by_leaving(lite: Database, deployment: Deployment) -> None:
    add_person(lite, "Aino Salo", end_on=START.date() + timedelta(days=5))

    def session() -> str:
        url = lite.write_now(front.sign_in_link, deployment, "aino.salo@meri.example", START)
        return lite.write_now(front.open_session, url.rpartition("/")[2], START) or ""

    first, second = session(), session()
    assert lite.read_now(front.session_person, first, START + timedelta(days=5), (START + timedelta(days=5)).date()) is not None
    assert lite.read_now(front.session_person, first, START + timedelta(days=6), (START + timedelta(days=6)).date()) is None, "has left"
    lite.write_now(front.close_session, first, START)
    assert lite.read_now(front.session_person, first, START, START.date()) is None
    assert lite.read_now(front.session_person, second, START, START.date()) is not None
    assert lite.read_now(front.session_person, second, START + timedelta(days=30), (START + timedelta(days=30)).date()) is None
    assert lite.read_now(front.session_person, "", START, START.date()) is None


def test_an_unknown_address_leaves_the_same_traces_and_no_mail(db: Database, deployment: Deployment) -> None:
    add_person(db, "Aino Salo")
    assert len(ask(db, deployment, "aino.salo@meri.example")) == len(ask(db, deployment, "nobody@meri.example")) == 4
    assert [(d.state, d.notice) for d in mails(db)] == [("owed", "sign_in"), ("cancelled", "sign_in")]
    assert len(db.read_now(lambda s: s.exec(select(SignInLink)).all())) == 2
    assert db.read_now(outbox.busy_lanes, START) == ["mail"]


def test_asking_again_and_again_is_answered_alike_and_sends_no_flood(lite: Database, deployment: Deployment) -> None:
    add_person(lite, "Aino Salo")
    for _ in range(9):
        ask(lite, deployment, "aino.salo@meri.example")
    assert [d.state for d in mails(lite)] == ["owed"] * 6 + ["cancelled"] * 3


def test_people_who_have_left_get_no_link(lite: Database, deployment: Deployment) -> None:
    add_person(lite, "Aino Salo", end_on=START.date() - timedelta(days=1))
    add_person(lite, "Anna Alumna", kind="alumna", end_on=START.date() - timedelta(days=900))
    ask(lite, deployment, "aino.salo@meri.example")
    ask(lite, deployment, "anna.alumna@meri.example")
    assert [d.state for d in mails(lite)] == ["cancelled", "owed"]
    with pytest.raises(Refusal, match="unknown_email"):
        lite.write_now(front.sign_in_link, deployment, "aino.salo@meri.example", START)


def test_no_token_stands_readable_in_the_database(lite: Database, deployment: Deployment) -> None:
    add_person(lite, "Aino Salo")
    ask(lite, deployment, "aino.salo@meri.example")
    token = token_in(letter(lite, deployment, mails(lite)[0]))
    session = lite.write_now(front.open_session, token, START)
    rows = lite.read_now(lambda s: [str(s.exec(select(table)).all()) for table in (SignInLink, WebSession, Delivery)])
    assert session and token not in "".join(rows) and session not in "".join(rows)
    link = lite.read_now(lambda s: s.exec(select(SignInLink)).one())
    assert link.sealed == "", "used up: not even sealed"


def test_a_used_link_is_not_mailed_any_more(lite: Database, deployment: Deployment) -> None:
    add_person(lite, "Aino Salo")
    ask(lite, deployment, "aino.salo@meri.example")
    (delivery,) = mails(lite)
    lite.write_now(front.open_session, token_in(letter(lite, deployment, delivery)), START)
    assert lite.read_now(notices.build, deployment, delivery, START) is None


def test_a_connecting_link_ties_the_account_and_tells_the_person_there(db: Database, deployment: Deployment) -> None:
    aino = add_person(db, "Aino Salo")
    code = db.write_now(request_connection, deployment, SLACK, "aino.salo@meri.example")
    (delivery,) = mails(db)
    token = token_in(letter(db, deployment, delivery))
    assert db.write_now(front.open_session, token, START) is None, "a connecting link signs nobody in"
    view = db.read_now(front.connecting, token, START)
    assert view is not None and (view.name, view.platform, view.code) == ("Aino Salo", "slack", code)
    assert db.write_now(front.connect, deployment, token, START) and not db.write_now(front.connect, deployment, token, START)
    found = db.read_now(people.person_by, "slack", "T1", "U1")
    assert found is not None and found.id == aino.id
    told = db.read_now(lambda s: s.exec(select(Delivery).where(Delivery.notice == "connected")).one())
    assert (told.lane, told.person_id) == ("slack:T1", aino.id) and db.read_now(notices.build, deployment, told, START) is not None
    identity = db.read_now(lambda s: s.exec(select(Identity)).one())
    assert (identity.verified_by, identity.address) == ("mail", "D1")


def test_a_connecting_link_for_nobody_leads_nowhere(lite: Database, deployment: Deployment) -> None:
    lite.write_now(request_connection, deployment, SLACK, "nobody@meri.example")
    assert [d.state for d in mails(lite)] == ["cancelled"]
    token = "token00000000000000001"
    assert lite.read_now(front.connecting, token, START) is None and not lite.write_now(front.connect, deployment, token, START)


def request_connection(session: Session, deployment: Deployment, caller: Caller, email: str) -> str:
    from bot.desks import sign_in

    return sign_in.request_connection(session, deployment, caller, email, START)


def test_what_nobody_can_use_any_more_is_forgotten(db: Database, deployment: Deployment) -> None:
    aino = add_person(db, "Aino Salo")
    url = db.write_now(front.sign_in_link, deployment, "aino.salo@meri.example", START)
    session = db.write_now(front.open_session, url.rpartition("/")[2], START) or ""
    db.write_now(outbox.begin_receipt, "slack:T1:old", START)
    assert db.write_now(privacy.expired, START + timedelta(hours=1)) is False
    assert db.read_now(outbox.receipt, "slack:T1:old") is not None
    assert db.write_now(privacy.expired, START + timedelta(days=3)) is False
    assert db.read_now(outbox.receipt, "slack:T1:old") is None
    assert db.read_now(lambda s: s.exec(select(SignInLink)).first()) is None
    assert db.read_now(front.session_person, session, START + timedelta(days=3), (START + timedelta(days=3)).date()) is not None, "the session goes on"
    db.write_now(front.close_session, session, START + timedelta(days=3))
    db.write_now(privacy.expired, START + timedelta(days=5))
    assert db.read_now(lambda s: s.exec(select(WebSession)).first()) is None
    assert aino.id is not None


def test_somebody_who_is_erased_is_forgotten_and_their_id_stays(db: Database, deployment: Deployment) -> None:
    aino = add_person(db, "Aino Salo", "hr", department="Sales", location="Turku", country="FI")
    db.write_now(people.link, START, "slack", "T1", "U1", "D1", "aino.salo@meri.example", "platform")
    url = db.write_now(front.sign_in_link, deployment, "aino.salo@meri.example", START)
    session = db.write_now(front.open_session, url.rpartition("/")[2], START) or ""
    db.write_now(lambda s: privacy.erase_person(s, START, s.get_one(people.Person, aino.id)))
    assert db.read_now(people.person_by, "slack", "T1", "U1") is None
    assert db.read_now(front.session_person, session, START, START.date()) is None
    left = db.read_now(lambda s: s.get(people.Person, aino.id))
    assert left is not None and "aino" not in str(left).lower() and "Turku" not in str(left)
