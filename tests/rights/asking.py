"""Verbs of the tests of the rights desk: asking, confirming, answering, and what lies in the outbox."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from mandata.rights import selectors, services
from mandata.rights.services.intake import Received
from tests.holdings.cast import LATER, NOVAK, Shop
from tests.world import NOON, World
from tests.world.people import accept

OFFICER, OTHER = Actor("member", new_id()), Actor("member", new_id())
HOUR = timedelta(hours=1)


def a_us_shop(world: World, name: str = "Bay Bakery", *, agreement: str = "everymail") -> Shop:
    """A business in California under an agreement by the CCPA, with a list."""
    from mandata.audience import services as audience

    customer = world.controller(name)
    with scope(customer.id):
        accept(customer.member, at=NOON, name=agreement)
        list_id = audience.create_list(name="Newsletter", actor=customer.member, at=NOON)
    return Shop(customer, list_id, new_id(), 0)


def somebody(shop: Shop, address: str, **values: str) -> UUID:
    """A subscriber with fields, and nothing else."""
    from mandata.audience import services as audience

    with scope(shop.id):
        return audience.subscribe(
            list_id=shop.list_id, email=address, values=values, source="counter", actor=shop.member, at=NOON
        )


def ask(shop: Shop, kind: str = "access", address: str = NOVAK, at: datetime = LATER, **given: Any) -> Received:
    """Take a request in, by the public page unless something else is said."""
    with scope(shop.id):
        return services.receive(
            kind=kind,
            address=address,
            channel=given.pop("channel", "portal"),
            language=given.pop("language", "en"),
            at=at,
            **given,
        )


def confirmed(shop: Shop, kind: str = "access", address: str = NOVAK, at: datetime = LATER, **given: Any) -> UUID:
    """A request that an officer vouched for."""
    case_id = ask(shop, kind, address, at, **given).case_id
    with scope(shop.id):
        services.confirm_by_hand(case_id=case_id, actor=OFFICER, at=at)
    return case_id


def answer(shop: Shop, case_id: UUID, at: datetime = LATER, **given: Any) -> dict[str, object]:
    """Answer as an officer."""
    with scope(shop.id):
        return services.answer(case_id=case_id, actor=given.pop("actor", OFFICER), at=at, **given)


def view(shop: Shop, case_id: UUID, at: datetime = LATER) -> selectors.CaseView:
    """The case, unsealed."""
    with scope(shop.id):
        return selectors.case(case_id, at=at, sealed=False)


def told(shop: Shop, case_id: UUID) -> list[str]:
    """The kinds of the case's steps, oldest first."""
    return [step.kind for step in reversed(view(shop, case_id).steps)]


def mails(shop: Shop, kind: str = "rights.") -> list[dict[str, Any]]:
    """The mails in the shop's outbox, newest first."""
    with scope(shop.id):
        rows = [row for row in accounts.notices(200) if row["kind"].startswith(kind)]
        return [notices.contents(row["id"]) | {"kind": row["kind"], "id": row["id"]} for row in rows]


def token_in(mail: dict[str, Any]) -> str:
    """The token of the link in a mail."""
    found = re.search(r"/rights/\w+/([\w-]{43})/", mail["text"])
    assert found, mail["text"]
    return found.group(1)
