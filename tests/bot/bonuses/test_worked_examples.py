"""Worked examples: each is a small story with its days and sums, meant to be read by an accountant."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from bonus_world import ZONE, World, make_world
from conftest import START, add_person
from sqlmodel import Session

from bot import bonuses, ledger, settings
from bot.bonuses import Share
from bot.db import Database
from bot.desks import explaining
from bot.errors import FieldRefusal, Refusal
from bot.messages import Card, Paragraph
from bot.money import Money, parse_money
from bot.plans import CampaignDraft, campaigns
from bot.referrals import Referral
from content.catalog import Words


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def entries(world: World) -> list[tuple[str, str, str]]:
    """The book as text: debit, credit, amount."""
    book = world.db.read_now(ledger.latest, 100)
    return [(e.debit_account, e.credit_account, f"{e.money.decimal}") for e in reversed(book)]


def test_one_hire_from_promise_to_payment(world: World) -> None:
    """500 € ninety days after Monday 2 March 2026 is due on Sunday 31 May 2026, and five hundred leaves the house once."""
    newcomer = add_person(world.db, "Uusi Tulija", start_on=date(2026, 3, 2))
    referral = world.refer(world.plan((90, "500.00")), hired=newcomer)
    (bonus,) = world.hire(referral, date(2026, 3, 2))
    assert (bonus.state, bonus.due_on, bonus.money) == ("accrued", date(2026, 5, 31), Money(50_000, "EUR"))
    payable = f"payable:person:{world.referrer.id}"
    assert entries(world) == [("expense:bonus", payable, "500.00")] and world.owed() == 50_000
    world.morning(date(2026, 3, 2))
    assert world.bonus(bonus.id).state == "waiting"
    world.morning(date(2026, 5, 30))
    assert world.bonus(bonus.id).state == "waiting", "a day too early"
    world.morning(date(2026, 5, 31))
    assert world.bonus(bonus.id).state == "eligible"
    world.approve(world.bonus(bonus.id))
    run = world.close_run()
    assert (run.number, run.total, run.bonus_count) == (1, Money(50_000, "EUR"), 1) and world.owed() == 0
    world.db.write_now(bonuses.payruns.pay, run.closed_at, world.payroll.id, run.id)
    assert world.bonus(bonus.id).state == "paid"
    assert entries(world) == [
        ("expense:bonus", payable, "500.00"), (payable, "payroll_clearing:run:1", "500.00"), ("payroll_clearing:run:1", "cash", "500.00"),
    ]  # fmt: skip
    assert world.db.read_now(ledger.verify).is_sound


def test_instalments_across_a_leap_day_are_counted_in_calendar_days(world: World) -> None:
    """Start 1 December 2027. 90 days later is 29 February 2028, a leap day; 180 days later is 29 May 2028."""
    referral = world.refer(world.plan((90, "100.00"), (180, "400.00")))
    first, second = world.hire(referral, date(2027, 12, 1))
    assert (first.due_on, first.money.amount_minor) == (date(2028, 2, 29), 10_000)
    assert (second.due_on, second.money.amount_minor) == (date(2028, 5, 29), 40_000)
    assert world.owed() == 50_000


@pytest.mark.parametrize(
    ("start_on", "due_on"),
    [
        (date(2026, 3, 1), date(2026, 5, 30)),  # clocks go forward on 29 March in between: one hour short of 90 x 24
        (date(2026, 9, 1), date(2026, 11, 30)),  # clocks go back on 25 October: one hour more
        (date(2026, 12, 29), date(2027, 3, 29)),
    ],
)
def test_daylight_saving_moves_no_due_day(start_on: date, due_on: date) -> None:
    from bot.plans import Instalment

    assert Instalment(90, Money(1, "EUR")).due_on(start_on) == due_on


def test_a_hundred_split_in_three_sums_to_a_hundred(world: World) -> None:
    """100.00 among three: 33.34 for the first share, 33.33 for the others. No cent is lost or made."""
    second, third = add_person(world.db, "Toinen Tuoja"), add_person(world.db, "Kolmas Tuoja")
    shares = [Share(p.id or 0) for p in (world.referrer, second, third)]
    made = world.hire(world.refer(world.plan((90, "100.00"))), date(2026, 3, 2), shares=shares)
    assert [(b.share_no, b.money.amount_minor) for b in made] == [(1, 3334), (2, 3333), (3, 3333)]
    assert [world.owed(p) for p in (world.referrer, second, third)] == [3334, 3333, 3333]


def test_two_parts_split_sixty_to_forty(world: World) -> None:
    """100.01 and 400.00, split 60 : 40: each part is split for itself, so each day's payments sum to that part."""
    other = add_person(world.db, "Toinen Tuoja")
    shares = [Share(world.referrer.id or 0, 60), Share(other.id or 0, 40)]
    made = world.hire(world.refer(world.plan((90, "100.01"), (180, "400.00"))), date(2026, 3, 2), shares=shares)
    assert [(b.milestone_no, b.share_no, b.amount_minor) for b in made] == [(1, 1, 6001), (1, 2, 4000), (2, 1, 24_000), (2, 2, 16_000)]


