"""When notice and objection have run, by each agreement of the library; edges to the second, across summer time."""

from datetime import UTC, datetime, timedelta

import pytest

from mandata.agreements import library
from mandata.agreements.rules import terms
from mandata.subprocessors.rules import settling, windows
from mandata.subprocessors.rules.windows import Windows
from tests.world import NOON


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def times(name: str, kind: str = "add", *, since: datetime = NOON, planned: datetime | None = None) -> Windows:
    return windows.count(library.load(name), kind, since, planned or since)


# Notice delivered on Monday, 2 March 2026, 12:00 UTC. Each end is the first instant after the period, in UTC, worked
# out by hand: (notice clause's end, objection clause's end). One line for each agreement of the library.
TABLE = {
    # open; our target is 14 days for both, to Monday the 16th
    "acomware": ("2026-03-16T23:00+00:00", "2026-03-16T23:00+00:00"),
    # ten working days from Tuesday the 3rd to Monday the 16th; California is on summer time since the 8th
    "ccpa-7051": ("2026-03-17T07:00+00:00", "2026-03-17T07:00+00:00"),
    # before the change (our target: 5 days, never moved); 5 days from receipt: Saturday the 7th, so Monday the 9th
    "ecomail": ("2026-03-07T23:00+00:00", "2026-03-09T23:00+00:00"),
    "everymail": ("2026-03-17T07:00+00:00", "2026-03-17T07:00+00:00"),
    # 30 days: Wednesday, 1 April
    "gdpr-art28": ("2026-04-01T22:00+00:00", "2026-04-01T22:00+00:00"),
    # 1 month: Thursday, 2 April; the opportunity to object has no period, and we take as long
    "icewarp": ("2026-04-02T22:00+00:00", "2026-04-02T22:00+00:00"),
    # 30 days: 1 April; 14 days from receipt: Monday the 16th
    "imagicle": ("2026-04-01T22:00+00:00", "2026-03-16T23:00+00:00"),
}


def test_the_table_has_every_agreement_of_the_library() -> None:
    assert set(TABLE) == set(library.names())


@pytest.mark.parametrize("name", sorted(TABLE))
@pytest.mark.req("SPR-2")
def test_a_change_opens_when_the_later_of_notice_and_window_has_run(name: str) -> None:
    found, (notice, objection) = times(name), map(utc, TABLE[name])
    assert (found.notice_until, found.objection_until) == (notice, objection)
    assert found.opens_at == max(notice, objection)


def test_every_agreement_of_the_library_has_a_window_and_none_opens_before_it_was_told() -> None:
    for name in library.names():
        for kind in windows.KINDS:
            found = times(name, kind)
            assert NOON <= found.notice_until <= found.opens_at and found.objection_until <= found.opens_at, name


def test_an_opportunity_without_period_or_target_lasts_until_the_change_takes_effect() -> None:
    text = library.source("icewarp")
    start = text.index("[subprocessor.objection]")
    end = text.index("[", start + 1)
    silent = terms.parse(text[:start] + text[start:end].replace('target = "1 month"', "") + text[end:], "own.toml")
    planned = NOON + timedelta(days=70)
    found = windows.count(silent, "add", NOON, planned)
    assert (found.objection, found.objection_until, found.opens_at) == (None, planned, planned)


@pytest.mark.parametrize(
    ("name", "resolve"),
    [
        *((name, None) for name in ("acomware", "ccpa-7051", "ecomail", "everymail", "icewarp")),
        # 30 days to resolve, and ours to keep: 1 April, read strictly
        *((name, "2026-04-01T22:00+00:00") for name in ("gdpr-art28", "imagicle")),
    ],
)
@pytest.mark.req("SPR-3")
def test_how_long_the_parties_try_to_resolve_an_objection(name: str, resolve: str | None) -> None:
    found = windows.resolve_until(library.load(name), NOON)
    assert found == (utc(resolve) if resolve else None)


@pytest.mark.req("TRF-2")
def test_a_change_of_country_goes_by_its_own_clauses_where_there_are_any() -> None:
    own = {name: times(name, "country").notice_clause for name in library.names()}
    assert {name for name, key in own.items() if key == "location.change"} == {"gdpr-art28", "icewarp"}
    assert set(own.values()) == {"location.change", "subprocessor.notice"}


def test_a_day_planned_later_than_both_is_when_it_opens() -> None:
    planned = NOON + timedelta(days=90)
    assert times("ecomail", planned=planned).opens_at == planned


@pytest.mark.req("SPR-3")
def test_an_objection_is_in_time_to_the_last_second_and_late_from_the_first_after_it() -> None:
    until = times("ecomail").objection_until
    assert windows.in_time(until - timedelta(seconds=1), until)
    assert not windows.in_time(until, until)


def test_a_window_across_the_change_to_summer_time_ends_with_its_last_day() -> None:
    found = times("ecomail", since=utc("2026-03-27T09:00+01:00"))
    # five days from Friday the 27th: Wednesday, 1 April, whose end is at 22:00 UTC since the clocks have changed
    assert found.objection_until == utc("2026-04-02T00:00+02:00") == utc("2026-04-01T22:00+00:00")


def test_a_window_that_ends_on_easter_ends_after_it() -> None:
    found = times("ecomail", since=utc("2026-03-30T12:00+02:00"))
    # Saturday, 4 April; Monday the 6th is a day off
    assert found.objection_until == utc("2026-04-08T00:00+02:00")


@pytest.mark.parametrize(
    ("state", "outcome", "in_time", "by_controller", "may"),
    [
        ("open", "agreed", True, True, True),
        ("open", "agreed", True, False, False),
        ("open", "excluded", True, False, True),
        ("open", "dismissed", True, False, False),
        ("open", "dismissed", False, False, True),
        ("open", "dismissed", False, True, False),
        ("excluded", "agreed", True, True, True),
        ("excluded", "excluded", True, False, False),
        ("withdrawn", "agreed", True, True, False),
        ("open", "forgotten", True, True, False),
    ],
)
@pytest.mark.req("SPR-3")
def test_who_can_settle_an_objection_and_how(
    state: str, outcome: str, in_time: bool, by_controller: bool, may: bool
) -> None:
    assert settling.may_settle(state, outcome, in_time=in_time, by_controller=by_controller) is may


def test_the_affected_service_ends_only_for_an_objection_in_time_that_was_not_resolved() -> None:
    second = timedelta(seconds=1)
    assert settling.may_end("open", NOON, in_time=True, resolve_until=None)
    assert settling.may_end("open", NOON, in_time=True, resolve_until=NOON)
    assert not settling.may_end("open", NOON - second, in_time=True, resolve_until=NOON)
    assert not settling.may_end("open", NOON, in_time=False, resolve_until=None)
    assert not settling.may_end("withdrawn", NOON, in_time=True, resolve_until=None)
