"""What the door spooled is taken in once, whatever dies; unsubscriptions first; people apart from machines."""

import signal
import time
from pathlib import Path

import pytest
from django.db import connection

from mandata.agreements import selectors as agreements
from mandata.agreements.models import Suspension
from mandata.audience.models import Subscriber, Subscription, Suppression
from mandata.foundation import tokens
from mandata.foundation.errors import Fault
from mandata.infra.clock import new_id
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from mandata.tracking import spool
from mandata.tracking.models import Counter, Event, First, SpoolMark
from mandata.tracking.rules import Agent, Method
from mandata.tracking.services import take_events, take_unsubscriptions
from mandata.tracking.spool import EVENTS, UNSUBSCRIPTIONS
from tests.tracking.cast import SENT, Door, Sent, a_sent_campaign, ingester, later, record
from tests.world import World
from tests.world.people import accept


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path / "spool")


def taken(door: Door, seconds: float = 86_400) -> int:
    return take_events(at=later(seconds), folder=door.folder)


def totals(sent: Sent, link: int = -1) -> dict[tuple[str, str], tuple[int, int]]:
    with scope(sent.customer.id):
        rows = Counter.objects.filter(campaign_id=sent.id, link=link).values_list(
            "kind", "actor_class", "count", "uniques"
        )
        found: dict[tuple[str, str], tuple[int, int]] = {}
        for kind, origin, count, uniques in rows:
            before = found.get((kind, origin), (0, 0))
            found[kind, origin] = (before[0] + count, before[1] + uniques)
        return found


@pytest.mark.req("TRK-1")
def test_opens_and_clicks_are_counted_with_what_is_unique(world: World, door: Door) -> None:
    marks = SpoolMark.objects.count()
    sent = a_sent_campaign(world)
    door.opened(sent, 1, 60)
    door.opened(sent, 1, 120)
    door.opened(sent, 2, 4000)
    door.clicked(sent, 1, 0, 70)
    door.clicked(sent, 1, 0, 80)
    door.clicked(sent, 1, 5, 90)
    assert taken(door) == 6
    assert totals(sent) == {("open", "human"): (3, 2), ("click", "human"): (3, 1)}
    assert totals(sent, link=0) == {("click", "human"): (2, 1)}
    assert totals(sent, link=5) == {("click", "human"): (1, 1)}
    with scope(sent.customer.id):
        events = list(Event.objects.filter(campaign_id=sent.id).order_by("at"))
        assert [event.kind for event in events] == ["open", "click", "click", "click", "open", "open"]
        assert [event.subscriber_id for event in events] == [sent.people[0]] * 5 + [sent.people[1]]
        assert (events[0].agent, events[0].network, events[0].at) == ("firefox", "203.0.113.0/24", later(60))
        assert set(Counter.objects.filter(link=-1).values_list("provider", flat=True)) == {"Gmail", "Seznam"}
        assert First.objects.filter(campaign_id=sent.id).count() == 2 + 3
    assert door.waiting() == 0
    assert SpoolMark.objects.count() == marks, "a segment that is gone leaves no mark"


