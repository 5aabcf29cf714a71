"""Which days are working days: Monday to Friday without the days off of a pinned table.

A table is data with a version (``tables.py``): it changes only with a new version, so that a due time once told can
be told again. A year outside the table has no days off but Saturdays and Sundays; ``covers`` says so.

Days are ordinals (``date.toordinal``): day 1 is a Monday, which makes weekdays and counts plain arithmetic.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from mandata.foundation.periods.tables import FIRST, LAST, TABLES, VERSIONS


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days off of one place. ``off`` holds those from Monday to Friday as sorted ordinals."""

    code: str
    version: str
    off: tuple[int, ...]
    first_year: int
    last_year: int

    @classmethod
    def of(
        cls, code: str, days: Iterable[date], version: str = "", years: tuple[int, int] = (FIRST, LAST)
    ) -> "Calendar":
        """A calendar from its days off, in any order; those on Saturday or Sunday make no difference."""
        off = sorted({day.toordinal() for day in days if day.weekday() < 5})
        return cls(code, version, tuple(off), *years)

    def working(self, day: int) -> bool:
        """Whether a day is a working day (Article 2(2) of Regulation 1182/71)."""
        if (day + 6) % 7 > 4:
            return False
        place = bisect_left(self.off, day)
        return place == len(self.off) or self.off[place] != day

    def between(self, after: int, until: int) -> int:
        """How many working days lie after one day and until another, which counts: (after, until]."""
        return _weekdays(until) - _weekdays(after) - self._off(after, until)

    def following(self, day: int) -> int:
        """The day itself where it is a working day, else the next one that is."""
        while not self.working(day):
            day += 1
        return day

    def later(self, day: int, amount: int) -> int:
        """The working day number ``amount`` (from 1) after a day, which does not count itself."""
        end, missing = day, amount
        while missing:
            begin, end = end, _weekday_number(_weekdays(end) + missing)
            missing = self._off(begin, end)
        return end

    def earlier(self, day: int, amount: int) -> int:
        """The working day number ``amount`` (from 1) before a day, which does not count itself."""
        end, missing = day, amount
        while missing:
            begin, end = end, _weekday_number(_weekdays(end - 1) - missing + 1)
            missing = self._off(end - 1, begin - 1)
        return end

    def covers(self, first: date, last: date) -> bool:
        """Whether the table holds every year from one day to another."""
        return self.first_year <= first.year and last.year <= self.last_year

    def _off(self, after: int, until: int) -> int:
        return bisect_right(self.off, until) - bisect_right(self.off, after)


def _weekdays(day: int) -> int:
    """How many days from Monday to Friday there are from day 1 until this one."""
    weeks, rest = divmod(day, 7)
    return weeks * 5 + min(rest, 5)


def _weekday_number(number: int) -> int:
    """The day that is number so-and-so among all days from Monday to Friday: the inverse of ``_weekdays``."""
    weeks, rest = divmod(number - 1, 5)
    return weeks * 7 + rest + 1


CODES: Final = tuple(TABLES)
"""The calendars that ship: countries by ISO 3166-1, California by ISO 3166-2."""


@cache
def calendar(code: str) -> Calendar:
    """The calendar of a code. Raises KeyError for one that does not ship."""
    return Calendar.of(code, _dates(TABLES[code]), f"{code} {VERSIONS[code]}")


def _dates(table: Mapping[int, str]) -> Iterable[date]:
    for year, days in table.items():
        for day in days.split():
            month, _, number = day.partition("-")
            yield date(year, int(month), int(number))
