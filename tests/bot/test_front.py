from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import START, add_person
from front_world import SLACK, buttons, card, items, key_of, known, said
from sqlmodel import select

from bot import people
from bot.audit import AuditEntry
from bot.db import Database
from bot.desks import Deployment, front, hear, tables
from bot.desks.turn import Turn
from bot.messages import (
    Answer,
    Ask,
    Buttons,
    Caller,
    Card,
    Command,
    Correct,
    Event,
    Facts,
    HomeOpened,
    Items,
    Lookup,
    Offer,
    Plain,
    Press,
    Replace,
    Say,
    Show,
    Submission,
    Unknown,
)
from bot.outbox import Delivery
from bot.people import Identity, Person, SignInLink
from content.catalog import Words

# --- strangers ---


async def test_a_stranger_is_asked_who_they_are_whatever_they_do(lite: Database, deployment: Deployment) -> None:
    for heard in (Command("stories"), Press("story.share", "1"), Submission("referral.link"), HomeOpened(), Lookup("openings", "x")):
        answer = await said(lite, deployment, heard)
        assert isinstance(answer, Unknown)
        assert [b.action for b in buttons(answer.card)] == ["front.connect"]


async def test_a_stranger_connects_by_mail(db: Database, deployment: Deployment) -> None:
    aino = add_person(db, "Aino Salo", locale="fi")
    form = await said(db, deployment, Press("front.connect"))
    assert isinstance(form, Ask) and [f.name for f in form.form.fields] == ["email"]
    answer = await said(db, deployment, Submission("front.connect", "", {"email": " Aino.Salo@meri.example"}))
    assert key_of(card(answer).title) == "front.connect.sent_title"
    delivery = db.read_now(lambda s: s.exec(select(Delivery)).one())
    assert (delivery.lane, delivery.person_id, delivery.notice) == ("mail", aino.id, "link_identity")
    link = db.read_now(lambda s: s.exec(select(SignInLink)).one())
    assert db.write_now(front.connect, deployment, deployment.vault.open(link.sealed), START)
    reply = await hear(db, deployment, Event("after", SLACK, Command("vinkki", "help")), START)
    assert isinstance(reply.answer, Show) and reply.locale == "fi"


async def test_a_stranger_is_answered_alike_for_a_known_and_an_unknown_address(lite: Database, deployment: Deployment) -> None:
    add_person(lite, "Aino Salo")
    first, second = [card(await said(lite, deployment, Submission("front.connect", "", {"email": e}))) for e in ("aino.salo@meri.example", "x@meri.example")]

    def shape(shown: Card) -> list[object]:
        return [shown.title, [type(b) for b in shown.blocks], shown.tone]

    assert shape(first) == shape(second)


async def test_what_is_no_address_is_corrected(lite: Database, deployment: Deployment) -> None:
    for typed in ("", "aino", "aino@", "a b@meri.example", "a@b@meri.example", "x" * 300 + "@meri.example"):
        answer = await said(lite, deployment, Submission("front.connect", "", {"email": typed}))
        assert isinstance(answer, Correct) and key_of(answer.errors["email"]) == "front.connect.bad_email"


async def test_a_stranger_s_repeated_submission_sends_one_mail(db: Database, deployment: Deployment) -> None:
    add_person(db, "Aino Salo")
    form = Submission("front.connect", "", {"email": "aino.salo@meri.example"})
    first, second = await said(db, deployment, form, key="same"), await said(db, deployment, form, key="same")
    assert first == second
    assert len(db.read_now(lambda s: s.exec(select(Delivery)).all())) == 1


async def test_who_was_unknown_a_moment_ago_gets_a_real_answer_to_the_same_event(lite: Database, deployment: Deployment) -> None:
    add_person(lite, "Aino Salo")
    event = Event("same", SLACK, Command("vinkki", "help"))
    assert isinstance((await hear(lite, deployment, event, START)).answer, Unknown)
    assert lite.write_now(front.recognise, SLACK, "aino.salo@meri.example", START)
    assert isinstance((await hear(lite, deployment, event, START)).answer, Show)


