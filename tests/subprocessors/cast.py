"""Who takes part: an operator, carriers, controllers under an agreement, and the jobs that tell them."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from mandata.agreements.models import Served
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.subprocessors.services import changes, register, telling
from mandata.subprocessors.services.register import Details
from tests.world import Customer, World
from tests.world.people import accept

OPERATOR: Final = Actor("operator", new_id())


def carrier(name: str = "Carrier Pigeon Ltd", *, active: bool = False, at: datetime | None = None, **more: Any) -> UUID:
    """Put somebody who carries mail on the register, in the EEA and under contract unless said otherwise."""
    told: dict[str, Any] = {"role": "delivery of e-mail", "country": "DE", "contract_on": date(2020, 1, 2)}
    told |= {"contract_evidence": "contract 7", "purposes": ("sending campaigns",)}
    return register.add(Details(name=name, **(told | more)), actor=OPERATOR, at=at or now(), active=active)


def bound(world: World, name: str = "Demo Bakery", *, at: datetime | None = None, **more: Any) -> Customer:
    """Make a controller whose agreement was accepted, by default two years ago."""
    customer = world.controller(name, **more)
    with scope(customer.id):
        accept(customer.member, at=at or now() - timedelta(days=730))
    return customer


def announced(
    name: str = "Carrier Pigeon Ltd", *, at: datetime | None = None, planned: datetime | None = None, **more: Any
) -> UUID:
    """Announce a change, by default that a planned carrier is engaged at once."""
    at = at or now()
    told: dict[str, Any] = {"kind": "add", "subprocessor": name, "planned_for": planned or at, **more}
    return changes.announce(actor=OPERATOR, at=at, **told)


def told(customer: Customer | UUID, change_id: UUID, *, at: datetime) -> bool:
    """Tell one controller, as the job does."""
    return telling.tell(_id(customer), changes.row(change_id), at=at)


def delivered(customer: Customer | UUID, change_id: UUID, *, at: datetime) -> None:
    """Let the notice arrive at an instant, and its periods run."""
    with scope(_id(customer)):
        Served.objects.filter(about=change_id, party="controller").update(deemed_at=at, deemed_by="acceptance")
    telling.count(_id(customer), changes.row(change_id), at=at)


def _id(customer: Customer | UUID) -> UUID:
    return customer if isinstance(customer, UUID) else customer.id
