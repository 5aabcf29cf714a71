"""The pages of an end in a browser: the controller's, the operator's desk, what is reached by a link afterwards."""

from datetime import timedelta

import pyrage
import pytest

from mandata.accounts import services
from mandata.foundation.actors import Actor
from mandata.holdings import manual
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.retention.services import receivers, returns, telling
from tests.browser.driving import Visitor
from tests.retention.house import deleted, ended
from tests.world import World
from tests.world.people import PASSWORD, accept, registered

pytestmark = pytest.mark.browser


@pytest.mark.req("RET-2", "RET-3", "RET-4", "RET-5")
def test_an_agreement_ends_in_the_browser(world: World, visitor: Visitor) -> None:
    house = registered("Ending Bakery", agreed=False)
    with scope(house.id):
        accept(house.owner.actor, name="imagicle")
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/ending/")
    visitor.page.get_by_text("No archive yet").wait_for()
    visitor.page.get_by_role("button", name="End the agreement").first.click()
    visitor.look("ending_notice")
    visitor.page.keyboard.press("Escape")
    key = pyrage.x25519.Identity.generate()
    with scope(house.id):
        return_id = returns.ask(
            receiver=receivers.receiver(recipient=str(key.to_public())),
            to=returns.Destination(),
            actor=house.owner.actor,
            at=now(),
            queue=False,
        )
    visitor.open("/privacy/ending/")
    visitor.page.get_by_text("Archive 1").first.wait_for()
    assert returns.make(controller_id=house.id, return_id=return_id)
    visitor.page.get_by_role("button", name="Download").wait_for()
    ended(house.id, choice="")
    with scope(house.id):
        said = dict.fromkeys(("place", "category", "subjects", "purpose", "retention", "post"), "cellar")
        said["name"] = "Order book"
        manual.register(kind="paper", keeper="processor", said=said, actor=Actor("operator", new_id()), at=now())
    visitor.open("/privacy/ending/")
    visitor.page.locator(".m-timeline").wait_for()
    visitor.look("ending")
    _desk(visitor, house.id)
    _links(world, visitor, return_id, house.id)


def _desk(visitor: Visitor, controller_id: object) -> None:
    email = f"otto-{new_id().hex[-10:]}@operator.example"
    services.users.create(email=email, name="Otto Operator", password=PASSWORD, is_operator=True, verified=True)
    visitor.page.context.clear_cookies()
    visitor.log_in(email, PASSWORD)
    visitor.open("/operator/terminations/")
    visitor.look("terminations")
    visitor.open(f"/operator/terminations/{controller_id}/")
    visitor.page.get_by_text("What would go, and what would stay").first.wait_for()
    visitor.look("termination")


def _links(world: World, visitor: Visitor, return_id: object, controller_id: object) -> None:
    from uuid import UUID

    whose, what = UUID(str(controller_id)), UUID(str(return_id))
    with scope(whose):
        token = telling.new_link("archive", what, expires_at=now() + timedelta(days=2))
    visitor.open(f"/ending/archive/{token}/")
    visitor.look("ending_archive")
    gone = registered("Gone Bakery")
    end = deleted(gone.id, "Gone Bakery")
    world.sequence()
    with scope(gone.id):
        token = telling.new_link("certificate", end, expires_at=None)
    visitor.open(f"/ending/certificate/{token}/")
    visitor.look("ending_certificate")
    visitor.open(f"/operator/terminations/{gone.id}/")
    visitor.page.get_by_text("What stays, and why").first.wait_for()
    visitor.look("termination_certified")