def test_an_account_moves_to_whoever_verified_it_last_and_is_never_doubled(db: Database) -> None:
    add_person(db, "Aino Salo")
    bo = add_person(db, "Bo Berg")
    for email in ("aino.salo@meri.example", "bo.berg@meri.example", "bo.berg@meri.example"):
        assert db.write_now(front.recognise, SLACK, email, START)
    (identity,) = db.read_now(lambda s: s.exec(select(Identity)).all())
    assert identity.person_id == bo.id


async def test_two_first_meetings_at_once_leave_one_account(db: Database) -> None:
    add_person(db, "Aino Salo")
    assert all(await asyncio.gather(*(db.write(front.recognise, SLACK, "aino.salo@meri.example", START) for _ in range(4))))
    assert len(db.read_now(lambda s: s.exec(select(Identity)).all())) == 1


# --- who may speak ---


async def test_leavers_are_refused_kindly_and_alumni_are_not(lite: Database, deployment: Deployment) -> None:
    known(lite, end_on=START.date() - timedelta(days=1))
    shown = card(await said(lite, deployment, Command("vinkki", "help")))
    assert shown.tone == "refusal" and "Meri Oy" in Words("en")(shown.blocks[0].text)  # type: ignore[union-attr]
    alumna = add_person(lite, "Anna Alumna", kind="alumna", end_on=START.date() - timedelta(days=900))
    assert card(await said(lite, deployment, Command("vinkki", "help"), Caller("portal", "", str(alumna.id)))).tone == "plain"


async def test_a_button_of_another_role_is_refused_and_written_down(lite: Database, deployment: Deployment) -> None:
    person = known(lite)
    for heard in (Command("admin", "people"), Press("settings.edit", "leaderboard.enabled"), Submission("people.roles", "1", {"roles": "hr"})):
        shown = card(await said(lite, deployment, heard))
        assert key_of(shown.blocks[0].text) == "forbidden"  # type: ignore[union-attr]
    refused = lite.read_now(lambda s: s.exec(select(AuditEntry).where(AuditEntry.what == "refused")).all())
    assert [r.actor_id for r in refused] == [person.id] * 3


async def test_an_old_card_says_so(lite: Database, deployment: Deployment) -> None:
    known(lite)
    for heard in (Press("long.gone", "1"), Submission("long.gone"), Lookup("long.gone", "x")):
        assert key_of(card(await said(lite, deployment, heard)).blocks[0].text) == "old_card"  # type: ignore[union-attr]


# --- one effect per event ---


