"""Objections: in time or late, settled, standing for good, or ending the affected service."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from mandata.accounts.services.notices import contents
from mandata.agreements import library
from mandata.agreements.models import Agreement, Obligation, Served
from mandata.foundation.errors import Refused
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from mandata.subprocessors import selectors
from mandata.subprocessors.errors import AlreadyObjected, NoSuchChange, NoSuchObjection, WrongState
from mandata.subprocessors.services import authorisations, changes, objections
from tests.subprocessors.cast import OPERATOR, announced, bound, carrier, delivered, told
from tests.world import Customer, World

NAME = "Carrier Pigeon Ltd"
SECOND = timedelta(seconds=1)
DAYS = timedelta(days=1)


def under(world: World, name: str) -> Customer:
    """A controller under another agreement of the library."""
    customer = bound(world)
    terms = library.load(name)
    with scope(customer.id):
        Agreement.objects.update(name=name, terms=library.source(name), terms_digest=bytes.fromhex(terms.digest))
    return customer


def noticed(customer: Customer, *, at: datetime) -> UUID:
    """A carrier is announced and the notice has arrived."""
    carrier(at=at)
    change = announced(at=at)
    told(customer, change, at=at)
    delivered(customer, change, at=at)
    return change


def objected(customer: Customer, change: UUID, *, at: datetime, words: str = "Not through them.") -> UUID:
    with scope(customer.id):
        return objections.object_to(change_id=change, words=words, actor=customer.member, at=at)


def open_at(customer: Customer, at: datetime) -> bool:
    with scope(customer.id):
        return selectors.may_disclose(NAME, now=at).allowed


@pytest.mark.req("SPR-3")
def test_an_objection_in_time_and_one_that_is_late_are_both_recorded_and_both_shut_the_gate(world: World) -> None:
    bakery, mill, at = bound(world), bound(world, "Mill", contact="office@mill.example"), now()
    change = noticed(bakery, at=at)
    told(mill, change, at=at)
    delivered(mill, change, at=at)
    with scope(bakery.id):
        until = selectors.notice(change, at=at).objection_until
    early, late = objected(bakery, change, at=until - SECOND), objected(mill, change, at=until)
    with scope(bakery.id):
        assert selectors.objection(early).in_time
    with scope(mill.id):
        assert not selectors.objection(late).in_time
    assert not open_at(bakery, at + 90 * DAYS) and not open_at(mill, at + 90 * DAYS)
    with scope(mill.id):
        objections.resolve(objection_id=late, outcome="dismissed", words="Too late.", actor=OPERATOR, at=until)
    assert open_at(mill, at + 90 * DAYS)
    with scope(bakery.id), pytest.raises(WrongState):
        objections.resolve(objection_id=early, outcome="dismissed", words="", actor=OPERATOR, at=until)


@pytest.mark.req("SPR-3")
def test_the_operator_is_told_that_there_is_one_and_its_words_stay_in_the_scope(world: World) -> None:
    bakery, at = bound(world), now()
    change = noticed(bakery, at=at)
    objected(bakery, change, at=at, words="Our works council says no to Ms Pigeon.")
    with scope(bakery.id):
        said = contents(Served.objects.get(kind="subprocessor.objected").notice)
        entries = b"".join(bytes(row.leaf) for row in Entry.objects.all())
    assert said["to"] == "privacy@localhost" and NAME in said["text"] and "in time" in said["text"]
    assert "works council" not in str(said) and b"works council" not in entries


def test_an_objection_is_filed_once_with_words_by_a_member_and_to_something_announced(world: World) -> None:
    bakery, at = bound(world), now()
    change = noticed(bakery, at=at)
    with pytest.raises(Refused):
        objected(bakery, change, at=at, words="  ")
    with pytest.raises(NoSuchChange):
        objected(bakery, new_id(), at=at)
    objected(bakery, change, at=at)
    with pytest.raises(AlreadyObjected):
        objected(bakery, change, at=at)
    with scope(bakery.id), pytest.raises(NoSuchObjection):
        objections.withdraw(objection_id=new_id(), actor=bakery.member, at=at)


def test_of_two_members_who_object_at_once_one_is_told_of_the_other(world: World) -> None:
    bakery, at = bound(world), now()
    change = noticed(bakery, at=at)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def file() -> None:
        start.wait()
        try:
            objected(bakery, change, at=at)
            outcomes.append("filed")
        except AlreadyObjected:
            outcomes.append("told")
        finally:
            connection.close()

    both = [threading.Thread(target=file) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(outcomes) == ["filed", "told"]


@pytest.mark.req("SPR-3")
def test_who_objected_before_it_was_told_or_on_its_way_is_in_time(world: World) -> None:
    bakery, at = bound(world), now()
    carrier()
    change = announced(planned=at + 30 * DAYS)
    early = objected(bakery, change, at=at)
    with scope(bakery.id):
        assert selectors.objection(early).in_time
        objections.withdraw(objection_id=early, actor=bakery.member, at=at)
    told(bakery, change, at=at)
    way = objected(bakery, change, at=at + 200 * DAYS)
    with scope(bakery.id):
        assert selectors.objection(way).in_time, "no period runs before the notice has arrived"


@pytest.mark.req("SPR-3")
def test_withdrawn_it_opens_the_gate_as_far_as_the_window_has_run(world: World) -> None:
    bakery, at = bound(world), now()
    change = noticed(bakery, at=at)
    filed = objected(bakery, change, at=at)
    with scope(bakery.id):
        objections.withdraw(objection_id=filed, actor=bakery.member, at=at)
        with pytest.raises(WrongState):
            objections.withdraw(objection_id=filed, actor=bakery.member, at=at)
    assert not open_at(bakery, at + DAYS) and open_at(bakery, at + 30 * DAYS)
    objected(bakery, change, at=at + 30 * DAYS)
    assert not open_at(bakery, at + 30 * DAYS), "it may object anew, late"


@pytest.mark.req("SPR-3")
def test_who_is_excluded_stays_round_the_sub_processor_until_it_agrees_itself(world: World) -> None:
    bakery, at = bound(world), now()
    change = noticed(bakery, at=at)
    filed = objected(bakery, change, at=at)
    with scope(bakery.id):
        for actor, outcome in ((OPERATOR, "agreed"), (bakery.member, "dismissed"), (OPERATOR, "what else")):
            with pytest.raises(WrongState):
                objections.resolve(objection_id=filed, outcome=outcome, words="", actor=actor, at=at)
        objections.resolve(objection_id=filed, outcome="excluded", words="Round them.", actor=OPERATOR, at=at)
        found = selectors.objection(filed)
        assert (found.state, found.outcome) == ("excluded", "Round them.")
        said = contents(Served.objects.get(kind="subprocessor.settled").notice)
        assert "led round it" in said["text"]
    assert not open_at(bakery, at + 300 * DAYS)
    with scope(bakery.id):
        objections.resolve(objection_id=filed, outcome="agreed", words="Fine.", actor=bakery.member, at=at + DAYS)
    assert open_at(bakery, at + 300 * DAYS)


@pytest.mark.req("SPR-3")
def test_unresolved_for_thirty_days_the_controller_may_end_the_affected_service(world: World) -> None:
    bakery, at = under(world, "imagicle"), now()
    change = noticed(bakery, at=at)
    filed = objected(bakery, change, at=at + DAYS)
    with scope(bakery.id):
        found = selectors.objection(filed)
        owed = Obligation.objects.get(duty="subprocessor.resolve")
        until = found.resolve_until
    assert until is not None and (owed.state, owed.strict, owed.source) == ("open", until, "IMA 3(d)")

    def end(when: datetime) -> None:
        with scope(bakery.id):
            objections.end_service(objection_id=filed, words="We end it.", actor=bakery.member, at=when)

    with pytest.raises(WrongState) as early:
        end(until - SECOND)
    assert early.value.clause == "subprocessor.resolve" and f"{until:%Y-%m-%d}" in early.value.message
    end(until)
    with scope(bakery.id):
        assert selectors.objection(filed).state == "ended"
        said = contents(Served.objects.get(kind="subprocessor.moved").notice)
        assert said["to"] == "privacy@localhost" and "has ended the service" in said["text"]
        assert "We end it" not in said["text"]
        assert Obligation.objects.get(duty="subprocessor.resolve").state == "met"
    assert not open_at(bakery, until + 400 * DAYS)


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("acomware", False),
        ("ccpa-7051", False),
        ("ecomail", True),
        ("everymail", False),
        ("gdpr-art28", True),
        ("icewarp", False),
        ("imagicle", True),
    ],
)
@pytest.mark.req("SPR-3")
def test_under_which_agreement_an_unresolved_objection_ends_a_service(world: World, name: str, may: bool) -> None:
    bakery, at = under(world, name), now()
    change = noticed(bakery, at=at)
    filed = objected(bakery, change, at=at)

    def end() -> None:
        with scope(bakery.id):
            objections.end_service(objection_id=filed, words="Enough.", actor=bakery.member, at=at + 40 * DAYS)

    _raises(WrongState, end) if not may else end()
    assert not open_at(bakery, at + 400 * DAYS)


def _raises(kind: type[Exception], act: Callable[[], None]) -> None:
    with pytest.raises(kind):
        act()


def test_a_late_objection_ends_no_service(world: World) -> None:
    bakery, at = under(world, "imagicle"), now()
    change = noticed(bakery, at=at)
    filed = objected(bakery, change, at=at + 40 * DAYS)
    with scope(bakery.id), pytest.raises(WrongState, match="after its window"):
        objections.end_service(objection_id=filed, words="", actor=bakery.member, at=at + 400 * DAYS)


def test_nobody_objects_to_what_was_withdrawn(world: World) -> None:
    bakery, at = bound(world), now()
    carrier()
    change = announced(planned=at + 30 * DAYS)
    changes.withdraw(change, actor=OPERATOR, at=at)
    with pytest.raises(WrongState):
        objected(bakery, change, at=at)


@pytest.mark.req("SPR-2", "SPR-7")
def test_where_only_specific_authorisation_counts_silence_opens_nothing(world: World) -> None:
    bakery, at = bound(world), now()
    text = library.source("gdpr-art28")
    start = text.index("[subprocessor.authorisation]")
    specific = text[:start] + text[start:].replace('value = "general"', 'value = "specific"', 1)
    with scope(bakery.id):
        Agreement.objects.update(name="gdpr-art28", terms=specific)
    noticed(bakery, at=at)
    assert not open_at(bakery, at + 400 * DAYS)
    with scope(bakery.id):
        authorisations.give(subprocessor=NAME, actor=bakery.member, at=at)
    assert open_at(bakery, at + DAYS)
