"""Every kind of the GDPR, asked on the public page at a phone's width and answered by an officer."""

import pytest

from mandata.audience import services as audience
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.rights import selectors
from tests.browser.driving import Visitor
from tests.browser.test_us_pages import ANN, _link
from tests.world import World
from tests.world.people import PASSWORD, House, registered

pytestmark = pytest.mark.browser
KINDS = ("access", "portability", "rectification", "restriction", "objection", "automated", "complaint", "erasure")
AT_ONCE = ("objection",)


@pytest.fixture
def house(world: World) -> House:
    """A bakery with one subscriber."""
    house = registered()
    with scope(house.id):
        list_id = audience.create_list(name="Newsletter", actor=house.owner.actor, at=now())
        audience.subscribe(list_id=list_id, email=ANN, source="till", actor=house.owner.actor, at=now())
    return house


@pytest.mark.req("DSR-1", "DSR-9", "DSR-10")
def test_each_kind_is_asked_at_a_phone_and_answered_at_a_desk(house: House, visitor: Visitor) -> None:
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    for kind in KINDS:
        visitor.open(f"/rights/{house.id}/")
        visitor.page.locator(f"input[name=kind][value={kind}]").check()
        visitor.page.locator("input[name=email]").fill(ANN)
        visitor.page.locator("form button[type=submit]").last.click()
        visitor.page.wait_for_url("**/asked/**")
        visitor.open(_link(house))
        visitor.page.locator("form button[type=submit]").last.click()
        visitor.page.wait_for_url("**/progress/**")
        assert visitor.sticks_out() <= 0, kind
    with scope(house.id):
        cases = {one.kind: one for one in selectors.cases(at=now())}
    assert {kind for kind, one in cases.items() if one.state == "answered"} == set(AT_ONCE)
    visitor.log_in(house.owner.email, PASSWORD)
    for kind in KINDS:
        if kind in AT_ONCE:
            continue
        visitor.open(f"/privacy/requests/{cases[kind].id}/")
        visitor.page.locator("[data-dialog-open=answer]").click()
        if kind == "rectification":
            visitor.page.locator("#id_answer-field_1").select_option("email")
            visitor.page.locator("#id_answer-value_1").fill("ann.new@reader.example")
        if kind in ("automated", "complaint"):
            visitor.page.locator("#id_answer-words").fill("We have looked at it.")
        visitor.page.locator("#answer button[type=submit]").click()
        visitor.page.get_by_text("Answered. The person is told by the way the request came.").wait_for()
        assert visitor.sticks_out() <= 0, kind
    visitor.open(f"/privacy/requests/{cases['erasure'].id}/")
    visitor.look("case_erased")
    with scope(house.id):
        assert {one.state for one in selectors.cases(at=now())} == {"answered"}