async def test_one_event_delivered_many_times_at_once_has_one_effect_and_one_answer(
    db: Database, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = known(db)
    effects = threading.Semaphore(0)

    def count(turn: Turn, value: str) -> Answer:
        """Changes a row, and would be refused the second time: as a real button would."""
        row = turn.session.get(Person, person.id, with_for_update=True)
        assert row is not None
        row.version += 1
        turn.session.add(row)
        effects.release()
        return Show(Card(Plain(f"version {row.version}")))

    monkeypatch.setitem(tables.TABLE.buttons, "test.count", count)
    replies = await asyncio.gather(*(hear(db, deployment, Event("same", SLACK, Press("test.count")), START) for _ in range(8)))
    again = await hear(db, deployment, Event("same", SLACK, Press("test.count")), START + timedelta(minutes=5))
    assert {str(r.answer) for r in [*replies, again]} == {str(replies[0].answer)}
    assert effects.acquire(blocking=False) and not effects.acquire(blocking=False)
    row = db.read_now(people.by_email, person.email)
    assert row is not None and row.version == person.version + 1


async def test_an_event_that_was_refused_may_come_again(db: Database, deployment: Deployment) -> None:
    person = known(db)
    heard = Command("admin", "people")
    assert card(await said(db, deployment, heard, key="same")).tone == "refusal"
    db.write_now(people.grant, START, None, person, "hr")
    assert card(await said(db, deployment, heard, key="same")).tone == "plain"


async def test_the_same_key_from_another_workspace_is_another_event(lite: Database, deployment: Deployment) -> None:
    person = known(lite)
    lite.write_now(people.link, START, "slack", "T2", "U1", "D1", person.email, "platform")
    first = await said(lite, deployment, Press("profile.leave"), key="same")
    second = await said(lite, deployment, Press("profile.join"), replace(SLACK, workspace="T2"), key="same")
    assert first != second


async def test_events_without_a_key_leave_no_receipt(lite: Database, deployment: Deployment) -> None:
    known(lite)
    await said(lite, deployment, HomeOpened(), key="")
    await said(lite, deployment, Command("vinkki", "help"), key="")
    from bot.outbox import Receipt

    assert lite.read_now(lambda s: s.exec(select(Receipt)).first()) is None


# --- commands ---


@pytest.mark.parametrize("typed", ["", "help", "HELP", "help me please"])
async def test_help_lists_what_one_can_say_with_a_button_for_each(lite: Database, deployment: Deployment, typed: str) -> None:
    known(lite)
    shown = card(await said(lite, deployment, Command("vinkki", typed)))
    assert {"stories", "refer", "vinkki settings"} <= {b.value for b in buttons(shown)}
    assert not any(b.value.startswith("admin") for b in buttons(shown))


async def test_help_shows_administration_to_those_who_hold_the_role(lite: Database, deployment: Deployment) -> None:
    known(lite, "Nora Niemi", "hr")
    shown = card(await said(lite, deployment, Command("vinkki", "help")))
    assert {"admin people", "admin settings", "admin audiences"} <= {b.value for b in buttons(shown)}
    typed = {str(i.detail.params["command"]) for i in items(shown) if isinstance(i.detail, Say)}
    assert {"/stories", "/vinkki settings", "/vinkki-admin people"} <= typed
    assert all(len(b.rows) <= 10 for b in shown.blocks if isinstance(b, Items))


def test_help_leaves_no_command_out() -> None:
    """But help itself, what is said in a channel that is to become a room, and a choice that its own card offers."""
    assert set(tables.TABLE.commands) - {command for command, _ in front.HELP} == {"vinkki help", "admin room", "vinkki thanks"}


async def test_every_button_of_help_works(lite: Database, deployment: Deployment) -> None:
    known(lite, "Nora Niemi", *people.ROLES)
    for button in buttons(card(await said(lite, deployment, Command("vinkki", "help")))):
        answer = await said(lite, deployment, Press(button.action, button.value))
        assert isinstance(answer, Ask) or card(answer).tone != "refusal", button.value


@pytest.mark.parametrize(
    ("name", "text", "nearest"),
    [("vinkki", "setings", "vinkki settings"), ("vinkki", "storys", "stories"), ("vinkki", "leaderbord now", "vinkki leaderboard"), ("storis", "", "stories")],
)
async def test_an_unknown_command_offers_the_nearest(lite: Database, deployment: Deployment, name: str, text: str, nearest: str) -> None:
    known(lite)
    offered = [b.value for b in buttons(card(await said(lite, deployment, Command(name, text))))]
    assert nearest in offered and offered[-1] == "vinkki help" and len(offered) <= 4


async def test_nobody_is_offered_a_command_of_another_role(lite: Database, deployment: Deployment) -> None:
    known(lite)
    offered = [b.value for b in buttons(card(await said(lite, deployment, Command("admin", "peeple"))))]
    assert not any(value.startswith("admin") for value in offered)


async def test_nonsense_of_any_length_is_answered(lite: Database, deployment: Deployment) -> None:
    known(lite)
    for text in ("x" * 50_000, "🦄 {0} {name}", "\x00", "<@U1> *b*", "  "):
        assert card(await said(lite, deployment, Command("vinkki", text))) is not None


async def test_a_command_said_behind_the_wrong_word_is_found(lite: Database, deployment: Deployment) -> None:
    known(lite)
    assert await said(lite, deployment, Command("vinkki", "Stories")) == await said(lite, deployment, Command("stories"))


# --- home and inbox ---


async def test_home_greets_by_first_name_and_leads_on(lite: Database, deployment: Deployment) -> None:
    known(lite, "Aino Maria Salo", locale="sv")
    reply = await hear(lite, deployment, Event("", SLACK, HomeOpened()), START)
    shown = card(reply.answer)
    assert Words(reply.locale)(shown.title) == "Hej, Aino"
    assert {"stories", "vinkki help"} <= {b.value for b in buttons(shown)}
    assert all(len(b.buttons) <= 5 for b in shown.blocks if isinstance(b, Buttons))


async def test_home_takes_its_parts_from_the_desks_in_their_order(lite: Database, deployment: Deployment) -> None:
    known(lite, "Nora Niemi", *people.ROLES)
    shown = card(await said(lite, deployment, HomeOpened(), key=""))
    assert len(shown.blocks) >= len(tables.TABLE.sections)


async def test_home_says_that_somebody_is_on_a_break_or_not_taking_part(lite: Database, deployment: Deployment) -> None:
    person = known(lite, paused_until=START.date() + timedelta(days=3))
    assert "front.home.paused" in str(card(await said(lite, deployment, HomeOpened(), key="")))
    await said(lite, deployment, Press("profile.leave"))
    shown = card(await said(lite, deployment, HomeOpened(), key=""))
    assert "front.home.not_enrolled" in str(shown) and "profile.join" in {b.action for b in buttons(shown)}
    assert person.id is not None


async def test_the_inbox_holds_what_one_was_told_anywhere_and_no_sign_in_links(lite: Database, deployment: Deployment) -> None:
    aino = add_person(lite, "Aino Salo")
    lite.write_now(front.request_sign_in, deployment, aino.email, START)
    await said(lite, deployment, Submission("front.connect", "", {"email": aino.email}))
    link = lite.read_now(lambda s: s.exec(select(SignInLink).where(SignInLink.purpose == "link_identity")).one())
    lite.write_now(front.connect, deployment, deployment.vault.open(link.sealed), START)
    told = lite.read_now(front.inbox, deployment, aino, START)
    assert [key_of(shown.title) for _, _, shown in told] == ["people.connected.title"]
    assert lite.read_now(front.inbox, deployment, aino, START, 1) == []


# --- one's own settings ---


async def test_settings_are_shown_changed_and_spoken_in_at_once(db: Database, deployment: Deployment) -> None:
    person = known(db)
    assert isinstance(card(await said(db, deployment, Command("vinkki", "settings"))).blocks[0], Facts)
    form = await said(db, deployment, Press("profile.edit"))
    assert isinstance(form, Ask) and {f.name for f in form.form.fields} == {"language", "time_zone", "platform", "paused_until", "leaderboard"}
    values = {"language": "fi", "time_zone": "Asia/Tokyo", "platform": "mail", "paused_until": "2026-04-01", "leaderboard": "yes"}
    reply = await hear(db, deployment, Event("save", SLACK, Submission("profile.save", "", values)), START)
    assert isinstance(reply.answer, Replace) and (reply.locale, reply.time_zone) == ("fi", "Asia/Tokyo")
    saved = db.read_now(people.by_email, person.email)
    assert saved is not None and saved.on_leaderboard and saved.is_locale_own and saved.is_time_zone_own and str(saved.paused_until) == "2026-04-01"
    assert db.read_now(people.reach, saved).lane == "mail"


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"language": "de"}, "language"), ({"time_zone": "Turku"}, "time_zone"), ({"platform": "telex"}, "platform"), ({"platform": "teams"}, "platform"),
        ({"paused_until": "soon"}, "paused_until"), ({"paused_until": "2028-01-01"}, "paused_until"),
    ],
)  # fmt: skip
async def test_a_wrong_setting_is_named_at_its_field(lite: Database, deployment: Deployment, fault: dict[str, str], field: str) -> None:
    known(lite)
    values = {"language": "fi", "time_zone": "Europe/Helsinki", "platform": "slack", "paused_until": "", "leaderboard": ""} | fault
    answer = await said(lite, deployment, Submission("profile.save", "", values))
    assert isinstance(answer, Correct) and set(answer.errors) == {field}


async def test_one_can_stop_taking_part_and_come_back(lite: Database, deployment: Deployment) -> None:
    person = known(lite, on_leaderboard=True)
    for _ in range(2):
        await said(lite, deployment, Press("profile.leave"))
    out = lite.read_now(people.by_email, person.email)
    assert out is not None and out.enrolled_at is None and not out.on_leaderboard
    await said(lite, deployment, Press("profile.join"))
    back = lite.read_now(people.by_email, person.email)
    assert back is not None and back.enrolled_at == START


async def test_time_zones_are_found_by_city(lite: Database, deployment: Deployment) -> None:
    known(lite)
    offer = await said(lite, deployment, Lookup("zones", "new york"), key="")
    assert isinstance(offer, Offer) and "America/New_York" in [o.value for o in offer.options]
    assert isinstance(everything := await said(lite, deployment, Lookup("zones", ""), key=""), Offer) and len(everything.options) == 20
