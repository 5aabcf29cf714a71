"""The world of the tests: controllers, people, and the verbs in which tests tell what happens."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from mandata.accounts.models import Controller, Directory
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.record.services import sequence_due
from mandata.vault import services as vault

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""An ordinary Monday, for tests that need a fixed time."""


@dataclass(frozen=True)
class Customer:
    """A controller with keys and an acting member."""

    id: UUID
    name: str
    member: Actor


class World:
    """Makes the cast of one test."""

    def controller(self, name: str = "Demo Bakery", *, contact: str = "office@bakery.example") -> Customer:
        """A new controller with its own keys; its agreement is not accepted yet (`tests.world.people.accept`)."""
        customer = Customer(new_id(), name, Actor("member", new_id()))
        Directory.objects.create(controller_id=customer.id, created_at=now())
        with scope(customer.id):
            Controller.objects.create(
                controller_id=customer.id,
                name=name,
                legal_name=f"{name} Ltd",
                postal_address="1 Oven Lane, 110 00 Prague",
                contact=contact,
                created_at=now(),
            )
            vault.begin(at=now())
        return customer

    def sequence(self) -> int:
        """Let the record's sequencer do its work once."""
        return sequence_due(at=now())
