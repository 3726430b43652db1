from __future__ import annotations

from datetime import date, timedelta

import pytest
from conftest import START, add_person
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from bot import audiences
from bot.audiences import Rule
from bot.db import Database
from bot.errors import FieldRefusal, Refusal
from bot.people import KINDS, Person

TODAY = START.date()


@pytest.fixture
def company(db: Database) -> Database:
    add_person(db, "Aino Salo", department="Sales", location="Turku", country="FI", locale="fi", start_on=date(2020, 1, 1))
    add_person(db, "Bo Berg", department="Sales, Nordic", location="Vasa", country="FI", locale="sv", start_on=date(2024, 6, 1))
    add_person(db, "Cleo Dunn", department="Engineering", location="London", country="UK", kind="contractor", start_on=date(2025, 9, 1))
    add_person(db, "Anna Alumna", kind="alumna", end_on=date(2020, 1, 1), locale="fi", country="FI")
    add_person(db, "Gone Gert", department="Sales", end_on=TODAY - timedelta(days=1))
    add_person(db, "Last Day", department="Sales", end_on=TODAY, paused_until=TODAY)
    add_person(db, "Paused Pia", department="Sales", paused_until=TODAY + timedelta(days=1))

    def opt_out(session: Session) -> None:
        session.add(Person(name="Out Otto", email="out@meri.example", department="Sales", enrolled_at=None))

    db.write_now(opt_out)
    return db


def names(database: Database, rule: Rule) -> set[str]:
    def read(session: Session) -> set[str]:
        return set(session.exec(select(Person.name).where(col(Person.id).in_(audiences.member_ids(rule, TODAY)))))

    return database.read_now(read)


EVERYBODY = {"Aino Salo", "Bo Berg", "Cleo Dunn", "Anna Alumna", "Last Day"}


def test_everybody_means_enrolled_here_and_not_on_a_break(company: Database) -> None:
    assert names(company, Rule()) == EVERYBODY


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule(kinds=("alumna", "contractor")), {"Anna Alumna", "Cleo Dunn"}),
        (Rule(departments=("Sales",)), {"Aino Salo", "Last Day"}),
        (Rule(departments=("Sales, Nordic", "Engineering")), {"Bo Berg", "Cleo Dunn"}),
        (Rule(countries=("FI",), languages=("fi",)), {"Aino Salo", "Anna Alumna"}),
        (Rule(locations=("Turku", "London")), {"Aino Salo", "Cleo Dunn"}),
        (Rule(joined_before=date(2024, 6, 1)), {"Aino Salo"}),
        (Rule(joined_after=date(2024, 6, 1)), {"Bo Berg", "Cleo Dunn"}),
        (Rule(person_ids=(2, 5, 999)), {"Bo Berg"}),
    ],
)
def test_every_part_narrows_the_selection(company: Database, rule: Rule, expected: set[str]) -> None:
    assert names(company, rule) == expected
    assert company.read_now(audiences.count, rule, TODAY) == len(expected)
    size, some = company.read_now(audiences.look, rule, TODAY, 2)
    assert (size, some) == (len(expected), sorted(expected)[:2])


def test_a_preview_is_by_name_and_short(company: Database) -> None:
    assert [p.name for p in company.read_now(audiences.preview, Rule(), TODAY, 3)] == ["Aino Salo", "Anna Alumna", "Bo Berg"]


def test_one_person_can_be_asked_about(company: Database) -> None:
    assert company.read_now(audiences.is_member, Rule(kinds=("employee",)), TODAY, 1)
    assert not company.read_now(audiences.is_member, Rule(kinds=("employee",)), TODAY, 3)


def test_a_rule_that_selects_nobody_is_refused(company: Database) -> None:
    with pytest.raises(FieldRefusal, match="selects_nobody"):
        company.write_now(audiences.save, START, 1, "Empty", Rule(departments=("Law",)), TODAY)


def test_a_rule_that_selects_everybody_must_be_meant(company: Database) -> None:
    for rule in (Rule(), Rule(kinds=KINDS)):
        with pytest.raises(FieldRefusal, match="selects_everybody"):
            company.write_now(audiences.save, START, 1, "All", rule, TODAY)
    assert company.write_now(audiences.save, START, 1, "All", Rule(), TODAY, everybody=True).id


def test_names_are_unique_and_needed(company: Database) -> None:
    first = company.write_now(audiences.save, START, 1, " Sales ", Rule(departments=("Sales",)), TODAY)
    assert first.name == "Sales"
    with pytest.raises(FieldRefusal, match="name_taken"):
        company.write_now(audiences.save, START, 1, "Sales", Rule(languages=("fi",)), TODAY)
    with pytest.raises(FieldRefusal, match="name_missing"):
        company.write_now(audiences.save, START, 1, "  ", Rule(languages=("fi",)), TODAY)
    changed = company.write_now(audiences.save, START, 1, "Sales", Rule(languages=("fi",)), TODAY, id=first.id)
    assert changed.id == first.id and company.read_now(audiences.rule_of, first.id) == Rule(languages=("fi",))


@pytest.mark.parametrize(
    ("rule", "after"),
    [
        (Rule(person_ids=(2,), without_ids=(3,)), set()),
        (Rule(under_ids=(2,), kinds=("employee",)), set()),
        (Rule(under_ids=(2,), person_ids=(1, 2)), {"Aino Salo"}),
        (Rule(kinds=("contractor",), person_ids=(2,)), {"Cleo Dunn"}),
        (Rule(person_ids=(1, 2), without_ids=(2,)), {"Aino Salo"}),
    ],
)
def test_who_is_erased_leaves_every_rule_and_none_means_more_people_for_it(company: Database, rule: Rule, after: set[str]) -> None:
    company.write_now(lambda s: s.add(audiences.Audience(name="Some", rule=rule.to_json())))
    company.write_now(audiences.erase_person, 2)
    company.write_now(lambda s: setattr(s.get_one(Person, 2), "enrolled_at", None))
    kept = company.read_now(lambda s: Rule.from_json(s.exec(select(audiences.Audience)).one().rule))
    assert names(company, kept) == after


def test_a_retired_audience_is_not_offered_and_its_rule_still_counts(company: Database) -> None:
    row = company.write_now(audiences.save, START, 1, "Sales", Rule(departments=("Sales",)), TODAY)
    assert [a.name for a in company.read_now(audiences.offered)] == ["Sales"]
    company.write_now(audiences.retire, START, 1, row.id or 0)
    assert company.read_now(audiences.offered) == [] and company.read_now(audiences.rule_of, row.id) == Rule(departments=("Sales",))
    assert company.read_now(audiences.rule_of, None).is_everybody


words = st.lists(st.text(max_size=12), max_size=3).map(tuple)
rules = st.builds(
    Rule, kinds=words, departments=words, locations=words, countries=words, languages=words, person_ids=st.lists(st.integers(1, 10**9), max_size=4).map(tuple),
    joined_before=st.none() | st.dates(), joined_after=st.none() | st.dates(),
)  # fmt: skip


@given(rules)
def test_a_rule_is_read_back_as_it_was_stored(rule: Rule) -> None:
    assert Rule.from_json(rule.to_json()) == rule


@pytest.mark.parametrize("text", ["", "[]", "3", '{"sex": ["f"]}', '{"joined_before": "soon"}', '{"kinds": 3}', "null"])
def test_anything_else_is_no_rule(text: str) -> None:
    with pytest.raises(Refusal, match="unreadable"):
        Rule.from_json(text)
