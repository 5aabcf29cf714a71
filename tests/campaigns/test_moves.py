"""A campaign's life: launched once, paused, resumed, cancelled, finished."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection

from mandata.campaigns import selectors, services
from mandata.campaigns.errors import AlreadyLaunched, ContentNotReady, ContentRefused, WrongState
from mandata.campaigns.rules.states import DUE, TRANSITIONS, Act, State
from mandata.foundation.actors import SYSTEM
from mandata.foundation.errors import Refused
from mandata.infra.tenancy import scope
from tests.campaigns.conftest import GOOD, LATER, Baker
from tests.world import NOON, World


def move(baker: Baker, campaign: UUID, act: Act) -> None:
    calls: dict[Act, Callable[[], None]] = {
        Act.LAUNCH: lambda: baker.launches(campaign),
        Act.WITHDRAW: lambda: services.withdraw(campaign_id=campaign, reason="empty", actor=SYSTEM, at=LATER),
        Act.BEGIN: lambda: services.begin(campaign_id=campaign, recipients=3, actor=SYSTEM, at=LATER),
        Act.PAUSE: lambda: services.pause(campaign_id=campaign, actor=baker.actor, at=LATER),
        Act.RESUME: lambda: services.resume(campaign_id=campaign, actor=baker.actor, at=LATER),
        Act.CANCEL: lambda: services.cancel(campaign_id=campaign, actor=baker.actor, at=LATER),
        Act.REOPEN: lambda: services.reopen(campaign_id=campaign, actor=baker.actor, at=LATER),
        Act.HOLD: lambda: services.hold(campaign_id=campaign, reason="restored", actor=SYSTEM, at=LATER),
        Act.RELEASE: lambda: services.release(campaign_id=campaign, actor=baker.actor, at=LATER),
        Act.RELAUNCH: lambda: services.release(campaign_id=campaign, actor=baker.actor, at=LATER),
        Act.FINISH: lambda: services.finish(campaign_id=campaign, totals={"sent": 3}, actor=SYSTEM, at=LATER),
    }
    calls[act]()


WAYS = {
    State.DRAFT: [],
    State.LAUNCHING: [Act.LAUNCH],
    State.SENDING: [Act.LAUNCH, Act.BEGIN],
    State.PAUSED: [Act.LAUNCH, Act.BEGIN, Act.PAUSE],
    State.HELD: [Act.LAUNCH, Act.BEGIN, Act.HOLD],
    State.FINISHED: [Act.LAUNCH, Act.BEGIN, Act.FINISH],
    State.CANCELLED: [Act.LAUNCH, Act.BEGIN, Act.CANCEL],
}


def is_due(baker: Baker, campaign: UUID) -> bool:
    found = [due for due in selectors.due(LATER + timedelta(days=1), limit=10_000) if due.campaign_id == campaign]
    assert all(due.controller_id == baker.customer.id for due in found)
    return bool(found)


@pytest.mark.req("CAM-1")
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("act", list(Act))
def test_services_move_as_the_table_says_and_delivery_is_told(baker: Baker, state: State, act: Act) -> None:
    campaign = baker.writes()
    unfrozen = (state, act) == (State.HELD, Act.RELAUNCH)  # it was held before its audience was frozen
    for step in [Act.LAUNCH, Act.HOLD] if unfrozen else WAYS[state]:
        move(baker, campaign, step)
    assert baker.state(campaign) == state
    target = TRANSITIONS.get((state, act))
    if target is None:
        with pytest.raises(WrongState) as refused:
            move(baker, campaign, act)
        assert refused.value.remedy
    else:
        move(baker, campaign, act)
    now = target or state
    assert baker.state(campaign) == now
    assert is_due(baker, campaign) == (now in DUE)


@pytest.mark.req("CAM-2")
def test_a_launch_is_stopped_by_the_content_check(baker: Baker) -> None:
    campaign = baker.writes(replace(GOOD, source="<p>Hello, newsletter</p>"))
    with pytest.raises(ContentNotReady) as refused:
        baker.launches(campaign)
    assert refused.value.evidence["findings"] == ["unsubscribe_missing", "postal_address_missing"]
    assert "{{ unsubscribe_url }}" in refused.value.remedy
    assert baker.state(campaign) == "draft"
    assert not is_due(baker, campaign)


@pytest.mark.parametrize("source", ["", "<p>{% if %}</p>"])
def test_a_campaign_without_a_message_is_not_launched(baker: Baker, source: str) -> None:
    campaign = baker.writes(replace(GOOD, source=source))
    with pytest.raises((ContentNotReady, ContentRefused)):
        baker.launches(campaign)
    assert baker.state(campaign) == "draft"


def test_a_launch_takes_the_controllers_present_address(baker: Baker) -> None:
    from mandata.accounts.services import controllers

    campaign = baker.writes()
    controllers.correct(actor=baker.actor, at=LATER, postal_address="9 New Street, 602 00 Brno")
    baker.launches(campaign)
    assert b"9 New Street" in selectors.sendable(campaign).data


def test_recipients_and_times_are_kept(baker: Baker) -> None:
    campaign = baker.writes()
    for act in (Act.LAUNCH, Act.BEGIN, Act.FINISH):
        move(baker, campaign, act)
    row = selectors.find(campaign).row
    assert (row.recipients, row.launched_at, row.finished_at) == (3, LATER, LATER)


def test_a_cancelled_campaign_is_due_until_delivery_has_settled_it(baker: Baker) -> None:
    campaign = baker.writes()
    for act in (Act.LAUNCH, Act.BEGIN, Act.CANCEL):
        move(baker, campaign, act)
    assert is_due(baker, campaign)
    for _ in range(2):
        services.settle(campaign_id=campaign, totals={"cancelled": 3}, actor=SYSTEM, at=LATER)
    assert not is_due(baker, campaign)


def at_once(customer_id: UUID, work: Callable[[], object], count: int) -> list[Refused | None]:
    """Run the same act in several members' transactions at the same moment; return what each was told."""
    barrier = threading.Barrier(count)
    told: list[Refused | None] = []

    def member() -> None:
        barrier.wait(60)
        try:
            with scope(customer_id):
                work()
            told.append(None)
        except Refused as refused:
            told.append(refused)
        finally:
            connection.close()

    threads = [threading.Thread(target=member) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return told


@pytest.mark.req("CAM-1")
def test_of_several_members_launching_at_once_exactly_one_wins(world: World) -> None:
    customer = world.controller()
    baker = Baker(customer)
    for _ in range(3):
        with scope(customer.id):
            campaign = baker.writes()
        told = at_once(customer.id, lambda campaign=campaign: baker.launches(campaign), 4)  # type: ignore[misc]
        assert told.count(None) == 1
        losers = [refused for refused in told if refused is not None]
        assert len(losers) == 3
        assert all(isinstance(refused, AlreadyLaunched) and refused.remedy for refused in losers)


def test_of_several_members_editing_at_once_exactly_one_wins(world: World) -> None:
    customer = world.controller()
    with scope(customer.id):
        campaign = Baker(customer).writes()
    told = at_once(customer.id, lambda: services.edit(campaign_id=campaign, revision=0, name="Mine", at=NOON), 3)
    assert told.count(None) == 1
    assert all(refused is None or refused.code == "campaign.edited_meanwhile" for refused in told)


def test_a_launch_and_a_discard_at_once_end_in_one_of_both(world: World) -> None:
    customer = world.controller()
    baker = Baker(customer)
    with scope(customer.id):
        campaign = baker.writes()
    acts: Iterator[Callable[[], object]] = iter(
        [
            lambda: baker.launches(campaign),
            lambda: services.discard(campaign_id=campaign, actor=baker.actor, at=LATER),
        ]
    )
    told = at_once(customer.id, lambda: next(acts)(), 2)
    assert told.count(None) == 1
