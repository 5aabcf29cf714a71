"""A controller under one of the library's agreements, with an owner who can speak for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mandata.agreements import selectors, services
from mandata.foundation import canonical
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from tests.world import NOON
from tests.world.people import registered

OPERATOR = Actor("operator", new_id())


@dataclass(frozen=True)
class Deal:
    """A controller and its owner."""

    id: UUID
    owner: UUID

    @property
    def actor(self) -> Actor:
        return Actor("member", self.owner)

    def entries(self, kind: str) -> list[Mapping[str, Any]]:
        """The record's entries of a kind, oldest first."""
        with scope(self.id):
            return [canonical.loads(bytes(row.leaf)) for row in Entry.objects.filter(kind=kind).order_by("id")]


def deal(name: str = "ecomail", *, at: datetime = NOON) -> Deal:
    """Register a controller and accept an agreement of the library."""
    house = registered(agreed=False)
    member = house.owner.actor.id
    assert member is not None
    offer = selectors.offer(language="en", name=name)
    answers = {question.name: "no" if question.name == "consumer" else "yes" for question in offer.questions}
    with scope(house.id):
        services.accept(
            member_id=member, language="en", answers=answers, warranted=True, shown=offer.shown, at=at, name=name
        )
    return Deal(house.id, member)
