"""Counts only: by a member's choice or by the agreement nothing is kept of who opened and clicked."""

import hashlib
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from mandata.agreements import library
from mandata.agreements.models import Template
from mandata.foundation.tokens import LINK_OPEN, LINK_TRAP, LINK_VISIT, NOBODYS_MESSAGE
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from mandata.tracking import selectors
from mandata.tracking.models import Event, First
from mandata.tracking.services import choose, drop_links, take_events, take_unsubscriptions
from tests.tracking.cast import SENT, Door, Sent, a_sent_campaign, later
from tests.tracking.cast import record as a_record
from tests.world import World
from tests.world.people import accept


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path / "spool")


def reacted(door: Door, sent: Sent, after: float = 60) -> None:
    door.opened(sent, 1, after)
    door.clicked(sent, 1, 3, after + 10)
    door.clicked(sent, 2, 4, after + 20)
    door.write([a_record(sent, 2, LINK_TRAP, after + 500)])
    take_events(at=later(after + 10_000), folder=door.folder)


def rows_of(people: list[UUID]) -> int:
    """Rows of any table of tracking's that name one of these people, or a message of theirs."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from tracking_event where subscriber_id = any(%s)", [people])
        [events] = cursor.fetchone()
        cursor.execute("select count(*) from tracking_first where kind <> 'unsubscribe'")
        [firsts] = cursor.fetchone()
    return int(events + firsts)


def nobody_is_kept(sent: Sent) -> None:
    with scope(sent.customer.id):
        assert rows_of(list(sent.people)) == 0
        assert (
            Event.objects.exclude(kind="unsubscribe").count() == First.objects.exclude(kind="unsubscribe").count() == 0
        )
        assert all(selectors.timeline(person, at=later(0)) == [] for person in sent.people)
        found = selectors.report(sent.id).total
    assert (found.opens.human, found.opens.unique) == (1, 0)
    assert (found.clicks.human, found.clicks.unique, found.clicks.machine) == (2, 0, 1)


@pytest.mark.req("TRK-1")
@pytest.mark.parametrize("whole", [True, False])
def test_a_member_switches_to_counts_and_no_row_of_a_person_appears(world: World, door: Door, whole: bool) -> None:
    sent = a_sent_campaign(world)
    other = a_sent_campaign(world, ["cid@gmail.com", "dan@seznam.cz"], customer=sent.customer)
    with scope(sent.customer.id):
        assert choose(actor=sent.customer.member, at=SENT, individual=False, campaign_id=None if whole else sent.id)
        assert not choose(actor=sent.customer.member, at=SENT, individual=False, campaign_id=None if whole else sent.id)
        assert selectors.measuring(sent.id).individual is False
        assert selectors.measuring(other.id).individual is not whole
    reacted(door, sent)
    nobody_is_kept(sent)
    door.unsubscribed(sent, 1, 90)
    take_unsubscriptions(at=later(100), folder=door.folder)
    with scope(sent.customer.id):
        assert selectors.report(sent.id).total.unsubscriptions.unique == 1
    if not whole:
        reacted(door, other)
        with scope(sent.customer.id):
            assert selectors.report(other.id).total.clicks.unique == 2


@pytest.mark.req("TRK-1")
def test_the_agreement_asks_for_counts_and_no_choice_of_a_member_changes_that(world: World, door: Door) -> None:
    customer = world.controller()
    terms = library.source("gdpr-art28").replace(
        "[processing.own]",
        '[processing.tracking]\nsource = "Annex II"\nmark = "ours"\nvalue = "counts"\n\n[processing.own]',
        1,
    )
    name = f"counts-{new_id().hex[-8:]}"
    digest = hashlib.sha256(terms.encode()).digest()
    Template.objects.create(name=name, version="1", terms=terms, digest=digest, at=SENT)
    with scope(customer.id):
        accept(customer.member, at=SENT, name=name)
        choose(actor=customer.member, at=SENT, individual=True)
    sent = a_sent_campaign(world, customer=customer)
    reacted(door, sent)
    nobody_is_kept(sent)
    with scope(customer.id):
        found = selectors.measuring(sent.id)
    assert (found.individual, found.agreed) == (False, False)


@pytest.mark.req("TRK-1")
def test_what_the_door_told_of_nobody_is_counted_and_is_nobodys_scanner(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    with scope(sent.customer.id):
        choose(actor=sent.customer.member, at=SENT, individual=False)
    door.write([a_record(sent, NOBODYS_MESSAGE, link, 60 + link / 10) for link in range(12)])
    door.write([a_record(sent, NOBODYS_MESSAGE, LINK_OPEN, 60) for _ in range(5)])
    take_events(at=later(1000), folder=door.folder)
    with scope(sent.customer.id):
        found = selectors.report(sent.id).total
    assert (found.clicks.human, found.opens.human) == (12, 5)
    assert found.clicks.machine == found.opens.machine == 0


@pytest.mark.req("TRK-2")
def test_visits_of_the_site_are_taken_in_only_where_a_member_wants_them(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    for wanted in (None, True, False):
        with scope(sent.customer.id):
            if wanted is not None:
                choose(actor=sent.customer.member, at=SENT, web=wanted)
        door.write([a_record(sent, 1, LINK_VISIT, 100 + 100 * bool(wanted))])
        take_events(at=later(1000), folder=door.folder)
    with scope(sent.customer.id):
        assert list(Event.objects.values_list("kind", "subscriber_id")) == [("web", sent.people[0])]
        assert selectors.report(sent.id).total.visits == selectors.Figure(human=1, unique=1)


@pytest.mark.req("TRK-3")
def test_links_are_forgotten_after_their_time_and_the_report_stays(
    world: World, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = a_sent_campaign(world, state="finished", finished_at=SENT)
    running = a_sent_campaign(world, ["cid@gmail.com"], customer=ended.customer, state="sending")
    reacted(door, ended)
    day = 86_400
    drop_links(at=later(729 * day))
    with scope(ended.customer.id):
        assert all(row.url for row in selectors.report(ended.id).links)
    assert drop_links(at=later(731 * day)) >= 1, "those of earlier tests' campaigns, too"
    assert drop_links(at=later(731 * day)) == 0
    with scope(ended.customer.id):
        assert {row.url for row in selectors.report(ended.id).links} == {""}
        assert all(row.url for row in selectors.report(running.id).links)
        assert selectors.report(ended.id).total.clicks.human == 2
        assert Entry.objects.filter(kind="tracking.links_dropped").count() == 1


def test_a_choice_stands_in_the_record(world: World) -> None:
    sent = a_sent_campaign(world)
    with scope(sent.customer.id):
        choose(actor=sent.customer.member, at=SENT, individual=False)
        assert Entry.objects.filter(kind="tracking.chosen").count() == 1
