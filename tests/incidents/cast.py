"""Who takes part: an operator, controllers with people, a breach, and the jobs that tell of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from mandata.agreements.models import Served
from mandata.audience import services as audience
from mandata.foundation.actors import Actor
from mandata.incidents.models import Affected, Breach, Filter, Share, Step
from mandata.incidents.services import arriving, desk, scoping, telling
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, scope
from tests.world import Customer, World
from tests.world.people import accept

OPERATOR: Final = Actor("operator", new_id())


def bound(world: World, name: str = "Demo Bakery", *, agreement: str = "", **more: Any) -> Customer:
    """Make a controller under an agreement that was accepted a year ago."""
    customer = world.controller(name, **more)
    with scope(customer.id):
        accept(customer.member, at=now() - timedelta(days=365), name=agreement)
    return customer


def peopled(customer: Customer, people: Iterable[str], *, at: datetime | None = None) -> UUID:
    """Put people on a new list of a controller's; return the list."""
    when = at or now()
    with scope(customer.id):
        made = audience.create_list(name=f"List {new_id().hex[-6:]}", actor=customer.member, at=when)
        for email in people:
            audience.subscribe(
                list_id=made, email=email, source="counter", consent_words="yes", actor=customer.member, at=when
            )
    return made


def opened(*, aware: datetime | None = None, at: datetime | None = None, **more: Any) -> UUID:
    """Open a breach of which we became aware just now."""
    when = at or now()
    told: dict[str, Any] = {"title": "A copy of the database", "nature": "A copy was taken.", **more}
    return desk.open_breach(aware_at=aware or when, actor=OPERATOR, at=when, **told)


def over(breach: UUID, *customers: Customer, at: datetime | None = None, **wanted: Any) -> None:
    """Add a filter over these controllers, and count."""
    named = [str(one.id) for one in customers]
    scoping.add_filter(breach, {"controllers": named, **wanted}, actor=OPERATOR, at=at or now())
    scoping.count(breach, actor=OPERATOR, at=at or now())


def told(breach: UUID, *, at: datetime | None = None) -> None:
    """Tell everybody affected, as the desk and its job do."""
    when = at or now()
    telling.tell(breach, actor=OPERATOR, at=when)
    with scope(INSTANCE):
        whose = list(Affected.objects.filter(breach_id=breach).values_list("whose", flat=True))
    assert telling.tell_each(breach, whose, at=when) == []


def arrived(breach: UUID, customer: Customer, *, at: datetime) -> None:
    """Let the notice of a breach arrive at an instant, and what follows begin."""
    with scope(customer.id):
        share = Share.objects.get(breach=breach)
        Served.objects.filter(about=share.id, party="controller").update(deemed_at=at, deemed_by="acceptance")
    assert arriving.follow(breach, customer.id, at=at)


def share(breach: UUID, customer: Customer) -> Share:
    """A controller's share of a breach."""
    with scope(customer.id):
        return Share.objects.get(breach=breach)  # type: ignore[no-any-return]


def forgotten() -> None:
    """Take away what stands in the installation's scope, where other tests would meet it."""
    with scope(INSTANCE):
        Breach.objects.all().delete()
        Filter.objects.all().delete()
        Step.objects.all().delete()
