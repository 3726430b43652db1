"""Money: integers, one currency, parts that sum to the whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refusal
from bot.money import Money, parse_money

WEIGHTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(any)


@given(st.integers(0, 10**12), WEIGHTS)
def test_parts_sum_to_the_whole(minor: int, weights: list[int]) -> None:
    parts = Money(minor, "EUR").split(weights)
    assert sum(p.amount_minor for p in parts) == minor and len(parts) == len(weights)


@given(st.integers(0, 10**12), WEIGHTS)
def test_no_part_is_a_cent_or_more_away_from_its_exact_share(minor: int, weights: list[int]) -> None:
    total = sum(weights)
    for part, weight in zip(Money(minor, "EUR").split(weights), weights, strict=True):
        assert abs(part.amount_minor * total - minor * weight) < total


@given(st.integers(0, 10**12), WEIGHTS)
def test_the_same_question_has_the_same_answer_and_weight_nothing_gets_nothing(minor: int, weights: list[int]) -> None:
    whole = Money(minor, "EUR")
    assert whole.split(weights) == whole.split(weights)
    assert all(p.amount_minor == 0 for p, w in zip(whole.split(weights), weights, strict=True) if not w)


@given(st.integers(0, 10**12), st.integers(1, 12))
def test_equal_weights_differ_by_a_cent_at_most_the_earlier_ones_first(minor: int, count: int) -> None:
    parts = [p.amount_minor for p in Money(minor, "EUR").split([1] * count)]
    assert max(parts) - min(parts) <= 1 and parts == sorted(parts, reverse=True)


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1]])
def test_shares_that_cannot_be_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Money(100, "EUR").split(weights)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="cannot mix"):
        Money(1, "EUR") + Money(1, "SEK")
    with pytest.raises(ValueError, match="cannot mix"):
        Money(1, "EUR") - Money(1, "SEK")


@pytest.mark.parametrize("amount", [1.0, True, "1", None])
def test_only_whole_numbers_are_amounts(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "€", "EU1"])
def test_only_iso_codes_are_currencies(currency: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, currency)


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("500", "EUR", 50_000), ("500.00", "EUR", 50_000), ("499,5", "EUR", 49_950), (" 1 000 ", "EUR", 100_000), ("1\u00a0000,50", "EUR", 100_050),
        ("500", "JPY", 500), ("1.234", "BHD", 1234), ("0", "EUR", 0),
    ],
)  # fmt: skip
def test_typed_amounts_are_read(typed: str, currency: str, minor: int) -> None:
    assert parse_money(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("", "money.unreadable"), ("abc", "money.unreadable"), ("1e3", "money.unreadable"), ("1,000.00", "money.unreadable"), ("500 €", "money.unreadable"),
        ("nan", "money.unreadable"), ("9" * 13, "money.unreadable"), ("-5", "money.negative"), ("1.234", "money.too_precise"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_reason(typed: str, key: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_money(typed, "EUR")
    assert refused.value.key == key


@given(st.integers(0, 10**13))
def test_what_is_written_is_read_back(minor: int) -> None:
    assert parse_money(str(Money(minor, "EUR").decimal), "EUR") == Money(minor, "EUR")
