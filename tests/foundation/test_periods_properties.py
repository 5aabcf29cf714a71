"""What holds of every period, whatever the event, the amount and the days off."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mandata.foundation.periods import (
    CODES,
    Calendar,
    Due,
    Period,
    Reckoning,
    Regime,
    Unit,
    ahead,
    before,
    calendar,
    due,
    earliest_effect,
)
from mandata.foundation.periods.counting import last_day

PATIENT = settings(deadline=None)
"""A busy machine may take its time: the first question of a zone reads a file."""
ZONES = (
    "Europe/Prague",
    "America/Los_Angeles",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Pacific/Apia",
    "UTC",
)
LONGEST = {Unit.HOURS: 2000, Unit.DAYS: 400, Unit.WORKING_DAYS: 250, Unit.WEEKS: 60, Unit.MONTHS: 40, Unit.YEARS: 5}
DAYS = [unit for unit in Unit if unit is not Unit.HOURS]

instants = st.datetimes(datetime(2022, 1, 1), datetime(2034, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
reckonings = st.builds(Reckoning, st.sampled_from(Regime), st.sampled_from(CODES), st.sampled_from(ZONES))
periods = st.sampled_from(Unit).flatmap(
    lambda unit: st.builds(Period, st.integers(1, LONGEST[unit] - 1), st.just(unit))
)
in_days = periods.filter(lambda period: period.unit is not Unit.HOURS)
days = st.dates(date(2023, 6, 1), date(2033, 6, 1)).map(date.toordinal)


def longer(period: Period) -> Period:
    return Period(period.amount + 1, period.unit)


@PATIENT
@given(periods, instants, reckonings)
def test_a_period_ends_after_its_event_and_strictly_no_later_than_by_statute(
    period: Period, since: datetime, reckoning: Reckoning
) -> None:
    found = due(period, since, reckoning)
    assert since < found.strict <= found.statutory
    assert found.since == since


@PATIENT
@given(in_days, instants, st.sampled_from(CODES), st.sampled_from(ZONES))
def test_the_statutory_last_day_is_a_working_day_under_the_regulation(
    period: Period, since: datetime, code: str, zone: str
) -> None:
    last = due(period, since, Reckoning(Regime.EU_1182, code, zone)).last_day
    assert last is not None
    assert calendar(code).working(last.toordinal())
    assert last > since.astimezone(ZoneInfo(zone)).date()


@PATIENT
@given(periods, instants, instants, reckonings)
def test_a_later_event_never_ends_earlier(period: Period, one: datetime, other: datetime, reckoning: Reckoning) -> None:
    first, second = (due(period, event, reckoning) for event in sorted((one, other)))
    assert first.strict <= second.strict
    assert first.statutory <= second.statutory


@PATIENT
@given(periods, instants, instants, reckonings)
def test_a_later_effect_never_asks_for_an_earlier_notice(
    period: Period, one: datetime, other: datetime, reckoning: Reckoning
) -> None:
    first, second = (before(period, effect, reckoning) for effect in sorted((one, other)))
    assert first.strict <= second.strict
    assert first.statutory <= second.statutory


@PATIENT
@given(periods, instants, reckonings)
def test_a_longer_period_never_ends_earlier(period: Period, since: datetime, reckoning: Reckoning) -> None:
    short, long = due(period, since, reckoning), due(longer(period), since, reckoning)
    assert short.strict <= long.strict
    assert short.statutory <= long.statutory


@PATIENT
@given(in_days, days, st.sampled_from(CODES))
def test_an_end_moves_by_no_more_than_a_run_of_days_off_and_two_days(period: Period, event: int, code: str) -> None:
    table = calendar(code)
    ends = last_day(period, event, Regime.EU_1182, table)
    run = longest = 0
    for day in range(ends.unmoved - 40, ends.unmoved + 40):
        run = 0 if table.working(day) else run + 1
        longest = max(longest, run)
    assert ends.unmoved <= ends.rolled <= ends.last <= ends.unmoved + longest + 2


@PATIENT
@given(days, st.integers(1, 400), st.sampled_from(CODES))
def test_months_end_in_their_month_on_the_same_date_or_its_last(event: int, amount: int, code: str) -> None:
    start = date.fromordinal(event)
    end = date.fromordinal(last_day(Period(amount, Unit.MONTHS), event, Regime.EU_1182, calendar(code)).unmoved)
    assert (end.year - start.year) * 12 + end.month - start.month == amount
    assert end.day == start.day or (end.day < start.day and (end + timedelta(1)).day == 1)


@PATIENT
@given(instants, st.integers(1, 20), reckonings)
def test_a_year_is_twelve_months(since: datetime, years: int, reckoning: Reckoning) -> None:
    by_years, by_months = (
        due(Period(amount, unit), since, reckoning) for amount, unit in ((years, Unit.YEARS), (12 * years, Unit.MONTHS))
    )
    assert (by_years.strict, by_years.statutory) == (by_months.strict, by_months.statutory)


@PATIENT
@given(days, st.integers(1, 400), st.sampled_from(CODES))
def test_weeks_keep_the_day_of_the_week_before_they_are_moved(event: int, amount: int, code: str) -> None:
    ends = last_day(Period(amount, Unit.WEEKS), event, Regime.EU_1182, calendar(code))
    assert date.fromordinal(ends.unmoved).weekday() == date.fromordinal(event).weekday()


@PATIENT
@given(in_days, days, st.lists(st.integers(0, 500), max_size=40), st.integers(0, 500), st.sampled_from(Regime))
def test_one_more_day_off_never_ends_a_period_earlier(
    period: Period, event: int, steps: list[int], more: int, regime: Regime
) -> None:
    some = [date.fromordinal(event + step) for step in steps]
    fewer, all_of_them = Calendar.of("XX", some), Calendar.of("XX", [*some, date.fromordinal(event + more)])
    assert last_day(period, event, regime, fewer).last <= last_day(period, event, regime, all_of_them).last


@PATIENT
@given(days, st.integers(2, 30), st.lists(st.integers(0, 60), max_size=40))
def test_two_days_or_more_contain_two_working_days(event: int, amount: int, steps: list[int]) -> None:
    table = Calendar.of("XX", [date.fromordinal(event + step) for step in steps])
    ends = last_day(Period(amount, Unit.DAYS), event, Regime.EU_1182, table)
    assert sum(table.working(day) for day in range(event + 1, ends.last + 1)) >= 2


@PATIENT
@given(st.integers(1, LONGEST[Unit.HOURS]), instants, reckonings, reckonings)
def test_hours_depend_neither_on_zone_nor_on_calendar(
    amount: int, since: datetime, one: Reckoning, other: Reckoning
) -> None:
    assume(one.regime is other.regime)
    first, second = (due(Period(amount, Unit.HOURS), since, reckoning) for reckoning in (one, other))
    assert (first.strict, first.statutory) == (second.strict, second.statutory)
    assert first.strict - since == timedelta(hours=amount)
    assert first.statutory - first.strict <= timedelta(hours=1)


@PATIENT
@given(periods, instants, reckonings)
def test_the_same_question_gets_the_same_answer_to_the_letter(
    period: Period, since: datetime, reckoning: Reckoning
) -> None:
    def letters(found: Due) -> str:
        return f"{found.strict.isoformat()} {found.statutory.isoformat()} {found.calendar_version} {found.explanation}"

    assert letters(due(period, since, reckoning)) == letters(due(period, since, reckoning))


@PATIENT
@given(instants, st.integers(1, 3), st.integers(1, 3), reckonings)
def test_an_extension_reckoned_from_receipt_contains_the_first_period(
    receipt: datetime, first: int, more: int, reckoning: Reckoning
) -> None:
    within, whole = (due(Period(amount, Unit.MONTHS), receipt, reckoning) for amount in (first, first + more))
    assert within.statutory <= whole.strict


@PATIENT
@given(periods, instants, reckonings)
def test_a_notice_before_the_strict_instant_lets_the_effect_come_in_time(
    period: Period, effect: datetime, reckoning: Reckoning
) -> None:
    found = before(period, effect, reckoning)
    assert found.strict <= found.statutory <= effect
    assert earliest_effect(period, found.strict - timedelta(microseconds=1), reckoning) <= effect


@PATIENT
@given(periods, instants, reckonings)
def test_what_is_notified_ahead_waits_the_whole_period(
    period: Period, notified: datetime, reckoning: Reckoning
) -> None:
    found = ahead(period, notified, reckoning)
    assert found.statutory == earliest_effect(period, notified, reckoning)
    unmoved = due(period, notified, Reckoning(Regime.PLAIN, reckoning.calendar, reckoning.zone))
    assert found.statutory >= unmoved.statutory
    assert "no working day" not in found.explanation


@PATIENT
@given(days, st.integers(1, 400), st.lists(st.integers(-600, 600), max_size=60))
def test_the_arithmetic_of_working_days_is_that_of_a_walk(event: int, amount: int, steps: list[int]) -> None:
    table = Calendar.of("XX", [date.fromordinal(event + step) for step in steps])
    for step, jump in ((1, table.later), (-1, table.earlier)):
        day, left = event, amount
        while left:
            day += step
            left -= table.working(day)
        assert jump(event, amount) == day
    assert table.between(event, table.later(event, amount)) == amount


@pytest.mark.parametrize("unit", DAYS)
@PATIENT
@given(instants)
def test_the_end_of_a_day_is_the_beginning_of_the_next(unit: Unit, since: datetime) -> None:
    for zone in ZONES:
        found = due(Period(3, unit), since, Reckoning(Regime.EU_1182, "DE", zone))
        assert found.last_day is not None
        local = ZoneInfo(zone)
        assert (found.statutory - timedelta(microseconds=1)).astimezone(local).date() == found.last_day
        assert found.statutory.astimezone(local).date() == found.last_day + timedelta(1)
