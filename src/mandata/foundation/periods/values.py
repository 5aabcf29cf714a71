"""What legal time is made of: periods, regimes, and how an agreement counts them.

Sources: Regulation (EEC, Euratom) No 1182/71; California Government Code § 6800. See docs/legal-time.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from mandata.foundation.errors import Refused
from mandata.foundation.words import ENGLISH, Words


class Unit(StrEnum):
    """Units of legal periods; working days are those of the agreement's calendar."""

    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"

    __hash__ = str.__hash__  # Enum's own is written in Python, and a batch asks for it some times a line


_UNITS: Final[Mapping[str, Unit]] = {
    "hour": Unit.HOURS,
    "day": Unit.DAYS,
    "working day": Unit.WORKING_DAYS,
    "week": Unit.WEEKS,
    "month": Unit.MONTHS,
    "year": Unit.YEARS,
}
_PERIOD: Final = re.compile(r"([1-9][0-9]{0,4}) (hour|day|working day|week|month|year)s?")


@dataclass(frozen=True, slots=True)
class Period:
    """A length of legal time as an agreement states it: amount (1 to 99999) and unit.

    It is not yet a number of seconds.
    """

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> "Period":
        """``"48 hours"``, ``"10 working days"``, ``"1 month"``.

        Raises ValueError for anything else, "0 days" included.
        """
        found = _PERIOD.fullmatch(text)
        if found is None:
            raise ValueError(
                "a period is a whole number and hours, days, working days, weeks, months or years: '10 working days'"
            )
        return cls(int(found[1]), _UNITS[found[2]])

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.value[:-1] if self.amount == 1 else self.unit.value}"


class Regime(StrEnum):
    """By which rules a period is counted.

    ``eu_1182``: Regulation 1182/71; an end on a day off moves to the next working day (Article 3(4)), and two days or
    more contain at least two working days (3(5)). ``plain``: as the words say, nothing moves. ``ca_gov_6800``:
    California; the first day is left out, nothing moves.
    """

    EU_1182 = "eu_1182"
    PLAIN = "plain"
    CA_GOV_6800 = "ca_gov_6800"

    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How an agreement counts: regime, calendar of days off ("CZ"), IANA time zone ("Europe/Prague")."""

    regime: Regime
    calendar: str
    zone: str


class Unreckonable(Refused):
    """A period that cannot be counted: unknown calendar or zone, a time without a zone, an end beyond year 9999."""

    code = "period.unreckonable"
    status = 422


Filling = date | datetime | Period | int | str
"""What fills a message: days and instants (in the agreement's zone, which is the value's own), periods, numbers,
names.
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of an explanation: a message id and what fills it, so that it can be told in any language."""

    message: str
    filling: tuple[tuple[str, Filling], ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """When a period ends, by two readings.

    ``strict`` and ``statutory`` are UTC: the first instant after the period by the earliest defensible reading and by
    the statute's. ``strict <= statutory``, always. Our duties are scheduled on the strict one; a right of the other
    side holds until the statutory one. ``last_day`` is the statutory last day, None for hours. ``calendar_version``
    names the table of days off that was used. ``period`` is None where something is due at once.
    """

    period: Period | None
    since: datetime
    strict: datetime
    statutory: datetime
    last_day: date | None
    calendar_version: str
    steps: tuple[Step, ...]

    @property
    def explanation(self) -> str:
        """How it was counted, in English."""
        return self.explain(ENGLISH)

    def explain(self, words: Words) -> str:
        """How it was counted, in the language that ``words`` speaks (the domain of the agreements)."""
        from mandata.foundation.periods.telling import tell

        return tell(self.steps, words)
