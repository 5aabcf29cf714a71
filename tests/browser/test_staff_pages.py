"""Access of the operator's staff: who is fit, why somebody looks, what the controller sees of it."""

import pytest

from mandata.accounts import selectors as accounts
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors as record
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, registered, staffed

pytestmark = pytest.mark.browser


@pytest.fixture
def house(world: World) -> House:
    return registered()


@pytest.mark.req("PPL-1", "PPL-2", "PPL-7")
def test_nobody_looks_without_signature_training_and_reason_and_the_controller_sees_who_did(
    house: House, visitor: Visitor
) -> None:
    otto = staffed(fit=False)
    visitor.log_in(otto.email, PASSWORD)
    visitor.open(f"/operator/controllers/{house.id}/")
    assert visitor.page.url.split("?")[0].endswith(f"/operator/controllers/{house.id}/access/")
    visitor.look("operator_access")
    visitor.page.locator("#id_reason").fill("The import of ticket 114 fails.")
    visitor.press("Open the access")
    visitor.look("operator_access_refused")
    visitor.press("Go there")
    visitor.look("operator_staff_nobody")
    visitor.press("Enter a commitment or training")
    visitor.page.locator("#id_evidence").fill("folder 3")
    visitor.press("Enter it")
    visitor.page.get_by_text("Entered, and recorded.").wait_for()
    visitor.press("Enter a commitment or training")
    visitor.page.locator("input[name=kind][value=training]").check()
    visitor.page.locator("#id_evidence").fill("certificate 17")
    visitor.press("Enter it")
    visitor.look("operator_staff_incomplete")
    visitor.page.locator("#id_until").fill(f"{now().year + 1}-12-31")
    visitor.press("Enter it")
    visitor.page.get_by_text("may access with a reason").first.wait_for()
    visitor.look("operator_staff")
    visitor.open(f"/operator/controllers/{house.id}/instructions/")
    visitor.page.locator("#id_reason").fill("The import of ticket 114 fails.")
    visitor.page.locator("#id_ticket").fill("114")
    visitor.press("Open the access")
    assert visitor.page.url.endswith(f"/operator/controllers/{house.id}/instructions/")
    visitor.page.get_by_text("Your reason: The import of ticket 114 fails.").wait_for()
    visitor.open(f"/operator/controllers/{house.id}/")
    visitor.look("operator_controller_seen")
    visitor.page.context.clear_cookies()
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/account/accesses/")
    visitor.look("accesses")
    visitor.page.get_by_text("The import of ticket 114 fails.").first.wait_for()
    visitor.page.context.clear_cookies()
    visitor.log_in(otto.email, PASSWORD)
    visitor.open(f"/operator/controllers/{house.id}/")
    visitor.press("Close it now")
    visitor.page.get_by_text("Closed, and recorded.").wait_for()
    visitor.open(f"/operator/controllers/{house.id}/")
    visitor.page.get_by_role("heading", name="Why do you need this?").wait_for()
    with scope(house.id):
        looks = [one.body["page"] for one in record.entries(kind="staff.looked")]
        assert accounts.access(otto.user_id, at=now()) is None
    assert looks == ["operator:controller"] * 2 + ["operator:instructions"]


def test_the_address_after_an_access_never_leads_out_of_the_operators_console(house: House, visitor: Visitor) -> None:
    visitor.log_in(staffed().email, PASSWORD)
    visitor.open(f"/operator/controllers/{house.id}/access/?next=https://elsewhere.example/operator/")
    visitor.page.locator("#id_reason").fill("A reason.")
    visitor.press("Open the access")
    assert visitor.page.url.endswith(f"/operator/controllers/{house.id}/")


@pytest.mark.req("SEC-8")
def test_a_measure_is_stated_with_its_last_check_and_stands_in_the_register(world: World, visitor: Visitor) -> None:
    visitor.log_in(staffed().email, PASSWORD)
    visitor.open("/operator/measures/")
    visitor.look("operator_measures")
    visitor.press("State a measure")
    visitor.press("Keep it")
    visitor.look("operator_measure_incomplete")
    visitor.page.locator("#id_description").fill("Every identity is sealed under a key of its own.")
    visitor.page.locator("#id_owner").fill("Head of operations")
    visitor.press("Keep it")
    visitor.page.get_by_text("Kept, and recorded.").wait_for()
    visitor.page.get_by_text("Every identity is sealed").first.wait_for()
    with scope(INSTANCE):
        assert record.entries(kind="measure.checked", limit=1)
