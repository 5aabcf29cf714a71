"""A controller that our mails do not reach: shown plainly, told by another way, and the duty is met by that."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mandata.accounts.models import Controller
from mandata.agreements.models import Obligation, Served
from mandata.incidents.errors import BadBreach, NoSuchThing, WrongState
from mandata.incidents.models import Phase, Share
from mandata.incidents.selectors import desk as selectors
from mandata.incidents.services import desk, otherwise, telling
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors as record
from tests.incidents.cast import OPERATOR, bound, opened, over, peopled, share, told
from tests.world import Customer, World

BEGIN = datetime(2026, 10, 12, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def lost(world: World) -> Customer:
    made = bound(world, "Lost", agreement="icewarp")
    peopled(made, ["a@inbox.example"], at=BEGIN - timedelta(days=1))
    return made


def hit(*houses: Customer) -> UUID:
    breach = opened(aware=BEGIN, at=BEGIN)
    over(breach, *houses, at=BEGIN, holdings=["subscribers"])
    return breach


def unaddressed(house: Customer) -> None:
    with scope(house.id):
        Controller.objects.update(contact="", privacy_contact="")


def come_back(breach: UUID, house: Customer) -> None:
    with scope(house.id):
        about = Share.objects.get(breach=breach).id
        Served.objects.filter(about=about).update(returned_at=BEGIN + HOUR, returned_status="5.1.1")


def standing(breach: UUID, house: Customer) -> selectors.Standing:
    rows = selectors.standings(breach, at=BEGIN + 2 * HOUR)[1]
    return next(one for one in rows if one.whose == house.id)


def by_phone(
    breach: UUID, house: Customer, *, when: datetime = BEGIN + 2 * HOUR, who: str = "We to its director"
) -> None:
    otherwise.told(
        breach, house.id, way="read", when=when, who=who, proof="Note of the call", actor=OPERATOR, at=BEGIN + 3 * HOUR
    )


@pytest.mark.req("BRE-1", "BRE-2")
@pytest.mark.parametrize("why", ["no_address", "returned"])
def test_who_cannot_be_reached_is_shown_and_told_by_another_way(lost: Customer, why: str) -> None:
    breach = hit(lost)
    if why == "no_address":
        unaddressed(lost)
        telling.tell(breach, actor=OPERATOR, at=BEGIN)
        telling.tell_each(breach, [lost.id], at=BEGIN)
    else:
        told(breach, at=BEGIN)
        come_back(breach, lost)
    shown = standing(breach, lost)
    assert shown.unreached == why and bool(shown.reaches) == (why == "returned")
    by_phone(breach, lost)
    mine = share(breach, lost)
    assert mine.own_aware_at == BEGIN + 2 * HOUR
    with scope(lost.id):
        notify = Obligation.objects.get(duty="breach.notify", about=mine.id)
        assert (notify.state, notify.closed_at) == ("met", BEGIN + 2 * HOUR)
        assert Obligation.objects.get(duty="breach.authority", about=mine.id).since == BEGIN + 2 * HOUR
        assert Phase.objects.filter(share_id=mine.id).count() == 1
        (served,) = Served.objects.filter(about=mine.id)
        assert (served.way, served.evidence) == ("read", "We to its director; Note of the call")
        assert not any("director" in str(one.body) for one in record.entries(limit=20)), "people stay out of the record"
    shown = standing(breach, lost)
    assert shown.unreached == "" and shown.aware_at == BEGIN + 2 * HOUR
    with scope(INSTANCE):
        assert Obligation.objects.get(duty="breach.handling", about=breach).state == "met"
    with pytest.raises(WrongState, match="already"):
        by_phone(breach, lost)
    desk.close(breach, effects="None.", actor=OPERATOR, at=BEGIN + 4 * HOUR)


def test_what_is_entered_needs_its_words_and_a_time_that_can_be(lost: Customer) -> None:
    breach = hit(lost)
    with pytest.raises(WrongState):
        by_phone(breach, lost)
    told(breach, at=BEGIN)
    with pytest.raises(BadBreach):
        by_phone(breach, lost, who=" ")
    for when in (BEGIN - HOUR, BEGIN + 4 * HOUR):
        with pytest.raises(BadBreach):
            by_phone(breach, lost, when=when)
    with scope(lost.id):
        assert Obligation.objects.get(duty="breach.notify").state == "open"


def test_nobody_is_told_so_of_a_breach_that_does_not_touch_it(world: World, lost: Customer) -> None:
    other = bound(world, "Other")
    breach = hit(lost)
    told(breach, at=BEGIN)
    with pytest.raises(NoSuchThing):
        by_phone(breach, other)
    with scope(other.id):
        assert not Share.objects.exists()
