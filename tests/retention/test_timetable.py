"""The timetable of an end by each agreement, against dates reckoned by hand from its seed."""

from datetime import UTC, datetime, timedelta

import pytest

from mandata.agreements import library
from mandata.agreements.rules.terms import Terms
from mandata.retention.rules import ending as rules

pytestmark = pytest.mark.req("RET-2")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday; the days below are counted from it by hand."""


def terms_of(name: str) -> Terms:
    """An agreement that ships."""
    return library.load(name)


def lines(name: str, *, choice: datetime | None = None, plan: datetime | None = None) -> dict[str, rules.Line]:
    """The timetable by clause, of an end on NOON."""
    events = dict.fromkeys(rules.EVENTS, NOON)
    if choice:
        events[rules.REQUESTED] = choice
    found = rules.timetable(terms_of(name), events, plan_until=plan, chosen=choice is not None)
    return {line.clause: line for line in found}


BY_HAND = [
    # agreement, clause, the day (in UTC, where the seed's days are counted) by the strict reading
    ("icewarp", "end.choice", (2026, 4, 1)),
    ("imagicle", "end.access", (2026, 4, 1)),
    ("imagicle", "end.grace", (2026, 5, 31)),
    ("imagicle", "end.request", (2026, 5, 31)),
    ("imagicle", "end.support", (2029, 3, 2)),
    ("ecomail", "end.reminder", (2029, 3, 2)),
    ("gdpr-art28", "end.choice", (2026, 4, 1)),
    ("gdpr-art28", "end.grace", (2026, 5, 31)),
    ("ccpa-7051", "end.choice", (2026, 4, 1)),
]


@pytest.mark.parametrize(("name", "clause", "day"), BY_HAND)
def test_each_clause_has_its_day(name: str, clause: str, day: tuple[int, int, int]) -> None:
    strict = lines(name)[clause].strict
    assert strict is not None
    assert abs(strict - datetime(*day, 12, tzinfo=UTC)) <= timedelta(hours=14), strict


def test_a_return_is_due_three_months_after_it_was_asked_for() -> None:
    """ECO-A 3.10; asked on 12 March, due on 12 June."""
    asked = NOON + timedelta(days=10)
    line = lines("ecomail", choice=asked)["end.return"]
    assert line.strict is not None
    assert abs(line.strict - datetime(2026, 6, 12, 12, tzinfo=UTC)) <= timedelta(hours=14)


def test_silence_is_expected_a_month_after_the_reminder_to_come() -> None:
    """ECO-A 3.10: three years, told, one month more; nothing of it once the controller has spoken."""
    line = lines("ecomail")["end.silence"]
    assert line.expected
    assert line.at is not None
    assert line.at >= datetime(2029, 4, 1, tzinfo=UTC)
    assert "end.silence" not in lines("ecomail", choice=NOON)
    assert "end.reminder" not in lines("ecomail", choice=NOON)


def test_content_on_the_engine_goes_at_once() -> None:
    assert lines("acomware")["end.engine"].at == NOON


def test_a_plan_goes_before_the_period() -> None:
    plan = NOON + timedelta(days=200)
    found = lines("icewarp", plan=plan)
    assert found["end.plan"].at == plan
    assert found["end.choice"].overridden
    assert not lines("icewarp")["end.choice"].overridden


def test_what_has_no_figure_has_our_target_and_runs_from_the_request() -> None:
    """EVE 4.d gives no time; 45 days are our target, from the request."""
    assert lines("everymail")["end.choice"].at is None
    asked = lines("everymail", choice=NOON)["end.choice"]
    assert asked.mark == "open"
    assert asked.period == "45 days"
    assert asked.at is not None


@pytest.mark.parametrize("name", ["acomware", "ccpa-7051", "ecomail", "everymail", "gdpr-art28", "icewarp", "imagicle"])
def test_every_clause_of_the_end_is_in_the_timetable_in_the_order_of_time(name: str) -> None:
    terms, events = terms_of(name), dict.fromkeys(rules.EVENTS, NOON)
    found = rules.timetable(terms, events)
    assert {line.clause for line in found} == set(rules.CLAUSES) & set(terms.clauses)
    timed = [line.at for line in found if line.at]
    assert timed == sorted(timed)
    assert [line.at is not None for line in found] == sorted((line.at is not None for line in found), reverse=True)
    assert all(line.source for line in found)


def test_every_clause_on_the_end_in_the_catalogue_is_known_here() -> None:
    from mandata.agreements.rules.catalogue import CATALOGUE

    ends = {key for key in CATALOGUE if key.startswith("end.")}
    assert ends - set(rules.CLAUSES) == {"end.inactivity"}, "inactivity ends an agreement; it is no part of an end"


@pytest.mark.req("OPS-2")
def test_a_notice_of_the_processors_takes_thirty_days() -> None:
    since, clause = rules.earliest(terms_of("ecomail"), NOON)
    assert clause == "closure.notice"
    assert since >= NOON + timedelta(days=30)
    by_law, source = rules.earliest(terms_of("acomware"), NOON)
    assert source == rules.CLOSURE_LAW
    assert by_law >= NOON + timedelta(days=30)


ENDED = {"at": NOON + timedelta(days=2), "ended_at": NOON}


@pytest.mark.parametrize(
    ("name", "facts", "code"),
    [
        ("imagicle", {"at": NOON, "ended_at": None}, "not_ended"),
        ("imagicle", {"at": NOON, "ended_at": NOON + timedelta(days=1)}, "not_ended"),
        ("imagicle", ENDED, "not_chosen"),
        ("imagicle", {**ENDED, "choice": "both"}, "not_returned"),
        ("icewarp", {**ENDED, "choice": "delete", "plan_until": NOON + timedelta(days=9)}, "plan"),
        ("ecomail", {**ENDED, "at": NOON + timedelta(days=3000)}, "not_chosen"),
        ("acomware", {**ENDED, "at": NOON + timedelta(days=3000)}, "not_chosen"),
    ],
)
def test_what_stands_against_deleting(name: str, facts: dict[str, object], code: str) -> None:
    found = rules.hindrances(terms_of(name), rules.DeletionFacts(**facts))  # type: ignore[arg-type]
    assert [one.code for one in found] == [code]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("imagicle", {**ENDED, "choice": "delete"}),
        ("imagicle", {**ENDED, "choice": "both", "returned": True}),
        ("imagicle", {**ENDED, "at": NOON + timedelta(days=92)}),
        ("acomware", {**ENDED, "choice": "delete"}),
        ("ecomail", {**ENDED, "at": NOON + timedelta(days=60), "reminded_at": NOON + timedelta(days=20)}),
    ],
)
def test_what_lets_everything_be_deleted(name: str, facts: dict[str, object]) -> None:
    assert rules.hindrances(terms_of(name), rules.DeletionFacts(**facts)) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize("terms", [terms_of("acomware"), None])
def test_where_no_time_is_named_the_law_waits_for_the_controllers_word(terms: Terms | None) -> None:
    (found,) = rules.hindrances(terms, rules.DeletionFacts(at=NOON + timedelta(days=999), ended_at=NOON))
    assert (found.code, found.clause, found.until) == ("not_chosen", "Art. 28(3)(g) GDPR", None)


def test_access_is_full_then_for_taking_out_then_over() -> None:
    terms = terms_of("imagicle")
    when = {"ended_at": NOON, "deleting": False}
    assert rules.access(terms, at=NOON - timedelta(seconds=1), **when) == rules.FULL  # type: ignore[arg-type]
    assert rules.access(terms, at=NOON, **when) == rules.EXPORT  # type: ignore[arg-type]
    assert rules.access(terms, at=NOON + timedelta(days=32), **when) == rules.NONE  # type: ignore[arg-type]
    assert rules.access(terms_of("acomware"), at=NOON + timedelta(days=999), **when) == rules.EXPORT  # type: ignore[arg-type]
    assert rules.access(terms, at=NOON, ended_at=NOON, deleting=True) == rules.NONE


@pytest.mark.parametrize(
    ("typed", "holds"), [("Demo Bakery", True), ("  demo   bakery ", True), ("Demo", False), ("", False)]
)
def test_a_name_is_typed_whole(typed: str, holds: bool) -> None:
    assert rules.confirmed("Demo Bakery", typed) is holds
    assert not rules.confirmed("", typed)
