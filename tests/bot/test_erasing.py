"""Being erased: what goes, what stays, who may ask for it, and that nobody loses money by it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from bonus_world import World
from conftest import START, add_person
from referral_desk import company
from sqlalchemy import Text
from sqlmodel import AutoString, Session, col, select
from story_world import Talk, button, buttons, draft, published, shared, steps, text_of

from bot import audit, outbox, people, privacy, settings, stories
from bot.audit import AuditEntry
from bot.bonuses import Bonus, payruns
from bot.db import Database
from bot.desks import Deployment, candidate, clock_privacy, front, operator, tour
from bot.errors import Refusal
from bot.messages import Ask, Correct, Press
from bot.migrations.tables import metadata
from bot.outbox import Delivery, Receipt
from bot.people import Identity, Person, PersonChange
from bot.people.importing import import_csv
from bot.referrals import Referral
from bot.shares import Share
from bot.stories import Review, Story
from bot.vault import ANSWERS

MARKS = ("xenia", "quistgaard", "quist.social", "hand-written", "galley")  # her name, address, accounts, server, own words, department

# What becomes of every column that names a person, when that person is erased. A new column must be entered here, and thought about.
GONE, CLEARED, NUMBER = "the row goes", "emptied", "the number stays; nobody stands behind it"
NAMING = {
    "auditentry.actor_id": NUMBER, "bonus.beneficiary_id": NUMBER, "bonus.override_by": NUMBER, "bonusapproval.person_id": NUMBER,
    "bonusplan.created_by": NUMBER, "calendarkey.person_id": GONE, "campaign.created_by": NUMBER, "click.person_id": NUMBER, "clicktotal.person_id": NUMBER,
    "clipping.person_id": GONE,
    "delivery.person_id": NUMBER, "feed.author_id": CLEARED, "givencaptions.person_id": GONE, "identity.person_id": GONE, "identity.verified_by": GONE,
    "kept.actor_id": NUMBER, "jobopening.hiring_manager_id": NUMBER, "jobopening.recruiter_id": NUMBER, "lanepause.actor_id": NUMBER,
    "nurtureplan.author_id": NUMBER,
    "override.actor_id": NUMBER, "payrun.closed_by": NUMBER, "payrun.paid_by": NUMBER, "person.manager_id": CLEARED, "personchange.person_id": GONE,
    "persontopic.person_id": GONE, "recruiterleave.deputy_id": GONE, "recruiterleave.person_id": GONE, "referralnote.author_id": NUMBER,
    "referral.former_person_id": NUMBER, "referral.hired_person_id": NUMBER, "referral.recruiter_id": NUMBER,
    "referral.referrer_id": NUMBER, "referrallink.person_id": NUMBER, "referralshare.decided_by": NUMBER, "referralshare.person_id": NUMBER,
    "referralshare.proposed_by": NUMBER, "review.actor_id": NUMBER, "rolegrant.person_id": GONE, "setting.actor_id": NUMBER, "share.person_id": NUMBER,
    "signinlink.person_id": GONE, "stagechange.actor_id": NUMBER, "story.author_id": CLEARED, "story.proposer_id": CLEARED,
    "storychange.actor_id": NUMBER, "storypicture.author_id": CLEARED, "storyversion.actor_id": NUMBER, "strategy.author_id": NUMBER,
    "thanks.person_id": GONE, "websession.person_id": GONE,
}  # fmt: skip

# Where what she wrote, or what tells who she is, stood in clear before. A pay run's file (bytes) keeps the names: /privacy says so.
STOOD = {
    "caption.text", "delivery.reached", "identity.address", "identity.user", "person.department", "person.email", "person.location", "person.name",
    "personchange.new", "review.word", "share.caption", "share.instance", "story.summary", "story.title",
}  # fmt: skip


def naming() -> set[str]:
    """Every column that holds the id of a person."""
    return {
        f"{table.name}.{c.name}"
        for table in metadata.sorted_tables
        for c in table.columns
        if any(key.column.table.name == "person" for key in c.foreign_keys) or c.name in ("actor_id", "person_id") or c.name.endswith("_by")
    }


def marked(db: Database) -> set[str]:
    """Every text column of every table in which one of her marks stands."""

    def read(session: Session) -> set[str]:
        found = set()
        for table in metadata.sorted_tables:
            texts = [c for c in table.columns if isinstance(c.type, AutoString | Text)]
            for row in session.execute(select(*texts)) if texts else ():
                found |= {f"{table.name}.{c.name}" for c, value in zip(texts, row, strict=True) if any(mark in str(value).lower() for mark in MARKS)}
        return found

    return db.read_now(read)


def one(db: Database, model: Any, *where: Any) -> Any:
    return db.read_now(lambda s: s.exec(select(model).where(*where).order_by(col(model.id).desc())).first())


def ask(db: Database, deployment: Deployment, person: Person, actor: Person | None = None) -> bool:
    return db.write_now(privacy.ask_erasure, deployment.vault, START, actor.id if actor else person.id, person.id or 0)


def tick(db: Database, deployment: Deployment, days: float) -> None:
    for step in clock_privacy.STEPS.values():
        while db.write_now(step, deployment, START + timedelta(days=days)):
            pass


async def a_busy_life(db: Database, deployment: Deployment) -> Person:
    """Xenia did everything a colleague can do."""
    hr, curator = add_person(db, "Nora Holm", "hr"), add_person(db, "Ceci Berg", "curator")
    xenia = add_person(db, "Xenia Quistgaard", department="Galley", location="Galley island", manager_id=hr.id, start_on=date(2020, 1, 1))
    talk = Talk(db, deployment)
    for platform in ("slack", "teams"):
        db.write_now(people.link, START, platform, "T1", f"U-XENIA-{platform}", "D-XENIA", xenia.email, "platform")
    url = db.write_now(front.sign_in_link, deployment, xenia.email, START)
    assert db.write_now(front.open_session, url.rpartition("/")[2], START)
    db.write_now(front.sign_in_link, deployment, xenia.email, START)
    out = published(db, deployment, xenia)
    await talk.press(xenia, "story.share", str(out.id))
    form = (await talk.press(xenia, "story.caption", f"{out.id}:0:mastodon")).form
    assert "Hand-written" in text_of(await talk.submit(xenia, form, text="Hand-written by me", network="mastodon", instance="quist.social"))
    shared(db, deployment, xenia, out)
    for caption in ("Hand-written too", ""):
        form = (await talk.command(xenia, "vinkki", "propose")).form
        await talk.submit(xenia, form, link="https://meri.example/y", title="Hand-written title", why="Hand-written why", caption=caption)
    refused = one(db, Story)
    db.write_now(stories.decide, START, curator.id or 0, refused.id, refused.version, approve=False, word="Dear Xenia, not this one")
    await talk.command(xenia, "referrals")
    await talk.submit(xenia, (await talk.command(xenia, "refer")).form, opening="", language="en")
    await talk.command(hr, "admin", "people quistgaard")  # HR's answer shows her
    steps(db, deployment, START)

    def told(session: Session) -> None:
        session.add(PersonChange(person_id=xenia.id or 0, field="department", old="", new="Galley", at=START))
        for row in session.exec(select(Delivery).where(Delivery.person_id == xenia.id)):
            row.state, row.reached, row.reference = "sent", "D-XENIA", "1700.1"
        outbox.owe(session, START, "later:xenia's", "story_test", out.id or 0, session.get_one(Person, xenia.id), START + timedelta(days=1))
        session.exec(select(Delivery).where(Delivery.key == "later:xenia's")).one().key = "later:person"

    db.write_now(told)
    return xenia


def test_every_column_that_names_a_person_has_a_fate() -> None:
    assert naming() - set(NAMING) == set(), "decide what becomes of it, let the noun do it in its erase_person, and enter it above"


async def test_who_is_erased_stands_in_no_column_of_any_table(db: Database, deployment: Deployment) -> None:
    xenia = await a_busy_life(db, deployment)
    assert marked(db) == STOOD
    seen = {r.key: r.answer for r in db.read_now(lambda s: list(s.exec(select(Receipt))))}
    assert any(db.read_now(lambda s, a=a: "Quistgaard" in (deployment.vault.open_for(s, ANSWERS, a) or "")) for a in seen.values())
    assert ask(db, deployment, xenia)
    assert marked(db) == set()
    assert [db.read_now(lambda s, a=a: deployment.vault.open_for(s, ANSWERS, a)) for a in seen.values()] == [None] * len(seen)

    def pointing(session: Session) -> set[str]:
        found = set()
        for name in naming() - {"identity.verified_by"}:
            table, column = (metadata.tables[name.split(".")[0]], name.split(".")[1])
            if session.execute(select(table).where(table.c[column] == xenia.id)).first():
                found.add(name)
        return found

    assert pointing_fates(db.read_now(pointing)) <= {NUMBER}
    assert {d.state for d in db.read_now(lambda s: list(s.exec(select(Delivery).where(Delivery.person_id == xenia.id))))} <= {"sent", "cancelled"}
    assert one(db, Person, Person.id == xenia.id).erased_at == START and one(db, Share).story_id
    assert one(db, AuditEntry, AuditEntry.what == "person.erased").subject_id == xenia.id


def pointing_fates(names: set[str]) -> set[str]:
    assert names, "something must point to her still: ledger, referrals, shares"
    return {NAMING[name] for name in names}


async def test_erasing_oneself_says_first_what_goes_and_needs_a_tick(db: Database, deployment: Deployment) -> None:
    aino, talk = add_person(db, "Aino Salo", kind="alumna"), Talk(db, deployment)
    card = (await talk.command(aino, "vinkki", "settings")).card
    asked = await talk.press(aino, button(card, "profile.erase"))
    assert isinstance(asked, Ask) and "What goes: your name" in text_of(asked) and "staff list" not in text_of(asked)
    assert isinstance(await talk.submit(aino, asked.form), Correct)
    assert "your data is erased" in text_of(await talk.submit(aino, asked.form, sure="yes"))
    assert one(db, Person, Person.id == aino.id).name == "–" and db.read_now(tour.characters) == [], "nobody in the demo can become a number"
    kept = db.read_now(lambda s: [deployment.vault.open_for(s, ANSWERS, r.answer) for r in s.exec(select(Receipt))])
    assert set(kept) == {None}, "nothing of the farewell is kept either"
    again = await talk.submit(aino, asked.form, sure="yes")
    assert again.card.tone == "refusal"


async def test_an_employee_is_told_that_the_staff_list_brings_the_name_back_and_comes_back_without_taking_part(db: Database, deployment: Deployment) -> None:
    aino, talk = add_person(db, "Aino Salo"), Talk(db, deployment)
    form = (await talk.press(aino, "profile.erase")).form
    assert "the staff list of Meri Oy brings your name and address back" in text_of(form)
    await talk.submit(aino, form, sure="yes")
    report = import_csv(db, deployment, START, None, ["email,name\n", "aino.salo@meri.example,Aino Salo\n", "bo.ek@meri.example,Bo Ek\n"], allow_retire=True)
    back, other = one(db, Person, Person.email == "aino.salo@meri.example"), one(db, Person, Person.email == "bo.ek@meri.example")
    assert report.joined == 2 and back.id != aino.id and back.enrolled_at is None and other.enrolled_at == START
    await talk.press(back, "profile.join")
    assert one(db, Person, Person.id == back.id).enrolled_at == START
    db.write_now(lambda s: s.delete(s.get_one(Person, back.id)))
    import_csv(db, deployment, START, None, ["email,name\n", "aino.salo@meri.example,Aino Salo\n", "bo.ek@meri.example,Bo Ek\n"], allow_retire=True)
    assert one(db, Person, Person.email == "aino.salo@meri.example").enrolled_at == START, "who came back of their own will is not kept out"


def test_an_alumna_who_asked_to_be_erased_is_not_brought_back_by_a_file(db: Database, deployment: Deployment) -> None:
    aino = add_person(db, "Aino Salo", kind="alumna")
    ask(db, deployment, aino)
    lines = ["email,name,kind\n", "Aino.Salo@meri.example,Aino Salo,alumna\n", "bo.ek@meri.example,Bo Ek,alumna\n"]
    report = import_csv(db, deployment, START, None, lines)
    assert [(r.line, r.key) for r in report.refused] == [(2, "people.import.asked_out")] and report.joined == 1
    assert one(db, Person, Person.email == "aino.salo@meri.example") is None
    assert db.write_now(operator.welcome, deployment, "Aino.Salo@meri.example") and not db.write_now(operator.welcome, deployment, "aino.salo@meri.example")
    assert import_csv(db, deployment, START, None, lines).refused == ()
    assert one(db, Person, Person.email == "aino.salo@meri.example").enrolled_at == START


async def test_whoever_holds_a_role_gives_it_away_first(db: Database, deployment: Deployment) -> None:
    rita, talk = add_person(db, "Rita Ranta", "recruiter"), Talk(db, deployment)
    hr = add_person(db, "Nora Holm", "hr")
    assert "You hold a role" in text_of(await talk.press(rita, "profile.erase"))
    assert "This person holds a role" in text_of(await talk.press(hr, "people.erase", str(rita.id)))
    with pytest.raises(Refusal, match=r"privacy\.erase\.roles"):
        ask(db, deployment, rita)
    assert one(db, Person, Person.id == rita.id).name == "Rita Ranta"


async def test_hr_erases_somebody_who_asked_and_the_audit_says_who_did(db: Database, deployment: Deployment) -> None:
    hr, aino = add_person(db, "Nora Holm", "hr"), add_person(db, "Aino Salo", end_on=START.date() - timedelta(days=9))
    talk = Talk(db, deployment)
    card = (await talk.press(hr, "people.open", str(aino.id))).card
    form = (await talk.press(hr, button(card, "people.erase"))).form
    assert "Aino Salo" in text_of(form) and "still works here" not in text_of(form)
    assert isinstance(await talk.submit(hr, form), Correct)
    done = await talk.submit(hr, form, sure="yes")
    assert "Nothing here tells any more who this was" in text_of(done) and "Aino" not in text_of(done)
    assert one(db, AuditEntry, AuditEntry.what == "person.erased").actor_id == hr.id
    assert "Nobody found" in text_of(await talk.command(hr, "admin", "people erased")), "the empty row is no hit"
    assert "nobody here any more" in text_of(await talk.submit(hr, form, sure="yes"))
    for value in (str(aino.id), "999999"):
        assert (await talk.press(hr, "people.open", value)).card.tone == "refusal"


def with_bonus(db: Database, deployment: Deployment, **referrer: Any) -> tuple[World, Person, Bonus]:
    """A referrer with one bonus of 500 € that waits for its day, and the newcomer."""
    names = {n: add_person(db, n.title(), n) for n in ("hr", "payroll", "recruiter")}
    world = World(db, names["hr"], add_person(db, "Other Hr", "hr"), names["payroll"], names["recruiter"], add_person(db, "Aino Salo", **referrer))
    newcomer = add_person(db, "Bo Ek", start_on=START.date())
    (bonus,) = world.hire(world.refer(world.plan((90, "500.00")), hired=newcomer), START.date())
    world.morning(START.date())
    return world, newcomer, world.bonus(bonus.id)


async def test_a_bonus_that_is_not_paid_yet_is_said_first_paid_and_then_the_entry_goes_by_itself(db: Database, deployment: Deployment) -> None:
    world, _, bonus = with_bonus(db, deployment)
    aino, talk = world.referrer, Talk(db, deployment)
    shared(db, deployment, aino, published(db, deployment, world.hr))
    form = (await talk.press(aino, "profile.erase")).form
    assert "1 bonus still waits for your entry" in text_of(form)
    assert "you are out, and your words are erased" in text_of(await talk.submit(aino, form, sure="yes")).lower()
    waiting = one(db, Person, Person.id == aino.id)
    assert (waiting.name, waiting.enrolled_at, waiting.erase_asked_at) == ("Aino Salo", None, START) and one(db, Share).caption == ""
    card = (await talk.command(aino, "vinkki", "settings")).card
    assert "you asked to be erased" in text_of(card) and "profile.erase" not in {b.action for b in buttons(card)}
    assert "Asked to be erased" in text_of(await talk.press(world.hr, "people.open", str(aino.id)))

    tick(db, deployment, 1)
    due = START.date() + timedelta(days=90)
    world.morning(due)
    world.approve(world.bonus(bonus.id))
    run = world.close_run()
    assert b"Aino Salo" in db.read_now(payruns.content, run)
    tick(db, deployment, 91)
    assert one(db, Person, Person.id == aino.id).name == "Aino Salo", "exported is not paid"
    db.write_now(lambda s: setattr(s.get_one(Bonus, bonus.id), "state", "paid"))
    tick(db, deployment, 92)
    assert one(db, Person, Person.id == aino.id).name == "–"


def test_a_newcomer_in_somebodys_qualifying_period_stays_until_it_is_over(db: Database, deployment: Deployment) -> None:
    world, newcomer, bonus = with_bonus(db, deployment)
    assert not ask(db, deployment, newcomer)
    tick(db, deployment, 1)
    world.morning(START.date() + timedelta(days=2))
    assert world.bonus(bonus.id).state == "waiting", "a colleague loses nothing by it"
    assert one(db, Person, Person.id == newcomer.id).end_on is None


async def test_whoever_asked_can_think_better_of_it_while_a_bonus_waits(db: Database, deployment: Deployment) -> None:
    world, _, bonus = with_bonus(db, deployment)
    assert not ask(db, deployment, world.referrer)
    await Talk(db, deployment).press(world.referrer, "profile.join")
    db.write_now(lambda s: setattr(s.get_one(Bonus, bonus.id), "state", "paid"))
    tick(db, deployment, 200)
    aino = one(db, Person, Person.id == world.referrer.id)
    assert (aino.name, aino.erase_asked_at, aino.enrolled_at) == ("Aino Salo", None, START)


def test_leavers_are_erased_when_the_rules_no_longer_look_back_and_no_bonus_waits(db: Database, deployment: Deployment) -> None:
    world, _, bonus = with_bonus(db, deployment, kind="alumna")
    left, alumna, waits = (
        add_person(db, "Leo Lind", end_on=START.date()), add_person(db, "Anni Alanko", kind="alumna", end_on=START.date()), world.referrer,
    )  # fmt: skip
    world.change(waits, kind="employee", end_on=START.date())
    tick(db, deployment, 365)
    assert one(db, Person, Person.id == left.id).name == "Leo Lind"
    tick(db, deployment, 367)
    assert [one(db, Person, Person.id == p.id).erased_at is not None for p in (left, alumna, waits)] == [True, False, False]
    assert bonus.state != "paid"
    db.write_now(lambda s: setattr(s.get_one(Bonus, bonus.id), "state", "paid"))
    tick(db, deployment, 367)
    assert one(db, Person, Person.id == waits.id).name == "–"


async def test_a_referral_under_way_brings_an_erased_person_no_bonus_and_they_are_told_before(db: Database, deployment: Deployment) -> None:
    names = {n: add_person(db, n.title(), n) for n in ("hr", "payroll", "recruiter")}
    world = World(db, names["hr"], names["hr"], names["payroll"], names["recruiter"], add_person(db, "Aino Salo", kind="alumna"))
    referral = world.refer(world.plan((90, "500.00")))
    form = (await Talk(db, deployment).press(world.referrer, "profile.erase")).form
    assert "1 referral of yours is still under way" in text_of(form)
    assert ask(db, deployment, world.referrer)
    db.write_now(settings.put, START, None, "bonus.exclude_contractors", False)  # not only because the empty row counts as one
    assert {b.state for b in world.hire(referral, START.date())} == {"forfeited"}
    assert one(db, Referral).stage == "hired" and world.owed() == 0


async def test_a_repeated_event_whose_answer_is_gone_is_told_so_and_has_no_second_effect(lite: Database, deployment: Deployment) -> None:
    from bot import desks
    from bot.messages import Caller, Event

    hr, aino = add_person(lite, "Nora Holm", "hr"), add_person(lite, "Aino Salo", kind="alumna")
    event = Event("again", Caller("portal", "", str(hr.id)), Press("people.open", str(aino.id)))
    assert "Aino Salo" in text_of((await desks.hear(lite, deployment, event, START)).answer)
    assert "Aino Salo" in text_of((await desks.hear(lite, deployment, event, START)).answer)
    ask(lite, deployment, aino)
    before = len(lite.read_now(lambda s: list(s.exec(select(AuditEntry)))))
    assert "That was heard already" in text_of((await desks.hear(lite, deployment, event, START)).answer)
    assert len(lite.read_now(lambda s: list(s.exec(select(AuditEntry))))) == before


async def test_what_a_recruiter_was_answered_about_a_candidate_does_not_outlive_the_candidates_erasure(db: Database, deployment: Deployment) -> None:
    meri = company(db, deployment)
    referral, token = await meri.confirmed()
    await meri.hear(meri.rita, Press("referral.take", f"{referral.id}:{referral.version}"))
    await meri.hear(meri.rita, Press("referral.open", f"{referral.id}:{referral.version + 1}"))

    def readable() -> str:
        return db.read_now(lambda s: " ".join(deployment.vault.open_for(s, ANSWERS, r.answer) or "" for r in s.exec(select(Receipt))))

    assert "Meikäläinen" in readable()
    db.write_now(candidate.erase, deployment, token, START)
    assert readable().strip() == ""


async def test_what_was_published_stays_without_saying_who_proposed_it(db: Database, deployment: Deployment) -> None:
    hr, aino, talk = add_person(db, "Nora Holm", "hr"), add_person(db, "Aino Salo", kind="alumna"), Talk(db, deployment)
    row = db.write_now(stories.propose, START, aino, draft())
    db.write_now(stories.decide, START, hr.id or 0, row.id or 0, row.version, approve=True, word="Lovely, Aino")
    ask(db, deployment, aino)
    kept = one(db, Story)
    assert (kept.title, kept.proposer_id, kept.author_id, one(db, Review).word) == ("What ice sounds like", None, None, "")
    assert await talk.press(hr, "story.open", str(kept.id))


def test_the_operator_can_erase_somebody_by_address(lite: Database, deployment: Deployment) -> None:
    aino = add_person(lite, "Aino Salo", kind="alumna")
    assert lite.write_now(operator.erase, deployment, START, "AINO.salo@meri.example")
    assert one(lite, Person, Person.id == aino.id).name == "–" and one(lite, Identity) is None
    assert lite.read_now(audit.history, "person", aino.id or 0)[-1].actor_id is None
    with pytest.raises(Refusal, match="nothing_kept"):
        lite.write_now(operator.erase, deployment, START, "aino.salo@meri.example")
