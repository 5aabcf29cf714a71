"""The pinned days off are those that the laws' rules give, and change only with their version."""

import hashlib
from datetime import date
from pathlib import Path

import pytest

from mandata.foundation.periods import CODES, Regime, Unit, calendar
from mandata.foundation.periods.tables import FIRST, LAST, TABLES, VERSIONS
from tests.foundation.almanac import RULES, YEARS, days_off, easter

# A digest changes only together with its version: what was told by a version can be told again.
PINNED = {
    "CZ": ("2026.1", "3504834c0be1846d"),
    "BE": ("2026.1", "c4778f1918f39074"),
    "IE": ("2026.1", "ce4530c35847a105"),
    "IT": ("2026.1", "3bcd9c5c653778ff"),
    "DE": ("2026.1", "91bcbfeee7c8998e"),
    "US": ("2026.1", "639bf9e33d4a78fe"),
    "US-CA": ("2026.1", "40be0ac6bab917d2"),
}


def pinned(code: str) -> set[date]:
    return {date.fromisoformat(f"{year}-{day}") for year, days in TABLES[code].items() for day in days.split()}


def test_every_calendar_of_the_specification_ships_for_every_year() -> None:
    assert set(CODES) == set(RULES) == {"CZ", "BE", "IE", "IT", "DE", "US", "US-CA"}
    assert (FIRST, LAST) == (YEARS[0], YEARS[-1]) == (2024, 2032)
    assert all(list(table) == list(YEARS) for table in TABLES.values())


@pytest.mark.parametrize("code", CODES)
def test_the_pinned_days_are_those_of_the_law(code: str) -> None:
    assert pinned(code) == days_off(code)


@pytest.mark.parametrize("code", CODES)
def test_a_table_changes_only_with_its_version(code: str) -> None:
    digest = hashlib.sha256("".join(sorted(day.isoformat() for day in pinned(code))).encode()).hexdigest()[:16]
    assert (VERSIONS[code], digest) == PINNED[code]
    assert calendar(code).version == f"{code} {VERSIONS[code]}"


def test_easter_is_where_the_churches_had_it() -> None:
    known = ["2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01", "2030-04-21"]
    assert [easter(2024 + place).isoformat() for place in range(7)] == known
    assert [easter(year).isoformat() for year in (1954, 1981, 2049, 2076)] == [
        *("1954-04-18", "1981-04-19", "2049-04-18", "2076-04-19")
    ]


@pytest.mark.parametrize(
    ("code", "day", "working"),
    [
        ("CZ", "2026-04-03", False),  # Good Friday
        ("IE", "2026-04-03", True),  # none in Ireland
        ("DE", "2026-05-14", False),  # Ascension
        ("IT", "2025-10-04", False),  # a Saturday before San Francesco was one
        ("IT", "2027-10-04", False),  # San Francesco, a Monday
        ("BE", "2026-11-02", False),  # on the Commission's list
        ("US", "2027-12-31", False),  # New Year's Day 2028 is a Saturday
        ("US", "2032-12-31", False),  # and so is that of 2033
        ("US", "2026-06-19", False),
        ("US-CA", "2026-06-19", True),  # Juneteenth does not close the state's offices
        ("US-CA", "2026-03-31", False),
        ("US-CA", "2024-04-01", False),  # 31 March was a Sunday
        ("US-CA", "2028-11-10", False),  # 11 November is a Saturday
        ("US-CA", "2026-11-27", False),  # the day after Thanksgiving
        ("US-CA", "2026-10-12", True),
        ("US", "2026-10-12", False),
    ],
)
def test_a_day_is_a_working_day_or_not(code: str, day: str, working: bool) -> None:
    assert calendar(code).working(date.fromisoformat(day).toordinal()) is working


def test_outside_its_years_a_calendar_knows_weekends_only_and_says_so() -> None:
    czech = calendar("CZ")
    assert czech.working(date(2033, 12, 26).toordinal())
    assert not czech.working(date(2033, 12, 25).toordinal())
    assert not czech.covers(date(2032, 12, 31), date(2033, 1, 1))
    assert czech.covers(date(2024, 1, 1), date(2032, 12, 31))


def test_the_page_on_legal_time_tells_every_calendar_regime_and_unit() -> None:
    page = (Path(__file__).parents[2] / "docs" / "legal-time.md").read_text(encoding="utf-8")
    assert all(f"| `{code}` |" in page for code in CODES)
    assert all(f"`{regime}`" in page for regime in Regime)
    assert all(unit.value in page for unit in Unit)
