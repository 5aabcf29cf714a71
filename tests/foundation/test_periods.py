"""Legal time: golden vectors, the two readings, backward periods, instants, refusals."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from mandata.foundation.periods import (
    Period,
    Reckoning,
    Regime,
    Unit,
    Unreckonable,
    before,
    due,
    earliest_effect,
    tell,
)

PRAGUE = ZoneInfo("Europe/Prague")
CZECH = Reckoning(Regime.EU_1182, "CZ", "Europe/Prague")
BELGIAN = Reckoning(Regime.EU_1182, "BE", "Europe/Brussels")
PLAIN = Reckoning(Regime.PLAIN, "CZ", "Europe/Prague")
CALIFORNIAN = Reckoning(Regime.CA_GOV_6800, "US-CA", "America/Los_Angeles")


def at(text: str) -> datetime:
    """An instant: with an offset as it says, without one by the clock of Prague; a day alone is its 15:20."""
    instant = datetime.fromisoformat(text if "T" in text else f"{text}T15:20:00")
    return instant if instant.tzinfo else instant.replace(tzinfo=PRAGUE)


GOLDEN = [
    ("2022-08-31", "1 month", "2022-09-30", CZECH),
    ("2024-03-05", "1 month", "2024-04-05", CZECH),
    ("2019-09-03", "1 month", "2019-10-03", CZECH),
    ("2026-01-31", "1 month", "2026-03-02", CZECH),
    ("2028-01-31", "1 month", "2028-02-29", CZECH),
    ("2026-01-31", "3 months", "2026-04-30", CZECH),
    ("2025-11-30", "3 months", "2026-03-02", CZECH),
    ("1998-03-12", "3 weeks", "1998-04-02", CZECH),
    ("2026-06-05", "2 days", "2026-06-09", CZECH),
    ("2026-06-04", "2 days", "2026-06-08", CZECH),
    ("2026-11-24", "1 month", "2026-12-28", CZECH),
    ("2026-03-03", "1 month", "2026-04-07", CZECH),
    ("2026-03-30", "10 working days", "2026-04-15", CZECH),
    ("2026-03-30", "10 working days", "2026-04-14", BELGIAN),
    ("2026-01-31", "90 days", "2026-05-04", CZECH),
]


@pytest.mark.parametrize(("event", "period", "last", "reckoning"), GOLDEN)
def test_a_period_ends_on_the_day_of_the_golden_vector(
    event: str, period: str, last: str, reckoning: Reckoning
) -> None:
    found = due(Period.parse(period), at(event), reckoning)
    assert found.last_day == date.fromisoformat(last)
    next_day = date.fromisoformat(last) + timedelta(1)
    assert found.statutory.astimezone(ZoneInfo(reckoning.zone)).isoformat()[:19] == f"{next_day}T00:00:00"


def test_72_hours_from_a_friday_afternoon_end_on_monday_by_both_readings() -> None:
    found = due(Period.parse("72 hours"), at("2026-06-05T17:05"), CZECH)
    assert (found.strict, found.statutory) == (at("2026-06-08T17:05"), at("2026-06-08T18:00"))
    assert found.last_day is None


def test_hours_are_counted_across_a_change_of_clocks() -> None:
    found = due(Period.parse("48 hours"), at("2026-10-24T15:20"), CZECH)
    assert (found.strict, found.statutory) == (at("2026-10-26T14:20"), at("2026-10-26T15:00"))


@pytest.mark.req("BRE-1")
def test_the_example_of_the_breach_notice_is_reckoned_in_utc() -> None:
    found = due(
        Period.parse("48 hours"), at("2026-03-27T22:30:00+01:00"), Reckoning(Regime.EU_1182, "IT", "Europe/Rome")
    )
    assert found.strict.isoformat() == "2026-03-29T21:30:00+00:00"
    assert found.statutory.isoformat() == "2026-03-29T22:00:00+00:00"


def test_the_hour_of_the_event_is_not_counted_even_on_its_first_second() -> None:
    found = due(Period.parse("1 hour"), at("2026-06-05T15:00:00+00:00"), CZECH)
    assert found.statutory == at("2026-06-05T17:00:00+00:00")


def test_strict_is_the_end_of_the_unmoved_day() -> None:
    found = due(Period.parse("1 month"), at("2026-01-31"), CZECH)
    assert (found.strict, found.statutory) == (at("2026-03-01T00:00"), at("2026-03-03T00:00"))


def test_an_event_just_after_midnight_belongs_to_the_day_of_the_agreements_zone() -> None:
    found = due(Period.parse("1 month"), at("2026-03-31T22:30:00+00:00"), CZECH)
    assert found.last_day == date(2026, 5, 4)  # 1 April in Prague; 1 May is a holiday, a Friday


def test_plain_moves_nothing() -> None:
    found = due(Period.parse("1 month"), at("2026-01-31"), PLAIN)
    assert found.strict == found.statutory == at("2026-03-01T00:00")
    hours = due(Period.parse("48 hours"), at("2026-06-05T15:20"), PLAIN)
    assert hours.strict == hours.statutory == at("2026-06-07T15:20")


@pytest.mark.req("CCP-3")
def test_california_counts_the_day_of_receipt_strictly_and_leaves_it_out_by_statute() -> None:
    receipt = at("2026-05-01T09:00:00-07:00")
    found = due(Period.parse("45 days"), receipt, CALIFORNIAN)
    assert found.strict == at("2026-06-15T00:00:00-07:00")  # the end of D + 44
    assert found.statutory == at("2026-06-16T00:00:00-07:00")
    assert found.last_day == date(2026, 6, 15)
    whole = due(Period.parse("90 days"), receipt, CALIFORNIAN)
    assert whole.last_day == receipt.date() + timedelta(90)


def test_business_days_of_california_leave_out_the_states_holidays() -> None:
    found = due(Period.parse("10 working days"), at("2026-11-20T10:00:00-08:00"), CALIFORNIAN)
    assert found.last_day == date(2026, 12, 8)  # without Thanksgiving and the day after
    assert found.strict == found.statutory


def test_a_months_extension_is_one_period_from_receipt() -> None:
    chained = due(Period.parse("2 months"), at("2026-02-28"), CZECH)
    assert chained.last_day == date(2026, 4, 28)
    assert due(Period.parse("3 months"), at("2026-01-31"), CZECH).last_day == date(2026, 4, 30)


@pytest.mark.req("SPR-2")
def test_notice_thirty_clear_days_ahead_takes_effect_on_the_thirty_first() -> None:
    assert earliest_effect(Period.parse("30 days"), at("2026-05-01"), CZECH) == at("2026-06-01T00:00")
    assert earliest_effect(Period.parse("1 month"), at("2026-01-31"), CZECH) == at("2026-03-01T00:00")
    assert earliest_effect(Period.parse("12 hours"), at("2026-05-01T15:20"), CZECH) == at("2026-05-02T04:00")
    assert earliest_effect(Period.parse("12 hours"), at("2026-05-01T15:20"), PLAIN) == at("2026-05-02T03:20")


def test_a_backward_period_is_not_moved_off_days_off() -> None:
    found = before(Period.parse("30 days"), at("2026-06-01T00:00"), CZECH)  # 2 May is a Saturday
    assert (found.strict, found.statutory) == (at("2026-05-02T00:00"), at("2026-05-03T00:00"))
    assert found.last_day == date(2026, 5, 2)
    assert before(Period.parse("1 month"), at("2026-03-31"), CZECH).last_day == date(2026, 2, 28)
    assert before(Period.parse("10 working days"), at("2026-04-15"), CZECH).last_day == date(2026, 3, 30)


def test_hours_counted_backwards_leave_out_the_hour_of_the_effect() -> None:
    found = before(Period.parse("12 hours"), at("2026-03-29T05:30"), CZECH)  # clocks changed in between
    assert (found.strict, found.statutory) == (at("2026-03-28T16:00"), at("2026-03-28T16:30"))
    assert before(Period.parse("12 hours"), at("2026-03-29T05:30"), PLAIN).strict == at("2026-03-28T16:30")


@pytest.mark.parametrize(
    ("zone", "event", "end"),
    [
        ("America/Santiago", "2026-09-04", "2026-09-06T04:00:00+00:00"),  # Sunday begins at 01:00
        ("America/Santiago", "2026-04-03", "2026-04-05T04:00:00+00:00"),  # Saturday has its last hour twice
        ("Africa/Cairo", "2026-04-22", "2026-04-23T22:00:00+00:00"),  # Friday begins at 01:00
        ("America/Havana", "2026-10-30", "2026-11-01T04:00:00+00:00"),  # Sunday has its first hour twice
        ("America/St_Johns", "2010-11-05", "2010-11-07T03:30:00+00:00"),  # back at 00:01: midnight comes twice
        ("Pacific/Apia", "2011-12-28", "2011-12-30T10:00:00+00:00"),  # 30 December was left out
        ("America/Toronto", "1919-03-29", "1919-03-31T04:30:00+00:00"),  # 23:30 to 00:30: midnight never came
    ],
)
def test_a_day_ends_once_however_the_clocks_are_changed(zone: str, event: str, end: str) -> None:
    start = datetime.fromisoformat(f"{event}T12:00").replace(tzinfo=ZoneInfo(zone))
    found = due(Period.parse("1 day"), start, Reckoning(Regime.PLAIN, "CZ", zone))
    assert found.statutory == datetime.fromisoformat(end)
    tick = timedelta(microseconds=1)
    assert (found.statutory - tick).astimezone(ZoneInfo(zone)).date() <= date.fromisoformat(event) + timedelta(1)
    assert found.statutory.astimezone(ZoneInfo(zone)).date() > date.fromisoformat(event) + timedelta(1)


@pytest.mark.parametrize(
    ("said", "period"),
    [
        ("3 months", Period(3, Unit.MONTHS)),
        ("1 month", Period(1, Unit.MONTHS)),
        ("1 months", Period(1, Unit.MONTHS)),
        ("10 working days", Period(10, Unit.WORKING_DAYS)),
        ("99999 hours", Period(99999, Unit.HOURS)),
    ],
)
def test_a_period_is_read_as_agreements_and_batches_state_it(said: str, period: Period) -> None:
    assert Period.parse(said) == period
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    "said",
    [
        *("", "0 days", "-1 days", "1.5 days", "1e3 days", "100000 days", "01 day", "1  day", "1 day ", "1 fortnight"),
        *("days", "\u0661 day", "1 Day", "1 day\n"),
    ],
)
def test_what_is_no_period_is_not_read(said: str) -> None:
    with pytest.raises(ValueError, match="10 working days"):
        Period.parse(said)


@pytest.mark.parametrize(
    ("period", "since", "reckoning", "said"),
    [
        ("1 day", "2026-01-01T00:00", Reckoning(Regime.PLAIN, "XX", "UTC"), "no calendar XX"),
        ("1 day", "2026-01-01T00:00", Reckoning(Regime.PLAIN, "us_ca", "UTC"), "Did you mean US-CA?"),
        ("1 day", "2026-01-01T00:00", Reckoning(Regime.PLAIN, "CZ", "Europe/Praha"), "no time zone Europe/Praha"),
        ("1 day", "2026-01-01T00:00", Reckoning(Regime.PLAIN, "CZ", "Europe"), "no time zone"),
        ("1 day", "2026-01-01T00:00", Reckoning(Regime.PLAIN, "CZ", "../../etc/passwd"), "no time zone"),
        ("1 day", "2026-01-01T00:00", Reckoning(Regime.PLAIN, "CZ", "right/UTC"), "no time zone"),
        ("1 day", "2026-01-01T00:00", Reckoning(Regime.PLAIN, "CZ", "Europe/\x00"), "no time zone"),
        ("1 day", "9999-12-31T00:00", CZECH, "outside the years"),
        ("99999 years", "2026-01-01T00:00", CZECH, "outside the years"),
        ("99999 months", "2026-01-01T00:00", CZECH, "outside the years"),
        ("99999 weeks", "8500-01-01T00:00", CZECH, "outside the years"),
        ("99999 working days", "9900-01-01T00:00", CZECH, "outside the years"),
        ("24 hours", "9999-12-31T12:00", CZECH, "outside the years"),
        ("1 hour", "9999-12-31T23:30:00-10:00", CZECH, "outside the years"),
        ("1 hour", "0001-01-01T00:30:00+10:00", CZECH, "outside the years"),
    ],
)
def test_what_cannot_be_counted_is_refused_in_words(period: str, since: str, reckoning: Reckoning, said: str) -> None:
    with pytest.raises(Unreckonable) as refused:
        due(Period.parse(period), at(since), reckoning)
    assert said in f"{refused.value.message} {refused.value.remedy}"


@pytest.mark.parametrize("period", ["99999 years", "99999 working days", "99999 weeks", "99999 hours"])
def test_what_lies_before_the_year_one_is_refused_in_words(period: str) -> None:
    with pytest.raises(Unreckonable, match="outside the years"):
        before(Period.parse(period), datetime(10, 1, 1, tzinfo=UTC), CZECH)


def test_an_instant_without_an_offset_is_refused() -> None:
    for count in (due, before, earliest_effect):
        with pytest.raises(Unreckonable, match="no offset"):
            count(Period.parse("1 day"), datetime(2026, 1, 1), CZECH)  # noqa: DTZ001


def test_the_answer_does_not_depend_on_the_offset_in_which_the_event_was_told() -> None:
    here = at("2026-03-31T23:30:00+02:00")
    there = here.astimezone(timezone(timedelta(hours=-11)))
    assert due(Period.parse("1 month"), here, CZECH) == due(Period.parse("1 month"), there, CZECH)


def test_an_explanation_tells_every_step_with_its_article() -> None:
    told = due(Period.parse("2 days"), at("2026-06-05"), CZECH).explanation
    assert told == (
        "Counted by Regulation (EEC, Euratom) No 1182/71, with the CZ calendar and the clock of Europe/Prague. "
        "The day of the event, Friday 5 June 2026, is not counted. "
        "2 days from it: the last day is Sunday 7 June 2026. "
        "Strict reading: it ends there, at 24:00. "
        "Statutory reading: that is no working day, the next one is Monday 8 June 2026 (Article 3(4)); so that the "
        "period has two working days, its last day is Tuesday 9 June 2026 (Article 3(5))."
    )


def test_an_explanation_of_hours_names_both_ends_by_the_agreements_clock() -> None:
    told = due(Period.parse("48 hours"), at("2026-03-27T22:30:00+01:00"), CZECH).explanation
    assert "48 hours from Friday 27 March 2026, 22:30 itself, until Sunday 29 March 2026, 23:30." in told
    assert "it runs from Friday 27 March 2026, 23:00 and ends on Monday 30 March 2026, 00:00" in told


def test_an_explanation_warns_where_the_calendar_ends() -> None:
    warning = "pinned for 2024 to 2032 only"
    assert warning in due(Period.parse("2 months"), at("2032-12-01"), CZECH).explanation
    assert warning in due(Period.parse("2 working days"), at("2023-12-28"), PLAIN).explanation
    assert warning not in due(Period.parse("2 months"), at("2032-12-01"), PLAIN).explanation
    assert warning not in due(Period.parse("2 months"), at("2032-10-01"), CZECH).explanation
    assert warning not in due(Period.parse("48 hours"), at("2040-10-01"), CZECH).explanation


def test_the_version_of_the_calendar_is_kept_with_the_answer() -> None:
    assert due(Period.parse("1 month"), at("2026-01-31"), CZECH).calendar_version == "CZ 2026.1"


def test_steps_can_be_told_in_another_language() -> None:
    class Shouting:
        def gettext(self, message: str, /) -> str:
            return message.upper() if "{" not in message else message

        def ngettext(self, one: str, many: str, number: int, /) -> str:
            return "{n} X"

        def __hash__(self) -> int:
            return 7

    told = tell(due(Period.parse("1 month"), at("2026-02-10"), PLAIN).steps, Shouting())
    assert "TUESDAY 10 FEBRUARY 2026" in told
    assert "1 X from it" in told
