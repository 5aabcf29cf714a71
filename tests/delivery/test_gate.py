"""Every batch asks the agreement anew: what stops, stops with the next one, and the record says once why."""

from uuid import UUID

import pytest

from mandata.agreements import selectors as agreements
from mandata.agreements import services as agreement
from mandata.agreements.errors import GateRefused
from mandata.agreements.models import Instruction, Suspension
from mandata.campaigns import selectors as campaigns
from mandata.delivery import services
from mandata.delivery.services import claiming
from mandata.delivery.services.claiming import Claimed, Order, Standing
from mandata.delivery.services.trying import test_send as try_out
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from tests.delivery.mailing import Shop, shop


@pytest.fixture
def bakery(database: Urls) -> Shop:
    return shop()


class Claims:
    """Claims of one campaign on one standing, as an engine makes them that looked it up a moment ago."""

    def __init__(self, shop: Shop, campaign: UUID) -> None:
        with scope(shop.id):
            row = campaigns.row(campaign)
        assert row.list_id is not None and row.launched_at is not None
        found = claiming.standing(shop.id, at=now())
        assert found is not None
        self.standing: Standing = found
        self.order = Order(shop.id, campaign, row.list_id, row.launched_at, new_id(), 1)

    def next(self) -> list[Claimed]:
        return claiming.claim(order=self.order, standing=self.standing, limit=50, at=now())


def refusals(shop: Shop, campaign: UUID) -> list[str]:
    with scope(shop.id):
        found = [one.code for one in agreements.refused(about=campaign)]
        assert Entry.objects.filter(kind="gate.refused").count() == len(found)
    return found


@pytest.mark.req("INS-1", "INS-3")
def test_the_controllers_own_stop_holds_the_next_batch_and_lifting_it_lets_it_go(bakery: Shop) -> None:
    bakery.people(150)
    campaign = bakery.launched()
    claims = Claims(bakery, campaign)
    assert len(claims.next()) == 50
    with scope(bakery.id):
        Suspension.objects.create(by=new_id(), at=now())
    assert claims.next() == [] == claims.next()
    assert refusals(bakery, campaign) == ["instruction.not_halted"]
    with scope(bakery.id):
        Suspension.objects.update(lifted_by=new_id(), lifted_at=now())
    assert len(claims.next()) == 50


@pytest.mark.req("INS-1")
def test_the_agreements_end_holds_the_next_batch(bakery: Shop) -> None:
    bakery.people(100)
    campaign = bakery.launched()
    claims = Claims(bakery, campaign)
    assert len(claims.next()) == 50
    with scope(bakery.id):
        agreement.end(actor=bakery.actor, at=now(), by="notice")
    assert claims.next() == []
    assert refusals(bakery, campaign) == ["agreement.in_force"]


@pytest.mark.req("INS-1")
def test_a_launch_and_a_test_are_refused_while_everything_is_stopped(bakery: Shop) -> None:
    bakery.people(3)
    campaign = bakery.draft()
    with scope(bakery.id):
        Suspension.objects.create(by=new_id(), at=now())
    for attempt in (
        lambda: services.launch(campaign_id=campaign, actor=bakery.actor, at=now()),
        lambda: try_out(campaign_id=campaign, to=["me@mail.example"], fields={}, actor=bakery.actor, at=now()),
    ):
        with scope(bakery.id), pytest.raises(GateRefused) as refused:
            attempt()
        assert refused.value.code == "instruction.not_halted"


@pytest.mark.req("INS-1", "INS-6")
def test_a_permitted_launch_names_its_purpose_and_its_instruction(bakery: Shop) -> None:
    bakery.people(3)
    bakery.launched()
    with scope(bakery.id):
        leaf = bytes(Entry.objects.filter(kind="gate.permitted").latest("at").leaf).decode()
        standing = Instruction.objects.get(kind="standing").id
    assert '"purpose":"service"' in leaf
    assert f'"instruction":"{standing}"' in leaf
