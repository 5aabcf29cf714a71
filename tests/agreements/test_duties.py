"""What is due by an agreement, under which name, and when."""

from datetime import UTC, datetime

import pytest

from mandata.agreements import library
from mandata.agreements.errors import NoSuchDuty
from mandata.agreements.language import words
from mandata.agreements.rules.duties import Duty, duties, duty, owed, owed_before
from mandata.agreements.rules.terms import CALENDARS, Terms, parse
from mandata.agreements.rules.values import (
    After,
    Ahead,
    Before,
    Extension,
    Frequency,
    Lasting,
    Period,
    Recurring,
    Regime,
    Unit,
    Window,
    Within,
)
from mandata.foundation.periods import CODES

TIMED = (Within, Window, Extension, Recurring, Ahead, Before, After, Lasting, Frequency)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def named(agreement: str, key: str) -> Duty:
    return duty(library.load(agreement), key)


def changed(agreement: str, old: str, new: str) -> Terms:
    source = library.source(agreement)
    assert source.count(old) == 1, old
    return parse(source.replace(old, new), f"{agreement}.toml")


@pytest.mark.parametrize("agreement", library.names())
def test_every_clause_that_time_rules_makes_a_duty_with_its_period_and_source(agreement: str) -> None:
    terms = library.load(agreement)
    found = duties(terms)
    timed = {key for key, clause in terms.clauses.items() if isinstance(clause.value, TIMED)}
    assert {one.clause for one in found} == timed
    assert len({one.key for one in found}) == len(found)
    for one in found:
        assert one.source == terms.source(one.clause)
        assert one.period or one.mark.value == "open", one.key
        assert duty(terms, one.key) == one


@pytest.mark.parametrize("agreement", library.names())
def test_every_duty_of_the_library_can_be_reckoned_and_told_in_both_languages(agreement: str) -> None:
    terms, since, czech = library.load(agreement), at("2026-03-27T22:30:00+01:00"), words("cs")
    for one in duties(terms):
        found = owed(terms, one.key, since).due
        assert since <= found.strict <= found.statutory
        assert found.explanation.endswith(".")
        assert "{" not in found.explanation + found.explain(czech)
        assert found.explain(czech) != found.explanation


@pytest.mark.req("BRE-1")
def test_a_breach_at_imagicle_is_told_within_48_hours_of_awareness() -> None:
    found = owed(library.load("imagicle"), "breach.notify", at("2026-03-27T22:30:00+01:00"))
    assert found.duty.source == "IMA 3(f)"
    assert found.due.strict == at("2026-03-29T21:30:00+00:00")
    assert found.due.statutory == at("2026-03-29T22:00:00+00:00")
    assert found.duty.reading == "strict"


@pytest.mark.req("BRE-1")
def test_a_breach_at_everymail_is_told_within_five_business_days_of_california() -> None:
    found = owed(library.load("everymail"), "breach.notify", at("2026-11-23T10:00:00-08:00"))
    assert (found.duty.source, found.duty.period) == ("EVE 4.b.2", Period(5, Unit.WORKING_DAYS))
    assert found.due.last_day is not None
    assert found.due.last_day.isoformat() == "2026-12-02"  # Thanksgiving and the day after are none


@pytest.mark.req("SPR-2")
def test_a_sub_processor_notified_thirty_days_ahead_begins_on_the_thirty_first_day() -> None:
    terms = library.load("imagicle")
    assert owed(terms, "subprocessor.notice", at("2026-05-01T10:00:00+02:00")).due.statutory == at(
        "2026-06-01T00:00:00+02:00"
    )
    backwards = owed_before(terms, "subprocessor.notice", at("2026-06-01T00:00:00+02:00"))
    assert backwards.due.strict == at("2026-05-02T00:00:00+02:00")
    assert backwards.duty.reading == "statutory"


def test_a_right_of_the_other_side_holds_until_the_statutory_reading() -> None:
    found = owed(library.load("imagicle"), "subprocessor.objection", at("2026-04-03T10:00:00+02:00"))
    assert (found.duty.who, found.duty.kind, found.duty.reading) == ("controller", "window", "statutory")
    assert found.due.last_day is not None
    assert found.due.last_day.isoformat() == "2026-04-17"


@pytest.mark.req("DSR-3")
def test_an_extension_is_counted_once_from_receipt_and_told_inside_the_first_month() -> None:
    terms, receipt = library.load("imagicle"), at("2026-01-31T09:00:00+01:00")
    whole, told = (owed(terms, key, receipt) for key in ("rights.extension", "rights.extension.told"))
    assert (whole.duty.clause, told.duty.clause) == ("rights.extension", "rights.extension")
    assert [str(one.due.last_day) for one in (whole, told)] == ["2026-04-30", "2026-03-02"]


