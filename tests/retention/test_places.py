"""What each area lets go by its age, and what it keeps though it is old: with data in every place."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection

from mandata.accounts.models import AccessAlert, AccessLog, Notice, StaffAccess
from mandata.accounts.services.notices import send_notice
from mandata.audience.models import Import, Rejection, Subscriber, Subscription, UploadChunk
from mandata.audience.rules.bases import Reason
from mandata.audience.services import people as audience
from mandata.campaigns.models import Campaign
from mandata.delivery.models import Message, Return
from mandata.foundation.errors import Refused
from mandata.foundation.periods import Period
from mandata.holdings import ageing
from mandata.holdings.models import Erasure
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.retention.models import Run
from mandata.retention.services import keeping
from mandata.tracking.models import First
from mandata.vault.services import has_key
from tests.holdings.cast import Shop, a_person, a_shop
from tests.retention.ages import campaign, count, entered, events, house, inside
from tests.world import World

DAY = timedelta(days=1)


def due(category: str, shop: Shop) -> tuple[int, dict[str, int]]:
    """How much of a category would go now, and what stays."""
    places, before = ageing.of(category), now() + DAY
    held = {ground: one(before) for place in places for ground, one in place.held.items()}
    return sum(place.count(before) for place in places), held


def drop(category: str) -> int:
    """Let everything of a category go, in batches of two; how many."""
    gone, before = 0, now() + DAY
    for place in ageing.of(category):
        while done := place.delete(before, 2, now()):
            gone += done
            assert done <= 2
    return gone


@pytest.mark.req("RET-1", "DSR-13")
def test_every_place_deletes_what_it_counts_and_nothing_of_another_controller(world: World) -> None:
    shop, other = a_shop(world), a_shop(world, "Other Bakery")
    for one in (shop, other):
        for number in (1, 2, 3):
            a_person(one, f"person.{number}@seznam.example", number=number)
    with scope(shop.id):
        Campaign.objects.update(state="finished", finished_at=now(), launched_at=now())
        Import.objects.filter(state="running").update(state="done", finished_at=now())
        for category in ("content", "rejections", "uploads", "returns", "events", "messages"):
            found, _held = due(category, shop)
            assert found > 0, category
            assert drop(category) == found, category
            assert due(category, shop)[0] == 0, category
        assert not Rejection.objects.exists() and not UploadChunk.objects.exists()
        assert not Message.objects.exists() and not First.objects.exists() and not Return.objects.exists()
        assert not any(has_key(one) for one in Import.objects.values_list("id", flat=True))
    with scope(other.id):
        assert Rejection.objects.exists() and UploadChunk.objects.exists()
        assert Message.objects.count() == 3 and First.objects.exists() and Return.objects.exists()
        assert Subscriber.objects.count() == 4


@pytest.mark.req("RET-1", "DSR-13", "AUDI-4")
def test_who_left_is_forgotten_but_the_refusal_stays_and_restricted_people_too(world: World) -> None:
    shop = a_shop(world)
    gone, stays, bare = (a_person(shop, f"p.{number}@seznam.example", number=number) for number in (1, 2, 3))
    with scope(shop.id):
        for one in (gone, stays):
            audience.unsubscribe(subscriber_id=one, reason=Reason.UNSUBSCRIBED, actor=shop.member, at=now())
        Subscription.objects.filter(subscriber_id=bare).update(state="unsubscribed", ended_at=now())
        assert due("consent", shop) == (2, {"refusal": 1})
        Subscriber.objects.filter(id=stays).update(restricted_at=now())
        assert due("people", shop) == (2, {"restricted": 1})
        assert drop("people") == 2
        left = set(Subscriber.objects.values_list("id", flat=True))
        assert stays in left and not {gone, bare} & left
        assert Erasure.objects.filter(ground="no_longer_needed").count() == 2
        assert not has_key(gone)
        assert count("audience_suppression") >= 2
        assert drop("consent") == 1
        assert not Subscription.objects.filter(subscriber_id=stays).exists()


@pytest.mark.req("RET-1")
def test_mails_to_members_go_and_legal_notices_stay(database: object) -> None:
    owner, at = house(), now()
    with inside(owner):
        for legal in (False, False, True):
            send_notice(to="a@b.example", subject="x", text="y", kind="test", at=at - 900 * DAY, legal=legal)
        Notice.objects.filter(kind="test").update(state="sent", sent_at=at - 900 * DAY)
        run_id = keeping.daily(at=at, queue=False)
        assert run_id is not None
    assert not keeping.work(controller_id=owner.id, run_id=run_id, at=at)
    with inside(owner):
        assert list(Notice.objects.filter(kind="test").values_list("legal", flat=True)) == [True]


@pytest.mark.req("RET-1", "PPL-2")
def test_accesses_of_the_staff_go_with_their_log_and_alerts_and_young_and_open_ones_stay(database: object) -> None:
    owner, other, at = house(), house(), now()
    member, ages = owner.owner.actor.id, (3_000, 500, 300)
    assert member is not None
    for one in (owner, other):
        with inside(one):
            for age in ages:
                _access(at - age * DAY)
            StaffAccess.objects.create(
                user_id=member, reason="open", country="CZ", opened_at=at - DAY, until=at + DAY
            )  # fmt: skip
    with inside(owner):
        run_id = keeping.daily(at=at, queue=False)
        assert run_id is not None
    assert not keeping.work(controller_id=owner.id, run_id=run_id, at=at)
    with inside(owner):
        assert _left() == (3, 2, 2), "three years are our own rule"
        with pytest.raises(Refused):
            keeping.set_period(category="accesses", period=Period.parse("100 days"), member_id=member, at=at)
        assert ageing.of("accesses")[0].count(at - 400 * DAY) == 3
        assert ageing.of("accesses")[0].delete(at, 10, at) == 2 + 1 + 2, "the log keeps its 400 days whatever is asked"
        assert _left() == (1, 1, 0)
    with inside(other):
        assert _left() == (4, 3, 3)


def _access(at: datetime) -> None:
    row = StaffAccess.objects.create(
        user_id=new_id(), reason="x", country="CZ", opened_at=at, until=at + timedelta(hours=1)
    )
    log = AccessLog.objects.create(
        id=new_id(), at=at, user_id=row.user_id, who="operator", kind="looked", page="x", access=row.id
    )
    AccessAlert.objects.create(
        id=new_id(), log=log.id, user_id=row.user_id, who="operator", rule="night", occasion=f"{at:%Y-%m-%d}", at=at
    )


def _left() -> tuple[int, int, int]:
    return StaffAccess.objects.count(), AccessLog.objects.count(), AccessAlert.objects.count()


@pytest.mark.req("RET-1")
def test_two_workers_at_one_run_delete_everything_once(database: object) -> None:
    owner, at = house(), now()
    member = owner.owner.actor.id
    assert member is not None
    with inside(owner):
        events(campaign(owner, at=at - 400 * DAY), 60_000, at=at - 400 * DAY)
        keeping.set_period(category="events", period=Period.parse("1 year"), member_id=member, at=at)
        run_id = keeping.daily(at=at, queue=False)
        assert run_id is not None

    def work() -> None:
        try:
            while keeping.work(controller_id=owner.id, run_id=run_id, at=at):
                pass
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _one in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    with inside(owner):
        assert Run.objects.get(id=run_id).done == {"events": 60_000}
        assert len(entered("retention.deleted")) == 1
        assert count("tracking_event") == 0
