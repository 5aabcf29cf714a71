"""A campaign that a restore holds: nothing of it leaves until a member releases it, and nobody gets it twice."""

import psycopg
import pytest

from mandata.campaigns import services as campaigns
from mandata.campaigns.errors import WrongState
from mandata.delivery import services
from mandata.delivery.models import Counter, Message
from mandata.delivery.services import tending
from mandata.foundation.actors import SYSTEM
from mandata.infra import restoring
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from tests.delivery.mailing import Shop, shop
from tests.delivery.test_outside import claim
from tests.world import World


@pytest.fixture
def bakery(world: World) -> Shop:
    made = shop()
    made.people(5)
    return made


def _hold(bakery: Shop, campaign: "object") -> None:
    with scope(bakery.id):
        campaigns.hold(campaign_id=campaign, reason="restored", actor=SYSTEM, at=now())  # type: ignore[arg-type]


def _tend(bakery: Shop, campaign: "object") -> bool:
    return tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=now())  # type: ignore[arg-type]


@pytest.mark.req("RET-7")
def test_a_held_campaign_does_nothing_by_itself_and_goes_on_when_it_is_released(bakery: Shop) -> None:
    campaign = bakery.launched()
    _hold(bakery, campaign)
    assert not _tend(bakery, campaign) and bakery.campaign_state(campaign) == "held"
    with scope(bakery.id):
        with pytest.raises(WrongState):
            services.resume(campaign_id=campaign, actor=bakery.actor, at=now())
        services.release(campaign_id=campaign, actor=bakery.actor, at=now())
        kinds = [entry.kind for entry in record.entries(kind="campaign.")]
    assert {"campaign.held", "campaign.released"} <= set(kinds)
    assert bakery.campaign_state(campaign) == "sending" and _tend(bakery, campaign)


@pytest.mark.req("RET-7")
def test_a_freeze_after_a_restore_passes_over_who_has_the_message_already(bakery: Shop) -> None:
    campaign = bakery.draft()
    with scope(bakery.id):
        services.launch(campaign_id=campaign, actor=bakery.actor, at=now())
        person = bakery_people(bakery)[0]
        Message.objects.create(
            campaign_id=campaign, subscriber_id=person, number=9, channel="email", provider="", state="sent",
            attempts=1, status="", diagnostic="",
        )  # fmt: skip
        Counter.objects.create(campaign_id=campaign, shard=0, provider="", state="sent", count=1)
    _hold(bakery, campaign)
    with scope(bakery.id):
        services.release(campaign_id=campaign, actor=bakery.actor, at=now())
    assert bakery.campaign_state(campaign) == "launching"
    assert _tend(bakery, campaign)
    assert bakery.states(campaign) == {"queued": 4, "sent": 1}
    with scope(bakery.id):
        numbers = list(Message.objects.filter(campaign_id=campaign).order_by("number").values_list("number", flat=True))
    assert numbers == [9, 10, 11, 12, 13]


@pytest.mark.req("RET-7")
def test_nothing_is_claimed_once_the_database_is_shut_whatever_was_known_a_moment_ago(
    bakery: Shop, database: Urls
) -> None:
    campaign = bakery.launched()
    assert not restoring.closed()
    with psycopg.connect(database.superuser, autocommit=True) as elsewhere:
        elsewhere.execute("insert into infra_restoring (single, began_at) values (true, now())")
        try:
            assert claim(bakery, campaign, 5) == []
        finally:
            elsewhere.execute("delete from infra_restoring")
            restoring.forget()
    assert len(claim(bakery, campaign, 5)) == 5


def bakery_people(bakery: Shop) -> list["object"]:
    from mandata.audience.models import Subscriber

    return list(Subscriber.objects.order_by("id").values_list("id", flat=True))
