from __future__ import annotations

from conftest import START, add_person
from sqlmodel import select

from bot import people
from bot.audit import AuditEntry
from bot.db import Database
from bot.desks import gate
from bot.people import Identity


def test_a_refused_stranger_leaves_a_note_without_ids(lite: Database) -> None:
    lite.write_now(gate.turned_away, START, "slack", "foreign workspace")
    (note,) = lite.read_now(lambda s: list(s.exec(select(AuditEntry))))
    assert (note.what, note.detail, note.actor_id) == ("refused.foreign", "slack: foreign workspace", None)


def test_a_closed_account_is_forgotten_and_its_person_reached_by_mail(lite: Database) -> None:
    aino = add_person(lite, "Aino Salo")
    lite.write_now(people.link, START, "slack", "T1", "U1", "U1", aino.email, "platform")
    assert lite.write_now(gate.account_closed, START, "slack", "T1", "U1") is True
    assert lite.write_now(gate.account_closed, START, "slack", "T1", "U1") is False
    assert lite.read_now(lambda s: list(s.exec(select(Identity)))) == []
    assert lite.read_now(people.reach, aino).platform == "mail"
