"""Days off derived from the laws' rules, year by year: what the pinned tables are compared with."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

MON, THU, FRI, SAT, SUN = 0, 3, 4, 5, 6


def easter(year: int) -> date:
    """Easter Sunday: the Sunday after the first ecclesiastical full moon from 21 March (Gauss, with the corrections
    of the 20th and 21st centuries, and so right from 1900 to 2099)."""
    golden, shift = year % 19, (2 * (year % 4) + 4 * (year % 7))
    moon = (19 * golden + 24) % 30
    sunday = (shift + 6 * moon + 5) % 7
    if (moon == 29 and sunday == 6) or (moon == 28 and sunday == 6 and golden > 10):
        sunday -= 7
    return date(year, 3, 22) + timedelta(moon + sunday)


def weekday(year: int, month: int, day_of_week: int, number: int) -> date:
    """The first, second, ... such weekday of a month; -1 is the last."""
    found = [
        day
        for day in (date(year, month, 1) + timedelta(step) for step in range(31))
        if day.month == month and day.weekday() == day_of_week
    ]
    return found[number - 1 if number > 0 else number]


def fixed(year: int, *days: str) -> Iterator[date]:
    for day in days:
        yield date.fromisoformat(f"{year}-{day}")


def after_easter(year: int, *steps: int) -> Iterator[date]:
    for step in steps:
        yield easter(year) + timedelta(step)


def czechia(year: int) -> Iterator[date]:
    yield from fixed(year, "01-01", "05-01", "05-08", "07-05", "07-06", "09-28", "10-28", "11-17")
    yield from fixed(year, "12-24", "12-25", "12-26")
    yield from after_easter(year, -2, 1)


def belgium(year: int) -> Iterator[date]:
    yield from fixed(year, "01-01", "05-01", "07-21", "08-15", "11-01", "11-11", "12-25")
    yield from after_easter(year, 1, 39, 50)
    if year == 2026:  # on the Commission's list for this year, because 1 November is a Sunday
        yield date(2026, 11, 2)


def ireland(year: int) -> Iterator[date]:
    yield from fixed(year, "01-01", "03-17", "12-25", "12-26")
    yield from after_easter(year, 1)
    first = date(year, 2, 1)
    yield first if first.weekday() == FRI else weekday(year, 2, MON, 1)
    for month, number in ((5, 1), (6, 1), (8, 1), (10, -1)):
        yield weekday(year, month, MON, number)


def italy(year: int) -> Iterator[date]:
    yield from fixed(year, "01-01", "01-06", "04-25", "05-01", "06-02", "08-15", "11-01", "12-08", "12-25", "12-26")
    yield from after_easter(year, 1)
    if year >= 2026:
        yield date(year, 10, 4)


def germany(year: int) -> Iterator[date]:
    yield from fixed(year, "01-01", "05-01", "10-03", "12-25", "12-26")
    yield from after_easter(year, -2, 1, 39, 50)


def united_states(year: int) -> Iterator[date]:
    for month, day, number in ((1, MON, 3), (2, MON, 3), (5, MON, -1), (9, MON, 1), (10, MON, 2), (11, THU, 4)):
        yield weekday(year, month, day, number)
    for day_off in fixed(year, "01-01", "06-19", "07-04", "11-11", "12-25"):
        yield day_off
        if day_off.weekday() >= SAT:
            yield day_off + timedelta(-1 if day_off.weekday() == SAT else 1)


def california(year: int) -> Iterator[date]:
    for month, day, number in ((1, MON, 3), (2, MON, 3), (5, MON, -1), (9, MON, 1), (11, THU, 4)):
        yield weekday(year, month, day, number)
    yield weekday(year, 11, THU, 4) + timedelta(1)
    for day_off in fixed(year, "01-01", "03-31", "07-04", "11-11", "12-25"):
        yield day_off
        if day_off.weekday() == SUN:
            yield day_off + timedelta(1)
        elif day_off.weekday() == SAT and day_off.month == 11:
            yield day_off - timedelta(1)


RULES: dict[str, Callable[[int], Iterator[date]]] = {
    "CZ": czechia,
    "BE": belgium,
    "IE": ireland,
    "IT": italy,
    "DE": germany,
    "US": united_states,
    "US-CA": california,
}
YEARS = range(2024, 2033)


def days_off(code: str) -> frozenset[date]:
    """All days off from 2024 to 2032; an observed day may belong to a holiday of the year before or after."""
    found = {day for year in range(YEARS[0] - 1, YEARS[-1] + 2) for day in RULES[code](year)}
    return frozenset(day for day in found if day.year in YEARS)