def test_a_cent_among_three_makes_one_bonus(world: World) -> None:
    others = [add_person(world.db, f"Tuoja {n}") for n in range(2)]
    made = world.hire(world.refer(world.plan((90, "0.01"))), date(2026, 3, 2), shares=[Share(p.id or 0) for p in (world.referrer, *others)])
    assert [(b.share_no, b.amount_minor) for b in made] == [(1, 1)]


def test_who_leaves_the_day_before_it_is_due_gets_nothing_and_the_book_is_even(world: World) -> None:
    newcomer = add_person(world.db, "Uusi Tulija")
    (bonus,) = world.hire(world.refer(world.plan((90, "500.00")), hired=newcomer), date(2026, 3, 2))
    world.morning(date(2026, 3, 2))
    world.change(newcomer, end_on=date(2026, 5, 30))
    world.morning(date(2026, 5, 31))
    gone = world.bonus(bonus.id)
    assert (gone.state, gone.reason, world.owed()) == ("forfeited", "hire_left", 0)
    assert world.db.read_now(ledger.balance, "expense:bonus", "EUR") == 0


def test_who_leaves_on_the_due_day_was_still_employed_on_it(world: World) -> None:
    """The last working day is the due day itself: both were employed on it, so it is payable."""
    newcomer = add_person(world.db, "Uusi Tulija")
    (bonus,) = world.hire(world.refer(world.plan((90, "500.00")), hired=newcomer), date(2026, 3, 2))
    world.morning(date(2026, 3, 2))
    world.change(world.referrer, end_on=date(2026, 5, 31))
    world.change(newcomer, end_on=date(2026, 5, 31))
    world.morning(date(2026, 5, 31))
    assert world.bonus(bonus.id).state == "eligible"


def test_a_leaver_is_noticed_as_soon_as_they_have_left(world: World) -> None:
    first, second = world.hire(world.refer(world.plan((90, "100.00"), (180, "400.00"))), date(2026, 3, 2))
    world.morning(date(2026, 3, 2))
    world.change(world.referrer, end_on=date(2026, 4, 1))
    world.morning(date(2026, 4, 1))
    assert world.bonus(first.id).state == "waiting", "the last day is still a day with us"
    world.morning(date(2026, 4, 2))
    assert [world.bonus(b.id).reason for b in (first, second)] == ["referrer_left"] * 2
    assert world.owed() == 0


def test_an_alumna_earns_without_being_employed(world: World) -> None:
    alumna = add_person(world.db, "Entinen Työntekijä", kind="alumna", end_on=date(2024, 1, 31))
    newcomer = add_person(world.db, "Uusi Tulija")
    (bonus,) = world.hire(world.refer(world.plan((30, "300.00")), alumna, hired=newcomer), date(2026, 3, 2))
    assert bonus.payee_type == "alumna" and bonus.wage_code == "REFERRAL-EXT"
    world.morning(date(2026, 3, 2))
    world.morning(date(2026, 4, 1))
    assert world.bonus(bonus.id).state == "eligible"