@pytest.mark.req("TRK-1")
def test_machines_are_counted_apart_and_make_nothing_unique(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    door.opened(sent, 1, 3600, Agent.APPLE_PRIVACY)
    door.opened(sent, 1, 7200)
    door.opened(sent, 2, 1)
    door.clicked(sent, 2, 0, 9000, Agent.SECURITY_SCANNER)
    door.write([record(sent, 2, 1, 9100, method=Method.HEAD)])
    taken(door)
    assert totals(sent) == {
        ("open", "human"): (1, 1),
        ("open", "prefetch"): (1, 0),
        ("open", "scanner"): (1, 0),
        ("click", "scanner"): (2, 0),
    }
    with scope(sent.customer.id):
        signals = dict(Event.objects.filter(kind="click").values_list("link", "signals"))
        assert signals == {0: 2, 1: 1}


def test_links_followed_at_once_are_a_scanners_even_across_batches_and_segments(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    door.write([record(sent, 1, link, 100 + link / 10) for link in range(6)])
    door.write([record(sent, 1, link, 101 + link / 10) for link in range(6, 12)])
    door.write([record(sent, 2, 3, 100), record(sent, 2, 4, 130), record(sent, 1, 7, 500)])
    assert take_events(at=later(1000), folder=door.folder, limit=4) == 15
    assert totals(sent) == {("click", "scanner"): (12, 0), ("click", "human"): (3, 2)}


def test_events_wait_until_it_can_be_told_whether_links_were_followed_at_once(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    door.write([record(sent, 1, 0, 100), record(sent, 1, 1, 102), record(sent, 1, 2, 103), record(sent, 1, 3, 104)])
    assert taken(door, 104) == 0
    assert taken(door, 106) == 1
    assert taken(door, 110) == 3
    assert totals(sent) == {("click", "scanner"): (4, 0)}


@pytest.mark.req("DSR-9", "AUDI-4", "DSR-13")
def test_an_unsubscription_ends_the_subscription_and_suppresses_the_address(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    door.unsubscribed(sent, 1, 300)
    assert take_unsubscriptions(at=later(301), folder=door.folder) == 1
    with scope(sent.customer.id):
        subscription = Subscription.objects.get(subscriber_id=sent.people[0])
        assert (subscription.state, subscription.ended_at, subscription.ended_by) == (
            "unsubscribed",
            later(300),
            "subject",
        )
        [suppression] = Suppression.objects.all()
        assert (suppression.channel, suppression.scope, suppression.reason) == (
            "email",
            str(sent.list_id),
            "unsubscribed",
        )
        assert bytes(suppression.hash) == bytes(Subscriber.objects.get(id=sent.people[0]).suppression_index)
        assert Subscription.objects.get(subscriber_id=sent.people[1]).state == "subscribed"
        [entry] = Entry.objects.filter(kind="audience.unsubscribed")
        assert entry.subject == sent.people[0]
        assert b"gmail" not in bytes(entry.leaf)
    assert totals(sent) == {("unsubscribe", "human"): (1, 1)}


@pytest.mark.req("DSR-9")
def test_unsubscribing_twice_changes_nothing_more(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    for after in (300, 400):
        door.unsubscribed(sent, 1, after)
        take_unsubscriptions(at=later(after + 1), folder=door.folder)
    with scope(sent.customer.id):
        assert Subscription.objects.get(subscriber_id=sent.people[0]).ended_at == later(300)
        assert Entry.objects.filter(kind="audience.unsubscribed").count() == 1
    assert totals(sent) == {("unsubscribe", "human"): (2, 1)}


def test_unsubscriptions_are_taken_while_a_heap_of_events_waits(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    door.write([record(sent, 1, tokens.LINK_OPEN, 60 + number / 1000) for number in range(5000)])
    door.unsubscribed(sent, 2, 300)
    assert take_unsubscriptions(at=later(301), folder=door.folder) == 1
    assert len(spool.segments(door.folder, EVENTS)) == 1, "and the heap still waits"


@pytest.mark.req("TRK-1")
def test_after_erasure_what_happens_to_the_message_still_counts_for_nobody(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    with scope(sent.customer.id):
        Subscriber.objects.filter(id=sent.people[0]).delete()
        with connection.cursor() as cursor:
            cursor.execute("delete from delivery_message where subscriber_id = %s", [sent.people[0]])
    door.clicked(sent, 1, 0, 70)
    door.unsubscribed(sent, 1, 80)
    taken(door)
    take_unsubscriptions(at=later(100), folder=door.folder)
    assert totals(sent) == {("click", "human"): (1, 1), ("unsubscribe", "human"): (1, 1)}
    with scope(sent.customer.id):
        assert set(Event.objects.values_list("subscriber_id", flat=True)) == {None}
        assert Suppression.objects.count() == 0


def test_one_controllers_events_never_reach_another(world: World, door: Door) -> None:
    ours, theirs = a_sent_campaign(world), a_sent_campaign(world)
    door.write([record(ours, 1, 0, 60), record(theirs, 1, 0, 61), record(ours, 1, tokens.LINK_OPEN, 62)])
    taken(door)
    with scope(theirs.customer.id):
        assert list(Event.objects.values_list("campaign_id", "kind")) == [(theirs.id, "click")]
    with scope(ours.customer.id):
        assert {row[0] for row in Event.objects.values_list("campaign_id")} == {ours.id}


def test_numbers_that_mean_nothing_and_test_messages_are_passed_over(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    door.write(
        [record(sent, 1, 0, 60)._replace(campaign_no=2**48 - 1), record(sent, 0, 0, 60), record(sent, 99, 0, 61)]
    )
    assert taken(door) == 3
    assert totals(sent) == {("click", "human"): (1, 1)}
    assert door.waiting() == 0


def test_without_individual_tracking_there_are_counts_only(world: World, door: Door) -> None:
    sent = a_sent_campaign(world, track_opens=False, track_clicks=False)
    door.opened(sent, 1, 60)
    door.clicked(sent, 1, 0, 70)
    taken(door)
    assert totals(sent) == {("open", "human"): (1, 0), ("click", "human"): (1, 0)}
    with scope(sent.customer.id):
        assert Event.objects.count() == First.objects.count() == 0


def test_events_of_any_month_find_a_partition(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    door.write([record(sent, 1, 0, days * 86_400) for days in (1, 40, 400)])
    taken(door, 500 * 86_400)
    with scope(sent.customer.id), connection.cursor() as cursor:
        cursor.execute("select count(*) from tracking_event_default")
        assert cursor.fetchone() == (0,)
        assert Event.objects.count() == 3


def test_a_file_that_is_no_segment_is_told_loudly_and_holds_up_no_other(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    door.clicked(sent, 1, 0, 60)
    [path] = spool.segments(door.folder, EVENTS)
    time.sleep(0.002)
    door.opened(sent, 2, 60)
    raw = path.read_bytes()
    path.write_bytes(raw[:4] + b"\x09" + raw[5:])
    with pytest.raises(Fault, match="no spool segment"):
        taken(door)
    assert totals(sent) == {("open", "human"): (1, 1)}
    path.write_bytes(raw)
    assert taken(door) == 1
    assert totals(sent) == {("open", "human"): (1, 1), ("click", "human"): (1, 1)}


def test_a_worker_killed_in_the_middle_counts_nothing_twice_and_loses_nothing(
    world: World, door: Door, database: Urls
) -> None:
    sent = a_sent_campaign(world, [f"person{number}@gmail.com" for number in range(50)])
    total = 12_000
    door.write([record(sent, 1 + number % 50, number % 12, 60 + number) for number in range(total)])
    kills = 0
    for wait in (0.05, 0.1, 0.2, 0.3, 0.5):
        child = ingester(door.folder, later(10**6))
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(wait)
        child.send_signal(signal.SIGKILL)
        kills += child.wait() == -signal.SIGKILL
    assert kills >= 2
    deadline = time.monotonic() + 120
    while door.waiting() and time.monotonic() < deadline:
        taken(door, 10**6)
    assert totals(sent)["click", "human"] == (total, 50)
    with scope(sent.customer.id):
        assert Event.objects.filter(campaign_id=sent.id).count() == total


def test_two_workers_at_once_share_the_segments_without_counting_twice(
    world: World, door: Door, database: Urls
) -> None:
    sent = a_sent_campaign(world)
    for part in range(6):
        door.write([record(sent, 1, number % 12, 60 + part * 10_000 + number * 10) for number in range(500)])
    children = [ingester(door.folder, later(10**6)) for _ in range(2)]
    assert [child.wait(timeout=60) for child in children] == [0, 0]
    taken(door, 10**6)
    assert totals(sent)["click", "human"] == (3000, 1), "whoever comes second finds the first of the other"
    assert {totals(sent, link)["click", "human"] for link in range(12)} == {(246, 1), (252, 1)}
    with scope(sent.customer.id):
        assert First.objects.filter(campaign_id=sent.id).count() == 13


def test_events_count_the_same_however_they_are_parted_into_batches(world: World, door: Door) -> None:
    found = []
    for limit in (1, 7, 40_000):
        sent = a_sent_campaign(world)
        door.write([record(sent, 1 + at % 2, (tokens.LINK_OPEN, 3, 4)[at % 3], 9000 + at * 1800) for at in range(60)])
        assert take_events(at=later(10**6), folder=door.folder, limit=limit) == 60
        found.append((totals(sent), totals(sent, link=3)))
    assert found[0] == found[1] == found[2]
    assert found[0] == ({("open", "human"): (20, 2), ("click", "human"): (40, 2)}, {("click", "human"): (20, 2)})


def test_a_living_doors_segment_is_followed_without_being_taken_away(world: World, door: Door) -> None:
    sent = a_sent_campaign(world)
    writer = spool.Writer(door.folder, UNSUBSCRIPTIONS)
    writer.append_durably(record(sent, 1, tokens.LINK_UNSUBSCRIBE, 10, method=Method.POST))
    assert take_unsubscriptions(at=later(11), folder=door.folder) == 1
    assert door.waiting() == 1
    writer.append_durably(record(sent, 2, tokens.LINK_UNSUBSCRIBE, 20, method=Method.POST))
    assert take_unsubscriptions(at=later(21), folder=door.folder) == 1
    writer.close()
    assert take_unsubscriptions(at=later(22), folder=door.folder) == 0
    assert door.waiting() == 0
    assert totals(sent) == {("unsubscribe", "human"): (2, 2)}


@pytest.mark.req("TRK-1", "INS-6")
def test_what_the_agreement_does_not_instruct_is_not_recorded_and_refused_once(world: World, door: Door) -> None:
    customer = world.controller()
    with scope(customer.id):
        accept(customer.member, at=SENT, name="icewarp")
    quiet, loud = a_sent_campaign(world, customer=customer), a_sent_campaign(world)
    for sent in (quiet, loud):
        door.opened(sent, 1, 60)
        door.clicked(sent, 2, 3, 70)
    assert taken(door) == 4
    door.opened(quiet, 2, 90)
    assert taken(door) == 1
    assert totals(quiet) == {}
    assert totals(loud) == {("open", "human"): (1, 1), ("click", "human"): (1, 1)}
    with scope(customer.id):
        found = agreements.refused(about=quiet.id)
    assert [(one.act, one.code, one.source) for one in found] == [
        ("track", "instruction.standing", "ICE VII.1.a, II.1")
    ]


@pytest.mark.req("INS-1", "INS-3")
def test_while_the_controller_has_stopped_everything_nothing_is_recorded_but_who_leaves_leaves(
    world: World, door: Door
) -> None:
    sent = a_sent_campaign(world)
    with scope(sent.customer.id):
        Suspension.objects.create(by=new_id(), at=SENT)
    door.opened(sent, 1, 60)
    door.unsubscribed(sent, 2, 70)
    assert taken(door) == 1
    assert take_unsubscriptions(at=later(100), folder=door.folder) == 1
    assert totals(sent).keys() == {("unsubscribe", "human")}
