"""A baker who writes campaigns."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mandata.campaigns import selectors, services
from mandata.campaigns.rules.content import Content, Format
from mandata.infra.tenancy import scope
from tests.world import NOON, Customer, World

BODY = (
    '<p>Dear {{ first_name | default: "friend" }}, <a href="https://shop.example/bread">bread</a>.</p>'
    '<p>Our newsletter. {{ postal_address }} <a href="{{ unsubscribe_url }}">Leave</a></p>'
)
GOOD = Content(
    Format.HTML,
    BODY,
    "Bread for {{ first_name | default: 'you' }}",
    "Demo Bakery",
    "news@bakery.example",
    preheader="Warm",
    language="en",
)
LATER = NOON + timedelta(minutes=5)


class Baker:
    """Writes and moves campaigns in an open scope."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        self.actor = customer.member

    def writes(self, content: Content = GOOD, **more: Any) -> UUID:
        return services.create(name="Saturday", actor=self.actor, at=NOON, content=content, **more)

    def launches(self, campaign: UUID) -> None:
        services.launch(campaign_id=campaign, actor=self.actor, at=LATER)

    def state(self, campaign: UUID) -> str:
        return selectors.find(campaign).row.state


@pytest.fixture
def baker(world: World) -> Iterator[Baker]:
    """A baker whose scope is open."""
    customer = world.controller()
    with scope(customer.id):
        yield Baker(customer)
