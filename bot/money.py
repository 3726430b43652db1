"""Money: integer minor units with a currency. No float, no exchange, parts that sum to the whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.errors import Refusal

# ISO 4217 minor units other than two; everything not listed has two.
_EXPONENTS = {"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0} | {
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3
}  # fmt: skip
# ISO 4217, the currencies of countries that are in use; funds, metals and test codes are left out.
CURRENCIES = frozenset({
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD", "BND", "BOB", "BRL", "BSD", "BTN",
    "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB",
    "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR",
    "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD",
    "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR",
    "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE",
    "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU",
    "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
})  # fmt: skip
_AMOUNT = re.compile(r"(?P<sign>[-\N{MINUS SIGN}]?)(?P<whole>\d{1,12})(?:[.,](?P<part>\d{1,9}))?\Z", re.ASCII)


def exponent(currency: str) -> int:
    """How many decimals the currency has (ISO 4217)."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, order=True)
class Money:
    """An amount in minor units (cents) of one currency (ISO 4217, upper case)."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.amount_minor, bool) or not isinstance(self.amount_minor, int):
            raise TypeError("amount_minor is an integer number of minor units")
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise ValueError("currency is an ISO 4217 code")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot mix {self.currency} with {other.currency}")

    @property
    def decimal(self) -> Decimal:
        """The amount as an exact decimal number of major units."""
        return Decimal(self.amount_minor).scaleb(-exponent(self.currency))

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Parts in proportion to the whole-number weights, by largest remainder; their sum is this amount.

        Equal remainders go to the earlier share, so the same question always has the same answer.
        """
        return [Money(part, self.currency) for part in split(self.amount_minor, weights)]


def split(whole: int, weights: Sequence[int]) -> list[int]:
    """A whole number in parts by largest remainder, as `Money.split` does it: cents, or days off."""
    total = sum(weights)
    if total <= 0 or any(w < 0 for w in weights) or whole < 0:
        raise ValueError("weights are not negative and not all zero; the whole is not negative")
    floors = [whole * w // total for w in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(whole * weights[i] % total), i))
    for i in order[: whole - sum(floors)]:
        floors[i] += 1
    return floors


def parse_money(text: str, currency: str) -> Money:
    """Read a typed amount ("500", "500.00", "500,00") as money of `currency`.

    Raises Refusal `money.unreadable` or `money.too_precise`; negative amounts are `money.negative`.
    """
    found = _AMOUNT.match(text.strip().replace("\N{NO-BREAK SPACE}", "").replace(" ", ""))
    if found is None:
        raise Refusal("money.unreadable", text=text[:40])
    if found["sign"]:
        raise Refusal("money.negative")
    digits, part = exponent(currency), found["part"] or ""
    if len(part) > digits:
        raise Refusal("money.too_precise", currency=currency, count=digits)
    return Money(int(found["whole"]) * 10**digits + int(part.ljust(digits, "0") or "0"), currency)