def test_payroll_sends_one_back_after_the_export(world: World) -> None:
    """Two bonuses in run 1; payroll cannot pay one. It goes back by a contra entry, and is paid with run 2. Run 1's file stays as it was."""
    newcomer = add_person(world.db, "Uusi Tulija")
    plan = world.plan((0, "500.00"))
    made = [world.hire(world.refer(plan, hired=newcomer), date(2026, 3, 2))[0] for _ in range(2)]
    world.morning(date(2026, 3, 2))
    world.morning(date(2026, 3, 2))
    for bonus in made:
        world.approve(world.bonus(bonus.id))
    first = world.close_run()
    before = world.db.read_now(bonuses.payruns.content, first)
    back = world.db.write_now(bonuses.payruns.send_back, first.closed_at, world.payroll.id, made[0].id, world.bonus(made[0].id).version)
    assert back.state == "approved" and world.owed() == 50_000
    assert world.db.read_now(ledger.balance, "payroll_clearing:run:1", "EUR") == -50_000
    world.db.write_now(bonuses.payruns.pay, first.closed_at, world.payroll.id, first.id)
    second = world.close_run()
    world.db.write_now(bonuses.payruns.pay, second.closed_at, world.payroll.id, second.id)
    assert (second.number, second.total.amount_minor) == (2, 50_000)
    assert world.db.read_now(bonuses.payruns.content, first) == before
    assert world.db.read_now(ledger.balance, "cash", "EUR") == -100_000 and world.owed() == 0
    assert world.db.read_now(ledger.verify).is_sound


def test_a_plan_changed_midway_leaves_the_promise_as_it_was(world: World) -> None:
    old = world.plan((90, "500.00"))
    referral = world.refer(old)
    world.plan((180, "50.00"))
    (bonus,) = world.hire(referral, date(2026, 3, 2))
    assert (bonus.money.amount_minor, bonus.due_on, bonus.plan_id) == (50_000, date(2026, 5, 31), old)


def test_without_a_plan_there_is_no_bonus_and_no_entry(world: World) -> None:
    assert world.hire(world.refer(None), date(2026, 3, 2)) == [] and entries(world) == []


def test_the_same_hire_heard_twice_changes_nothing(world: World) -> None:
    referral = world.refer(world.plan((90, "500.00")))
    once = world.hire(referral, date(2026, 3, 2))
    assert [b.id for b in world.hire(referral, date(2026, 3, 2))] == [b.id for b in once]
    assert len(entries(world)) == 1


@pytest.mark.parametrize("start_on", [date(2026, 3, 1), date(2028, 3, 3)])
def test_a_start_before_the_referral_or_years_away_is_refused(world: World, start_on: date) -> None:
    referral = world.refer(world.plan((90, "500.00")))
    with pytest.raises(FieldRefusal) as refused:
        world.hire(referral, start_on)
    assert refused.value.field == "start_on" and world.bonuses(referral) == []


def test_void_leaves_nothing_and_is_not_possible_after_the_export(world: World) -> None:
    newcomer = add_person(world.db, "Uusi Tulija")
    plan = world.plan((0, "500.00"))
    wrong, right = (world.hire(world.refer(plan, hired=newcomer), date(2026, 3, 2))[0] for _ in range(2))
    world.db.write_now(bonuses.void, wrong.created_at, world.hr.id, wrong.id, wrong.version)
    assert world.owed() == 50_000
    world.morning(date(2026, 3, 2))
    world.morning(date(2026, 3, 2))
    world.approve(world.bonus(right.id))
    world.close_run()
    with pytest.raises(Refusal):
        world.db.write_now(bonuses.void, right.created_at, world.hr.id, right.id, world.bonus(right.id).version)


def test_a_campaign_adds_its_extra_on_top_and_each_part_is_explained(world: World) -> None:
    """The plan gives 500 € after 90 days; the campaign of those weeks adds 250 € after 30. Two bonuses, two debts, one person."""
    campaign = started(world, "250.00", 30)
    referral = world.refer(world.plan((90, "500.00")))
    world.db.write_now(lambda s: setattr(s.get_one(Referral, referral), "campaign_id", campaign))
    extra, part = world.hire(referral, date(2026, 3, 2))
    assert [(b.milestone_no, str(b.due_on), b.amount_minor) for b in (extra, part)] == [(0, "2026-04-01", 25_000), (1, "2026-05-31", 50_000)]
    assert world.owed() == 75_000
    keys = [e.key for e in reversed(world.db.read_now(ledger.latest, 10))]
    assert keys == [f"referral:{referral}:hired:share:1:part:1", f"referral:{referral}:hired:share:1:campaign"]
    for bonus, words in ((extra, "On top of it, the campaign"), (part, "This part is €500.00")):
        card = world.db.read_now(lambda s, b=bonus: explaining.explanation_card(s, bonuses.explain(s, b.id), in_full=False))
        assert words in in_english(card) and "the plan promised €750.00 in all" in in_english(card)


