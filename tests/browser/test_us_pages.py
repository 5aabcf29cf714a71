"""Every Californian kind, asked on the public page at a phone's width and answered by an officer."""

import re

import pytest

from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices
from mandata.audience import services as audience
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.rights import selectors
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, accept, registered

pytestmark = pytest.mark.browser
ANN = "ann@reader.example"


@pytest.fixture
def house(world: World) -> House:
    """A bakery in California with one subscriber."""
    house = registered("Bay Bakery", agreed=False)
    with scope(house.id):
        accept(house.owner.actor, name="everymail")
        list_id = audience.create_list(name="Newsletter", actor=house.owner.actor, at=now())
        audience.subscribe(list_id=list_id, email=ANN, source="till", actor=house.owner.actor, at=now())
    return house


def _link(house: House) -> str:
    with scope(house.id):
        row = next(one for one in accounts.notices(100) if one["kind"] == "rights.confirm")
        found = re.search(r"https?://\S+", notices.contents(row["id"])["text"])
    assert found
    return found.group()


@pytest.mark.req("CCP-1", "DSR-1")
def test_each_kind_is_asked_at_a_phone_and_answered_at_a_desk(house: House, visitor: Visitor) -> None:
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    for kind in ("opt_out", "limit", "know", "correct", "delete"):
        visitor.open(f"/rights/{house.id}/")
        visitor.page.locator(f"input[name=kind][value={kind}]").check()
        visitor.page.locator("input[name=email]").fill(ANN)
        visitor.page.locator("form button[type=submit]").last.click()
        visitor.page.wait_for_url("**/asked/**")
        assert visitor.sticks_out() <= 0, kind
        if kind in ("opt_out", "limit"):
            continue
        visitor.open(_link(house))
        visitor.page.locator("form button[type=submit]").last.click()
        visitor.page.wait_for_url("**/progress/**")
        assert visitor.sticks_out() <= 0, kind
    with scope(house.id):
        cases = {one.kind: one for one in selectors.cases(at=now())}
    assert {kind: one.state for kind, one in cases.items() if kind in ("opt_out", "limit")} == {
        "opt_out": "answered",
        "limit": "answered",
    }
    visitor.log_in(house.owner.email, PASSWORD)
    for kind in ("know", "correct", "delete"):
        visitor.open(f"/privacy/requests/{cases[kind].id}/")
        visitor.page.locator("[data-dialog-open=answer]").click()
        if kind == "correct":
            visitor.page.locator("#id_answer-field_1").select_option("email")
            visitor.page.locator("#id_answer-value_1").fill("ann.new@reader.example")
        visitor.page.locator("#answer button[type=submit]").click()
        visitor.page.get_by_text("Answered. The person is told by the way the request came.").wait_for()
        visitor.look(f"us_{kind}_answered")
    with scope(house.id):
        assert {one.state for one in selectors.cases(at=now())} == {"answered"}
