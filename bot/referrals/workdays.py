"""Working days: the week and the public holidays of the country in which somebody works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot import settings
from bot.people import Person

if TYPE_CHECKING:
    from holidays import HolidayBase

MORNING = time(9)  # by the clock of whoever is reminded
_FREE = frozenset({"public", "de_facto"})  # Swedish eves are not in the law, and yet nobody works on them


@dataclass(frozen=True)
class Calendar:
    """One country's working days (ISO 3166-1 code or English name, part of it by ISO 3166-2) by the clocks of one zone.

    A country that the library does not know has Saturdays and Sundays, and no holidays.
    """

    country: str
    subdivision: str
    time_zone: str

    def day(self, moment: datetime) -> date:
        """The calendar day here."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()

    def is_working(self, day: date) -> bool:
        """Neither at the weekend nor a public holiday."""
        known = _holidays(self.country, self.subdivision)
        return known.is_working_day(day) if known is not None else day.weekday() < 5

    def later(self, day: date, count: int) -> date:
        """The `count`th working day after a day; for 0 the day itself."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day

    def morning(self, day: date) -> datetime:
        """When the working day begins, as a moment."""
        return datetime.combine(day, MORNING, ZoneInfo(self.time_zone))

    def is_open(self, moment: datetime) -> bool:
        """A working day that has begun: nobody is reminded on a holiday."""
        day = self.day(moment)
        return self.is_working(day) and moment >= self.morning(day)


def calendar_of(session: Session, whose: list[Person]) -> Calendar:
    """The calendar of the one who is responsible; the company's (settings `calendar.…`) where there are several or the directory
    knows no country, by the first one's clock."""
    zone = whose[0].time_zone if whose else "UTC"
    if len(whose) == 1 and whose[0].country:
        return Calendar(whose[0].country, whose[0].subdivision, zone)
    return Calendar(str(settings.get(session, "calendar.country")), str(settings.get(session, "calendar.subdivision")), zone)


@lru_cache(64)
def _holidays(country: str, subdivision: str) -> HolidayBase | None:
    import holidays  # 15 MB, which only a deployment with referrals under way needs

    code, part = country.strip(), subdivision.strip().rpartition("-")[2]  # DE-BY is BY of DE
    known = holidays.list_supported_countries(include_aliases=True)
    code = code.upper() if code.upper() in known else _by_name(code)
    if not code:
        return None
    part = part if part in known[code] else part.upper() if part.upper() in known[code] else ""
    plain = holidays.country_holidays(code, subdiv=part or None)
    free = tuple(sorted(_FREE.intersection(plain.supported_categories)))
    return holidays.country_holidays(code, subdiv=part or None, categories=free or None)


def _by_name(name: str) -> str:
    """The code of a country by its English name, whatever its case; empty for one that is not known."""
    from holidays.registry import COUNTRIES

    plain = name.replace(" ", "").replace("_", "").casefold()
    return next((codes[1] for key, codes in COUNTRIES.items() if key.replace("_", "") == plain), "")
