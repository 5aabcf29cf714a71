"""Whom a breach touched, computed from the system's own data by filters."""

from datetime import timedelta
from typing import Any

import pytest

from mandata.accounts.services import staff
from mandata.audience import services as audience
from mandata.holdings import breadth
from mandata.incidents.errors import BadFilter, NoSuchBreach, NoSuchThing
from mandata.incidents.models import Affected
from mandata.incidents.services import scoping
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors as record
from tests.incidents.cast import OPERATOR, bound, opened, over, peopled
from tests.world import Customer, World

OLD, MAY = now() - timedelta(days=265), now() - timedelta(days=200)


def counted(customer: Customer, **wanted: Any) -> breadth.Touched:
    with scope(customer.id):
        return breadth.count([breadth.Filter(**wanted)])


@pytest.mark.req("BRE-4")
def test_people_are_counted_once_over_all_holdings_and_their_records_by_holding(world: World) -> None:
    house = bound(world)
    peopled(house, ["a@inbox.example", "b@inbox.example"])
    peopled(house, ["b@inbox.example", "c@inbox.example"])
    found = counted(house, holdings=("subscribers", "subscriptions"))
    assert found == breadth.Touched(3, 7, {"subscribers": (3, 3), "subscriptions": (3, 4)})


@pytest.mark.req("BRE-4")
def test_filters_add_up_without_counting_a_row_twice(world: World) -> None:
    house = bound(world)
    one = peopled(house, ["a@inbox.example", "b@inbox.example"], at=OLD)
    two = peopled(house, ["b@inbox.example", "c@inbox.example"], at=MAY)
    with scope(house.id):
        kept = ("subscribers",)
        both = [breadth.Filter(kept, lists=(one,)), breadth.Filter(kept, lists=(two,))]
        assert breadth.count(both) == breadth.Touched(3, 3, {"subscribers": (3, 3)})
        assert breadth.count([]) == breadth.Touched()


@pytest.mark.req("BRE-4")
def test_a_time_window_means_who_was_there_or_what_was_made_in_it(world: World) -> None:
    house = bound(world)
    peopled(house, ["a@inbox.example"], at=OLD)
    peopled(house, ["b@inbox.example"], at=MAY)
    peopled(house, ["c@inbox.example"])
    window = {"since": MAY - timedelta(days=1), "until": MAY + timedelta(days=1), "holdings": ("subscribers",)}
    assert counted(house, **window).subjects == 2
    assert counted(house, **window, dated=True).subjects == 1


@pytest.mark.req("BRE-4")
def test_an_export_means_who_was_on_the_list_when_it_was_exported(world: World) -> None:
    house = bound(world)
    exported = peopled(house, ["a@inbox.example", "b@inbox.example"], at=OLD)
    peopled(house, ["z@inbox.example"], at=OLD)
    list(audience.export_lines(controller_id=house.id, list_id=exported, actor=house.member, at=MAY))
    with scope(house.id):
        audience.subscribe(
            list_id=exported, email="late@inbox.example", source="counter", consent_words="yes",
            actor=house.member, at=now(),
        )  # fmt: skip
        (entry,) = record.entries(kind="audience.exported")
    assert counted(house, export=entry.id) == breadth.Touched(2, 4, {"subscribers": (2, 2), "subscriptions": (2, 2)})
    assert counted(bound(world, "Other"), export=entry.id) == breadth.Touched()


@pytest.mark.req("BRE-4", "PPL-2")
def test_an_access_of_our_staff_means_what_was_there_to_be_seen_until_it_ended(world: World) -> None:
    house = bound(world)
    peopled(house, ["a@inbox.example"], at=OLD)
    with scope(house.id):
        seen = staff.keep(user_id=new_id(), reason="support", ticket="", country="CZ", minutes=60, at=MAY)
    peopled(house, ["b@inbox.example"], at=now())
    assert counted(house, access=seen.id, holdings=("subscribers",)).subjects == 1
    assert counted(house, access=new_id()) == breadth.Touched()


@pytest.mark.req("BRE-4", "SEC-5")
def test_a_key_means_what_is_sealed_and_was_there_before_the_key_was_left(world: World) -> None:
    house = bound(world)
    peopled(house, ["a@inbox.example"])
    found = counted(house, epoch=1)
    assert found.places["subscribers"] == (1, 1)
    assert "subscriptions" not in found.places, "it is not sealed"
    assert counted(house, epoch=2) == breadth.Touched()


@pytest.mark.req("BRE-4")
def test_what_no_program_reaches_is_counted_by_hand_at_the_controllers_named(world: World) -> None:
    house, other = bound(world), bound(world, "Other")
    peopled(other, ["a@inbox.example"])
    breach = opened()
    over(breach, house, by_hand=[30, 45])
    with scope(INSTANCE):
        row = Affected.objects.get(breach_id=breach)
        assert (row.whose, row.subjects, row.records, row.places) == (house.id, 30, 45, {"by_hand": [30, 45]})


def test_a_filter_without_controllers_means_all_and_finds_those_with_people(world: World) -> None:
    house = bound(world)
    peopled(house, ["a@inbox.example"])
    breach = opened()
    over(breach, holdings=["subscribers"], since=(now() - timedelta(minutes=1)).isoformat(), dated=True)
    with scope(INSTANCE):
        assert house.id in set(Affected.objects.filter(breach_id=breach).values_list("whose", flat=True))


HOSTILE: list[dict[str, Any]] = [
    {"holdings": ["subscribers'; drop table audience_subscriber; --"]},
    {"holdings": "subscribers"},
    {"controllers": ["not an id"]},
    {"controllers": [str(new_id())]},
    {"controllers": [str(new_id())] * 100_000},
    {"since": "yesterday"},
    {"since": "2026-01-01T00:00:00"},
    {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
    {"epoch": 0},
    {"epoch": 2**80},
    {"epoch": "1 or true"},
    {"epoch": True},
    {"dated": "yes"},
    {"export": {"id": 1}},
    {"access": "%(key_0)s"},
    {"lists": {"a": 1}},
    {"by_hand": [1, 1]},
    {"by_hand": [-1, 5], "controllers": []},
    {"where": "true"},
]


@pytest.mark.parametrize("wanted", HOSTILE, ids=[next(iter(one)) + str(number) for number, one in enumerate(HOSTILE)])
def test_a_filter_that_cannot_be_read_is_refused_and_nothing_is_added(world: World, wanted: dict[str, Any]) -> None:
    breach = opened()
    with pytest.raises(BadFilter):
        scoping.add_filter(breach, wanted, actor=OPERATOR, at=now())
    scoping.count(breach, at=now())
    with scope(INSTANCE):
        assert not Affected.objects.filter(breach_id=breach).exists()


def test_there_is_nothing_to_add_to_where_there_is_no_breach(world: World) -> None:
    with pytest.raises(NoSuchBreach):
        scoping.add_filter(new_id(), {}, actor=OPERATOR, at=now())
    with pytest.raises(NoSuchThing):
        scoping.drop_filter(new_id(), actor=OPERATOR, at=now())
