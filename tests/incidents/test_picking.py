"""Exports and accesses are ticked, not typed."""

from datetime import timedelta

import pytest

from mandata.agreements.services import staff
from mandata.audience.services import exports
from mandata.incidents.models import Affected
from mandata.incidents.selectors import picking
from mandata.incidents.services import scoping
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope
from tests.incidents.cast import OPERATOR, bound, opened, peopled
from tests.world import World
from tests.world.people import staffed

DAY = timedelta(days=1)


@pytest.mark.req("BRE-4")
def test_what_was_exported_and_seen_in_a_period_is_offered_and_counts_when_it_is_ticked(world: World) -> None:
    house, other = bound(world, "Demo Bakery"), bound(world, "Other")
    begin = now()
    exported = peopled(house, ["a@inbox.example", "b@inbox.example"], at=begin - DAY)
    peopled(house, ["c@inbox.example"], at=begin - DAY)
    peopled(other, ["x@inbox.example"], at=begin - DAY)
    list(exports.export_lines(controller_id=house.id, list_id=exported, actor=house.member, at=begin))
    who = staffed()
    assert who.actor.id is not None
    given = {"reason": "Ticket 7", "country": "CZ", "minutes": 60}
    seen = staff.open_access(controller_id=other.id, user_id=who.actor.id, at=now(), **given)  # type: ignore[arg-type]
    offered, whole = picking.choices([house.id, other.id], since=begin, until=begin + DAY)
    assert whole and {(one.kind, one.whose) for one in offered} == {("export", house.id), ("access", other.id)}
    by_kind = {one.kind: one for one in offered}
    assert (by_kind["export"].people, by_kind["export"].who) == (2, str(house.member))
    access = by_kind["access"]
    assert (access.id, access.name, access.reason) == (seen.id, "Otto Operator", "Ticket 7")
    assert picking.choices([house.id], since=begin - DAY, until=begin)[0] == []
    later = picking.choices([other.id], since=begin + timedelta(minutes=50), until=begin + DAY)[0]
    assert [one.kind for one in later] == ["access"], "somebody could look for an hour"
    breach = opened()
    for one in offered:
        scoping.add_filter(breach, picking.read(one.value) or {}, actor=OPERATOR, at=now())
    scoping.count(breach, actor=OPERATOR, at=now())
    with scope(INSTANCE):
        counted = dict(Affected.objects.filter(breach_id=breach).values_list("whose", "subjects"))
    assert counted == {house.id: 2, other.id: 1}


@pytest.mark.parametrize("value", ["", "export", "export:x:y", "list:a:b", "access:" + "0" * 32, "export:1:2:3"])
def test_what_is_no_choice_is_none(value: str) -> None:
    assert picking.read(value) is None
