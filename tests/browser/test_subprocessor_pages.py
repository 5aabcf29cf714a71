"""Sub-processors as a controller, the operator and the public meet them."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from mandata.accounts import services as accounts
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.subprocessors import selectors
from mandata.subprocessors.models import Change, SubProcessor
from mandata.subprocessors.services import changes, objections
from tests.browser.driving import Visitor
from tests.subprocessors.cast import announced, carrier, delivered, told
from tests.world import World
from tests.world.people import PASSWORD, House, registered, staffed

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _empty_register(world: World) -> Iterator[None]:
    """The register is everybody's: what a test puts there, it takes away."""
    yield
    Change.objects.all().delete()
    SubProcessor.objects.all().update(parent=None)
    SubProcessor.objects.all().delete()


@pytest.fixture
def house(world: World) -> House:
    return registered()


@pytest.fixture
def change(house: House) -> UUID:
    carrier("At Work Ltd", active=True)
    carrier(country="US")
    made = announced()
    told(house.id, made, at=now())
    delivered(house.id, made, at=now())
    return made


@pytest.mark.req("SPR-2", "SPR-3")
def test_an_owner_sees_the_window_objects_and_withdraws(house: House, change: UUID, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/sub-processors/")
    visitor.look("subprocessors")
    visitor.press("Look and decide")
    visitor.look("subprocessor_change")
    visitor.press("File the objection")
    visitor.look("subprocessor_objection_incomplete")
    visitor.page.locator("#id_words").fill("We do not want our data there.")
    visitor.press("File the objection")
    visitor.page.get_by_text("Filed and recorded.").wait_for()
    visitor.look("subprocessor_objected")
    with scope(house.id):
        assert [one.state for one in selectors.objections()] == ["open"]
    visitor.press("End the affected service")
    visitor.look("subprocessor_end")
    visitor.page.keyboard.press("Escape")
    visitor.press("Withdraw it")
    visitor.page.get_by_text("Withdrawn, and recorded.").wait_for()
    with scope(house.id):
        assert [one.state for one in selectors.objections()] == ["withdrawn"]


@pytest.mark.req("SPR-1", "TRF-3")
def test_the_operator_enters_one_files_a_mechanism_announces_it_and_sees_who_is_told(
    house: House, change: UUID, visitor: Visitor
) -> None:
    email = f"otto-{new_id().hex[-10:]}@operator.example"
    accounts.users.create(email=email, name="Otto Operator", password=PASSWORD, is_operator=True, verified=True)
    visitor.log_in(email, PASSWORD)
    visitor.open("/operator/sub-processors/")
    visitor.look("operator_subprocessors")
    visitor.page.get_by_text("Enter a sub-processor").click()
    visitor.page.locator("#id_name").fill("Faraway Post Inc.")
    visitor.page.locator("#id_role").fill("delivery of e-mail")
    visitor.page.locator("#id_country").select_option("US")
    visitor.look("operator_subprocessor_new")
    visitor.press("Enter it")
    visitor.look("operator_subprocessor")
    visitor.press("File the contract")
    visitor.page.locator("#correct_contract_on").fill("2026-01-02")
    visitor.page.locator("#correct_contract_evidence").fill("folder 7")
    visitor.look("operator_subprocessor_correct")
    visitor.press("Keep it so")
    visitor.page.get_by_text("2026-01-02 folder 7").wait_for()
    visitor.press("File a mechanism")
    visitor.page.locator("#mechanism #id_kind").select_option("scc")
    visitor.page.locator("#mechanism #id_valid_from").fill("2026-01-01")
    visitor.look("operator_subprocessor_mechanism")
    visitor.press("File it")
    visitor.page.get_by_text("Done, and recorded.").wait_for()
    visitor.press("Announce a change")
    visitor.page.locator("#announce #id_planned_for").fill(f"{now() + timedelta(days=90):%Y-%m-%dT10:00}")
    visitor.look("operator_subprocessor_announce")
    visitor.press("Announce")
    visitor.page.get_by_text("Done, and recorded.").wait_for()
    visitor.open(f"/operator/changes/{change}/")
    visitor.look("operator_change")
    newest = Change.objects.latest("announced_at").id
    visitor.open(f"/operator/changes/{newest}/")
    visitor.press("Withdraw it")
    visitor.page.get_by_text("Withdraw this change?").wait_for()
    visitor.look("operator_change_withdraw")
    visitor.page.locator("#withdraw").get_by_role("button", name="Withdraw it").click()
    visitor.page.get_by_text("Withdrawn and recorded").wait_for()


def test_the_public_reads_the_register_without_an_account(house: House, change: UUID, visitor: Visitor) -> None:
    visitor.open("/sub-processors/")
    visitor.look("public_subprocessors")
    visitor.page.get_by_text("nothing; no data goes there").wait_for()
    found = visitor.page.request.get(f"{visitor.base}/sub-processors.json").json()
    assert {one["name"] for one in found["subprocessors"]} == {"At Work Ltd", "Carrier Pigeon Ltd"}
    assert "contract 7" not in str(found)
    assert changes.row(change)


@pytest.mark.req("SPR-3", "PPL-2")
def test_the_operator_reads_an_objection_with_a_reason_only_and_leads_the_controller_round(
    house: House, change: UUID, visitor: Visitor
) -> None:
    words = "We do not want our data there."
    with scope(house.id):
        objections.object_to(change_id=change, words=words, actor=house.owner.actor, at=now())
    visitor.log_in(staffed().email, PASSWORD)
    visitor.open(f"/operator/changes/{change}/")
    visitor.look("operator_change_sealed")
    assert words not in visitor.page.content()
    visitor.page.get_by_role("link", name="Read what it says").click()
    visitor.page.locator("#id_reason").fill("To answer its objection.")
    visitor.press("Open the access")
    visitor.page.get_by_text(words).wait_for()
    visitor.look("operator_change_read")
    visitor.press("Lead it round")
    visitor.page.get_by_text("Recorded; the controller is told.").wait_for()
    with scope(house.id):
        assert [one.state for one in selectors.objections()] == ["excluded"]
