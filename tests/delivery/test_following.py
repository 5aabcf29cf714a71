"""How a campaign goes on: its pace, what receivers said, who got it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.recipients import Asked
from mandata.delivery import following, services
from mandata.delivery.models import Chunk, Message, Pace
from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.services import claiming, tending
from mandata.delivery.services.claiming import Settled
from mandata.infra import bulk
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from tests.delivery.mailing import Shop, shop

BEGAN = datetime(2026, 3, 1, 9, 0, 3, tzinfo=UTC)


@pytest.fixture
def bakery(database: Urls) -> Shop:
    return shop()


def launched(bakery: Shop, count: int) -> UUID:
    bakery.people(count)
    return bakery.launched()


def in_hand(bakery: Shop, campaign: UUID, numbers: list[int]) -> UUID:
    """Put messages into a chunk of a worker, as a claim does."""
    chunk = new_id()
    with scope(bakery.id):
        tending.move(campaign_id=campaign, before=("queued", "deferred"), after="claimed", at=now(), numbers=numbers)
        Message.objects.filter(campaign_id=campaign, number__in=numbers).update(chunk_id=chunk, attempts=1)
        Chunk.objects.create(
            id=chunk, controller_id=bakery.id, campaign_id=campaign, worker_id=new_id(), size=len(numbers),
            opened_at=now(), leased_until=now(),
        )  # fmt: skip
    return chunk


def settled(bakery: Shop, campaign: UUID, outcomes: list[Outcome], *, at: datetime, shard: int = 1) -> list[Settled]:
    chunk = in_hand(bakery, campaign, [one.key for one in outcomes])
    rows = [Settled(chunk, one.key, 1, one, at) for one in outcomes]
    claiming.settle(controller_id=bakery.id, campaign_id=campaign, shard=shard, settled=rows, done=[chunk], at=at)
    return rows


def taken(*numbers: int) -> list[Outcome]:
    return [Outcome(number, "sent", 250, "2.0.0", "") for number in numbers]


def later(number: int, words: str = "try again, <reader1@inbox.example>") -> Outcome:
    return Outcome(number, "deferred", 451, "4.7.1", words)


@pytest.mark.req("DLV-5")
def test_the_pace_is_counted_where_outcomes_are_settled_and_once_only(bakery: Shop) -> None:
    campaign = launched(bakery, 5)
    rows = settled(bakery, campaign, taken(1, 2), at=BEGAN)
    settled(bakery, campaign, [later(3)], at=BEGAN + timedelta(seconds=12), shard=2)
    claiming.settle(controller_id=bakery.id, campaign_id=campaign, shard=1, settled=rows, done=[], at=BEGAN)
    with scope(bakery.id):
        found = following.curve(campaign)
    assert found.step == 10
    assert [(point.at.second, point.counts) for point in found.points] == [(0, {"sent": 2}), (10, {"deferred": 1})]


@pytest.mark.req("DLV-5")
def test_what_receivers_said_is_kept_by_provider_without_addresses(bakery: Shop) -> None:
    campaign = launched(bakery, 4)
    settled(bakery, campaign, [later(1), later(2)], at=BEGAN)
    settled(bakery, campaign, [Outcome(3, "failed", 550, "5.1.1", "no such user <reader3@inbox.example>")], at=BEGAN)
    with scope(bakery.id):
        found = following.reasons(campaign)
        first, last = following.tries(campaign) or (None, None)
    assert [(one.state, one.code, one.status, one.count) for one in found] == [
        ("deferred", 451, "4.7.1", 2),
        ("failed", 550, "5.1.1", 1),
    ]
    assert not any("inbox.example" in one.said for one in found)
    assert first is not None and last is not None and BEGAN < first <= last


def test_the_flow_of_the_installation_grows_with_every_outcome(bakery: Shop) -> None:
    campaign = launched(bakery, 3)
    before = flowed("sent")
    rows = settled(bakery, campaign, taken(1, 2, 3), at=BEGAN)
    claiming.settle(controller_id=bakery.id, campaign_id=campaign, shard=1, settled=rows, done=[], at=BEGAN)
    assert flowed("sent") == before + 3


def flowed(state: str) -> int:
    return sum(count for _transport, _provider, reached, count in following.flow() if reached == state)


def test_a_rate_is_of_the_last_minute_or_since_the_beginning(bakery: Shop) -> None:
    campaign, at = launched(bakery, 6), BEGAN + timedelta(seconds=41)
    with scope(bakery.id):
        assert following.rate(campaign, at=at) is None
    settled(bakery, campaign, taken(1, 2, 3), at=at - timedelta(seconds=24))
    with scope(bakery.id):
        assert following.rate(campaign, at=at) == pytest.approx(3 / 20)
    settled(bakery, campaign, taken(4), at=at - timedelta(minutes=5))
    with scope(bakery.id):
        assert following.rate(campaign, at=at) == pytest.approx(3 / 60)


def test_a_decision_to_count_as_sent_is_part_of_the_pace(bakery: Shop) -> None:
    campaign = launched(bakery, 2)
    with scope(bakery.id):
        tending.move(campaign_id=campaign, before=("queued",), after="unknown", at=now())
        services.decide_unknown(campaign_id=campaign, resend=False, actor=bakery.actor, at=BEGAN)
        assert [point.counts for point in following.curve(campaign).points] == [{"sent": 2}]
        assert following.curve(campaign, until=BEGAN + timedelta(seconds=5)).points == ()


def test_a_pause_is_seen_in_the_curve(bakery: Shop) -> None:
    campaign = launched(bakery, 2)
    settled(bakery, campaign, taken(1), at=BEGAN)
    settled(bakery, campaign, taken(2), at=BEGAN + timedelta(seconds=40))
    with scope(bakery.id):
        found = following.curve(campaign)
    assert [point.counts.get("sent", 0) for point in found.points] == [1, 0, 0, 0, 1]


def test_a_long_curve_is_thinned_and_keeps_its_sums(bakery: Shop) -> None:
    campaign = launched(bakery, 1)
    with scope(bakery.id):
        bulk.insert(
            "delivery_pace",
            {"campaign_id": "uuid", "at": "timestamptz", "shard": "int2", "state": "text", "count": "int8"},
            [
                (campaign, BEGAN.replace(second=0) + timedelta(minutes=minute), shard, "sent", 5)
                for minute in range(72 * 60)
                for shard in (1, 2)
            ],
        )
        before = following.curve(campaign)
        following.thin(campaign, at=BEGAN + timedelta(days=4))
        following.thin(campaign, at=BEGAN + timedelta(days=4))
        assert following.curve(campaign) == before
        assert before.step == 1800 and len(before.points) <= following.POINTS
        assert sum(point.counts["sent"] for point in before.points) == 72 * 60 * 10
        assert Pace.objects.filter(campaign_id=campaign).count() == len(before.points)


def test_messages_are_listed_by_state_a_page_at_a_time(bakery: Shop) -> None:
    campaign = launched(bakery, 9)
    with scope(bakery.id):
        tending.move(campaign_id=campaign, before=("queued",), after="failed", at=now(), numbers=[2, 4, 6, 8])
        first = following.messages(campaign, state="failed", limit=2)
        second = following.messages(campaign, state="failed", after=first[-1].number, limit=2)
        back = following.messages_before(campaign, state="failed", before=second[0].number, limit=2)
        every = following.messages(campaign)
    assert [one.number for one in first + second] == [2, 4, 6, 8]
    assert back == first
    assert [one.number for one in every] == list(range(1, 10))


def test_the_few_that_were_not_sent_are_found_by_an_index(bakery: Shop, database: Urls) -> None:
    campaign = launched(bakery, 2_000)
    few = {"deferred": [5], "failed": [6], "unknown": [7], "cancelled": [8]}
    with scope(bakery.id):
        for state, numbers in few.items():
            tending.move(campaign_id=campaign, before=("queued",), after=state, at=now(), numbers=numbers)
    with psycopg.connect(database.superuser, autocommit=True) as superuser:
        superuser.execute("analyze delivery_message")
    for state in few:
        plan = (
            "explain select number from delivery_message where controller_id = %b and campaign_id = %b "
            f"and state = '{state}' and number > 0 order by number limit 50"
        )
        with scope(bakery.id):
            shown = "\n".join(row[0] for row in bulk.execute(plan, [bakery.id, campaign]))
        assert "rare" in shown or "state_number" in shown, shown


def test_suppressions_are_looked_up_by_their_key_however_young_the_table_is(bakery: Shop) -> None:
    bakery.people(20)
    with scope(bakery.id):
        rule = agreements.recipient_rule(now())
        assert rule is not None
        values = rule.parameters(Asked("email", now())) | {"list": bakery.list_id}
        statement = (
            "explain select 1 from audience_subscription b join audience_subscriber s on s.id = b.subscriber_id "
            f"and s.controller_id = b.controller_id where b.list_id = %(list)s and {rule.sql()}"
        )
        plan = "\n".join(row[0] for row in bulk.execute(statement, values))
    assert "Anti Join" not in plan and "hash = s.suppression_index" in plan, plan
