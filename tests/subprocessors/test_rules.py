"""The rules alone: on what a sub-processor stands, where it works, when the gate opens, by property and by table."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.agreements import library
from mandata.agreements.rules.facts.standing import Standing
from mandata.agreements.rules.verdicts import combine
from mandata.subprocessors.rules import countries, disclosing, windows
from mandata.subprocessors.rules.countries import Kept
from mandata.subprocessors.rules.disclosing import Basis, Entry, Seen
from tests.world import NOON

DAY = timedelta(days=1)
IN_FORCE = Standing(accepted=True)
CARRIER = Entry("Carrier Pigeon Ltd", "planned", "DE", (), None, None, contract=True)
NAMES = library.names()


def basis(name: str, *, accepted: datetime = NOON - 700 * DAY, expressly: bool = True) -> Basis:
    return Basis(library.load(name), accepted, IN_FORCE, expressly=expressly)


def seen(name: str, *, delivered: datetime = NOON, planned: datetime = NOON, objection: str = "none") -> Seen:
    times = windows.count(library.load(name), "add", delivered, planned)
    return Seen(
        "add",
        NOON - DAY,
        planned,
        told=True,
        notice_until=times.notice_until,
        objection_until=times.objection_until,
        objection=objection,
    )


def allowed(on: Basis, entry: Entry, now: datetime) -> bool:
    return combine(disclosing.verdicts(on, entry, now=now)).allowed


instants = st.integers(0, 60 * 24 * 120).map(lambda minutes: NOON + timedelta(minutes=minutes))
objections = st.sampled_from(("none", "open", "withdrawn", "resolved", "excluded", "ended"))


@pytest.mark.req("SPR-2", "SPR-3", "SPR-5")
@given(st.sampled_from(NAMES), instants, instants, instants, objections)
def test_it_is_open_exactly_from_the_later_of_both_without_a_standing_objection(
    name: str, delivered: datetime, planned: datetime, now: datetime, objection: str
) -> None:
    times = windows.count(library.load(name), "add", delivered, planned)
    entry = replace(CARRIER, changes=(seen(name, delivered=delivered, planned=planned, objection=objection),))
    free = objection not in ("open", "excluded", "ended")
    assert allowed(basis(name), entry, now) is (now >= times.opens_at and free)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.req("SPR-2")
def test_the_first_and_the_last_second_by_each_agreement(name: str) -> None:
    entry = replace(CARRIER, changes=(seen(name),))
    opens = windows.count(library.load(name), "add", NOON, NOON).opens_at
    assert not allowed(basis(name), entry, opens - timedelta(seconds=1))
    assert allowed(basis(name), entry, opens)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.req("SPR-5", "SPR-7")
def test_on_what_a_sub_processor_stands_by_each_agreement(name: str) -> None:
    terms, on = library.load(name), basis(name)
    listed = replace(CARRIER, state="active", since=NOON - 800 * DAY)
    assert disclosing.ground(terms, CARRIER, on) == "none"
    assert disclosing.ground(terms, listed, on) == "list"
    assert disclosing.ground(terms, replace(listed, since=NOON), on) == "none"
    assert disclosing.ground(terms, replace(CARRIER, changes=(seen(name),)), on) == "notice"
    for given_ in ("written", "chosen"):
        assert disclosing.ground(terms, replace(listed, given=given_), on) == given_
    classes = {code for code in ("specialists", "group", "majority_owned")
               if disclosing.ground(terms, replace(CARRIER, classes=(code,)), on) == "class"}  # fmt: skip
    assert classes == {"ecomail": {"specialists"}, "icewarp": {"group", "majority_owned"}}.get(name, set())
    assert (disclosing.ground(terms, replace(CARRIER, name="Twilio Inc."), on) == "named") is (name == "ecomail")


def test_an_undelivered_notice_opens_nothing_ever() -> None:
    on_its_way = Seen("add", NOON, NOON, told=True)
    for name in NAMES:
        assert not allowed(basis(name), replace(CARRIER, changes=(on_its_way,)), NOON + 9_000 * DAY)


def test_whoever_ended_gets_nothing_whatever_it_stood_on() -> None:
    ended = replace(CARRIER, state="ended", since=NOON - 800 * DAY, ended_at=NOON)
    assert allowed(basis("icewarp"), ended, NOON - timedelta(seconds=1))
    assert not allowed(basis("icewarp"), ended, NOON)
    assert not allowed(basis("icewarp"), replace(ended, given="written"), NOON)


@pytest.mark.req("TRF-3")
def test_a_mechanism_holds_whole_days_in_brussels() -> None:
    midnight = datetime(2026, 3, 1, 23, tzinfo=UTC)  # the 2nd begins in Brussels
    second = timedelta(seconds=1)
    first, last, struck = (
        Kept("scc", date(2026, 3, 2)),
        Kept("scc", date(2020, 1, 1), last=date(2026, 3, 1)),
        Kept("scc", date(2020, 1, 1), struck=date(2026, 3, 2)),
    )
    assert [countries.holds(one, midnight - second) for one in (first, last, struck)] == [False, True, True]
    assert [countries.holds(one, midnight) for one in (first, last, struck)] == [True, False, False]


@pytest.mark.req("TRF-3")
def test_which_agreements_ask_for_a_mechanism_outside_the_eea() -> None:
    abroad = replace(CARRIER, state="active", since=NOON - 800 * DAY, country="US")
    bare = {name for name in NAMES if allowed(basis(name), abroad, NOON)}
    assert bare == {"ccpa-7051", "everymail"}, "the law of California knows no third countries"
    covered = replace(abroad, mechanisms=(Kept("scc", date(2021, 6, 27)),))
    assert all(allowed(basis(name), covered, NOON) for name in NAMES)
    shield = replace(abroad, mechanisms=(Kept("privacy_shield", date(2016, 8, 1)),))
    assert {name for name in NAMES if allowed(basis(name), shield, NOON)} == bare
    before = datetime(2020, 7, 15, 21, 59, 59, tzinfo=UTC)
    old = basis("acomware", accepted=datetime(2019, 1, 1, tzinfo=UTC))
    lasting = replace(shield, since=datetime(2018, 1, 1, tzinfo=UTC))
    assert allowed(old, lasting, before) and not allowed(old, lasting, before + timedelta(seconds=1))


def test_the_countries_of_the_area_and_those_with_a_decision_do_not_overlap() -> None:
    assert not set(countries.ADEQUATE) & countries.EEA and len(countries.EEA) == 30


@pytest.mark.req("TRF-3")
def test_a_mechanism_until_the_last_day_that_calendars_know_holds_without_end() -> None:
    """Who means "for ever" types 9999-12-31; that shuts no gate and breaks no page."""
    for_ever = Kept("scc", date(2026, 1, 1), last=date.max)
    assert countries.holds(for_ever, NOON)
    assert countries.holds(Kept("scc", date.min), NOON)
    assert not countries.holds(Kept("scc", date(2026, 1, 1), last=date.max, struck=date(2026, 2, 1)), NOON + 700 * DAY)