@pytest.mark.req("AUD-1")
def test_what_recurs_by_calendar_years_is_due_by_the_end_of_the_last_of_them() -> None:
    found = owed(library.load("icewarp"), "audit.own", at("2026-02-10T09:00:00+01:00"))
    assert found.due.strict == found.due.statutory == at("2029-01-01T00:00:00+01:00")
    assert "end of 2028" in found.due.explanation
    assert found.due.since == at("2026-02-10T08:00:00+00:00")


def test_the_year_in_which_something_recurs_is_that_of_the_agreements_zone() -> None:
    found = owed(library.load("icewarp"), "audit.own", at("2026-12-31T23:30:00+00:00"))
    assert found.due.strict == at("2030-01-01T00:00:00+01:00")


def test_a_target_of_ours_is_told_as_ours() -> None:
    found = owed(library.load("icewarp"), "breach.notify", at("2026-03-27T22:30:00+01:00"))
    assert (found.duty.period, found.duty.target, found.duty.mark.value) == (None, Period(24, Unit.HOURS), "open")
    assert found.due.strict == at("2026-03-28T22:30:00+01:00")
    assert found.due.explanation.startswith("The source states no figure; 24 hours is our own target.")


def test_what_has_neither_a_figure_nor_a_target_is_due_at_once() -> None:
    terms = changed("icewarp", 'start = "belief"\ntarget = "24 hours"', 'start = "belief"')
    since = at("2026-03-27T22:30:00+01:00")
    found = owed(terms, "breach.notify", since)
    assert found.due.strict == found.due.statutory == since
    assert found.due.period is None
    assert "due at once" in found.due.explanation


def test_what_no_source_asks_for_is_told_as_ours() -> None:
    found = owed(library.load("everymail"), "rights.forward", at("2026-03-27T22:30:00+01:00"))
    assert found.due.explanation.startswith("No source asks for this; we chose it.")


def test_what_the_law_asks_for_is_not_told_as_ours_alone() -> None:
    found = owed(library.load("everymail"), "rights.answer", at("2026-03-27T22:30:00+01:00"))
    assert "it rests on the law (Cal. Code Regs. tit. 11 § 7021(b)" in found.due.explanation
    assert "No source asks for this" not in found.due.explanation


def test_an_agreement_may_name_every_calendar_that_ships_and_no_other() -> None:
    assert set(CALENDARS) == set(CODES)


def test_the_agreements_own_rules_count() -> None:
    plain = changed("ecomail", 'regime = "eu_1182"', 'regime = "plain"')
    since = at("2026-06-05T10:00:00+02:00")
    assert plain.reckoning.regime is Regime.PLAIN
    moved, kept = (owed(terms, "defect.complaint", since).due for terms in (library.load("ecomail"), plain))
    assert (str(moved.last_day), str(kept.last_day)) == ("2026-06-09", "2026-06-07")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("breach.notif", "breach.notify"),
        ("agreement.roles", "holds no period"),
        ("rights.answer.told", "holds no period"),
        ("nonsense", "mandata duties --agreement imagicle"),
        ("", "mandata duties --agreement imagicle"),
        ("x" * 5000, "has no duty"),
    ],
)
def test_a_duty_that_is_none_is_refused_with_what_is_near(key: str, said: str) -> None:
    with pytest.raises(NoSuchDuty) as refused:
        owed(library.load("imagicle"), key, datetime(2026, 1, 1, tzinfo=UTC))
    assert said in f"{refused.value.message} {refused.value.remedy}"
    assert len(refused.value.message) < 200


def test_what_precedes_nothing_cannot_be_reckoned_from_an_effect() -> None:
    with pytest.raises(NoSuchDuty, match="runs from an event"):
        owed_before(library.load("imagicle"), "breach.notify", datetime(2026, 1, 1, tzinfo=UTC))


def test_who_has_to_act_is_strict_with_itself_and_waits_for_the_other() -> None:
    assert named("ecomail", "breach.notify").reading == "strict"  # either party
    assert named("acomware", "rights.answer").reading == "strict"  # the operator, as a controller itself
    assert named("ecomail", "fee.transfer").reading == "statutory"  # the controller pays
    assert named("ecomail", "end.silence").reading == "statutory"  # may be deleted only after it