def test_two_instalments_with_the_clocks_going_forward_and_a_leap_day_between(world: World) -> None:
    """First day 1 December 2027. 100 € on 29 February 2028; 400 € on 29 May 2028, and the night of 26 March has one hour less."""
    newcomer = add_person(world.db, "Uusi Tulija", start_on=date(2027, 12, 1))
    first, second = world.hire(world.refer(world.plan((90, "100.00"), (180, "400.00")), hired=newcomer), date(2027, 12, 1))
    world.morning(date(2027, 12, 1))
    for day, states in (
        (date(2028, 2, 28), ["waiting", "waiting"]), (date(2028, 2, 29), ["eligible", "waiting"]),
        (date(2028, 5, 28), ["eligible", "waiting"]), (date(2028, 5, 29), ["eligible", "eligible"]),
    ):  # fmt: skip
        world.morning(day)
        assert [world.bonus(b.id).state for b in (first, second)] == states, day


def test_the_first_day_is_put_right_by_contra_entries(world: World) -> None:
    """500 € were promised for 31 May. The newcomer began on 16 March: the promise is taken back and made anew, for 14 June."""
    referral = world.refer(world.plan((90, "500.00")))
    (old,) = world.hire(referral, date(2026, 3, 2))
    version = world.db.read_now(lambda s: s.get_one(Referral, referral).version)
    world.db.write_now(bonuses.correct_start, old.created_at, world.recruiter.id, referral, version, date(2026, 3, 16), ZONE)
    (new,) = world.bonuses(referral)
    payable = f"payable:person:{world.referrer.id}"
    assert (str(new.due_on), new.money, world.bonus(old.id).state) == ("2026-06-14", Money(50_000, "EUR"), "void")
    assert entries(world) == [("expense:bonus", payable, "500.00"), (payable, "expense:bonus", "500.00"), ("expense:bonus", payable, "500.00")]
    assert world.owed() == 50_000
    card = world.db.read_now(lambda s: explaining.explanation_card(s, bonuses.explain(s, old.id), in_full=True))
    assert f"Bonus no. {new.id} took its place: €500.00 on 14 June 2026." in in_english(card)


def test_asked_back_and_paid_back_leaves_no_cost(world: World) -> None:
    """500 € were paid on 2 March; the newcomer leaves on 20 March, and HR asks such money back for 30 days. It comes back in full."""
    world.db.write_now(settings.put, START, world.hr.id, "bonus.clawback_days", 30)
    newcomer = add_person(world.db, "Uusi Tulija")
    (bonus,) = world.hire(world.refer(world.plan((0, "500.00")), hired=newcomer), date(2026, 3, 2))
    for _ in range(2):
        world.morning(date(2026, 3, 2))
    world.approve(world.bonus(bonus.id))
    world.db.write_now(bonuses.payruns.pay, START, world.payroll.id, world.close_run().id)
    world.change(newcomer, end_on=date(2026, 3, 20))
    later = START + timedelta(days=19)
    assert world.db.write_now(bonuses.clawback.ask_back_leavers, later, later.date(), ZONE) == (1, False)
    owing = f"receivable:person:{world.referrer.id}"
    assert world.db.read_now(ledger.balance, owing, "EUR") == 50_000 and world.db.read_now(ledger.balance, "expense:bonus", "EUR") == 0
    world.db.write_now(bonuses.clawback.recover, later, world.hr.id, bonus.id, world.bonus(bonus.id).version)
    assert entries(world)[-2:] == [(owing, "expense:bonus", "500.00"), ("cash", owing, "500.00")]
    assert [world.db.read_now(ledger.balance, account, "EUR") for account in (owing, "cash", "expense:bonus")] == [0, 0, 0]


def started(world: World, amount: str, days: int) -> int:
    """A campaign that runs in the weeks of the examples; its id."""

    def start(session: Session) -> int:
        draft = CampaignDraft("Spring", parse_money(amount, "EUR"), days, date(2026, 3, 1), date(2026, 3, 31))
        row = campaigns.draft_campaign(session, START, world.hr.id, draft)
        return campaigns.start_campaign(session, START, world.hr.id, row.id or 0).id or 0

    return world.db.write_now(start)


def in_english(card: Card) -> str:
    """The paragraphs of a card."""
    return "\n".join(Words("en")(b.text) for b in card.blocks if isinstance(b, Paragraph))
