"""100,000 random periods against a computation written from the rules alone, which shares nothing with the code.

It walks: from day to day over a set of days off that the almanac derives from the laws, month by month by tearing off
sheets, to the end of a day by asking the clock of the zone every quarter of an hour.
"""

import random
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from mandata.foundation.periods import Period, Reckoning, Regime, Unit, due
from tests.foundation.almanac import RULES, days_off

DAY = timedelta(1)
OFF = {code: days_off(code) for code in RULES}
CLOCKS = {
    "CZ": ("Europe/Prague", "Africa/Cairo"),
    "BE": ("Europe/Brussels", "America/Havana"),
    "IE": ("Europe/Dublin", "UTC"),
    "IT": ("Europe/Rome", "Asia/Beirut"),
    "DE": ("Europe/Berlin", "Atlantic/Azores"),
    "US": ("America/New_York", "America/Santiago"),
    "US-CA": ("America/Los_Angeles", "Asia/Kathmandu"),
}
MOST = {"hours": 1500, "days": 150, "working days": 60, "weeks": 26, "months": 30, "years": 3}


def works(day: date, code: str) -> bool:
    return day.isoweekday() < 6 and day not in OFF[code]


def walked(event: date, amount: int, unit: str, code: str) -> date:
    """Where the walk ends: "excluding the first day and including the last"."""
    day = event
    if unit == "working days":
        while amount:
            day += DAY
            if works(day, code):
                amount -= 1
        return day
    if unit in ("months", "years"):
        sheets = amount if unit == "months" else amount * 12
        year, month = event.year, event.month
        for _ in range(sheets):
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return date(year, month, min(event.day, monthrange(year, month)[1]))
    for _ in range(amount if unit == "days" else amount * 7):
        day += DAY
    return day


def moved(event: date, last: date, amount: int, unit: str, code: str) -> date:
    """Articles 3(4) and 3(5): on until a working day that is the second one, where there have to be two."""
    wanted = 1 if unit == "days" and amount == 1 else 2
    worked, day = 0, event
    while True:
        day += DAY
        worked += works(day, code)
        if day >= last and worked >= wanted and works(day, code):
            return day


@cache
def end(day: date, zone: str) -> datetime:
    """The first quarter of an hour in which the zone's clock shows a later day."""
    local = ZoneInfo(zone)
    instant = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
    while instant.astimezone(local).date() <= day:
        instant += timedelta(minutes=15)
    return instant


def readings(since: datetime, amount: int, unit: str, regime: str, code: str, zone: str) -> tuple[datetime, datetime]:
    """The strict and the statutory end."""
    if unit == "hours":
        seconds = int(since.timestamp())
        whole = seconds - seconds % 3600 + 3600 if regime == "eu_1182" else seconds
        return tuple(datetime.fromtimestamp(start + amount * 3600, UTC) for start in (seconds, whole))  # type: ignore[return-value]
    event = since.astimezone(ZoneInfo(zone)).date()
    last = walked(event, amount, unit, code)
    if unit == "working days" or regime == "plain":
        return end(last, zone), end(last, zone)
    if regime == "ca_gov_6800":
        return end(last - DAY if unit == "days" else last, zone), end(last, zone)
    return end(last, zone), end(moved(event, last, amount, unit, code), zone)


@pytest.mark.parametrize("seed", range(4))
def test_25_000_random_periods_end_where_a_walk_through_the_calendar_ends(seed: int) -> None:
    chance = random.Random(f"periods {seed}")
    begin = int(datetime(2024, 1, 2, tzinfo=UTC).timestamp())
    seconds = int(datetime(2029, 11, 1, tzinfo=UTC).timestamp()) - begin
    regimes, codes, units = tuple(Regime), tuple(CLOCKS), tuple(Unit)
    for _ in range(25_000):
        since = datetime.fromtimestamp(begin + chance.randrange(seconds), UTC)
        regime, code, unit = chance.choice(regimes), chance.choice(codes), chance.choice(units)
        zone = chance.choice(CLOCKS[code])
        amount = chance.randint(1, MOST[unit] if chance.random() < 0.5 else min(10, MOST[unit]))
        found = due(Period(amount, unit), since, Reckoning(regime, code, zone))
        expected = readings(since, amount, unit.value, regime.value, code, zone)
        assert (found.strict, found.statutory) == expected, (since, amount, unit, regime, code, zone)
