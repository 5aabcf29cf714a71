"""Instructions, the stop of all processing, and the chain of controllers, as both sides meet them."""

import pytest

from mandata.agreements import selectors as agreements
from mandata.agreements.selectors import instructions
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, joined, registered, staffed

pytestmark = pytest.mark.browser


@pytest.fixture
def house(world: World) -> House:
    return registered()


@pytest.mark.req("INS-1", "INS-2", "INS-5")
def test_an_instruction_is_given_questioned_upheld_agreed_and_carried_out(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/instructions/")
    visitor.look("instructions")
    visitor.press("Write one")
    visitor.press("Give it")
    visitor.look("instruction_incomplete")
    visitor.page.locator("#id_words").fill("Look at each reader's purchases one by one.")
    visitor.page.locator("input[name=acts][value=profile]").check()
    visitor.press("Give it")
    visitor.look("instruction_beyond")
    visitor.page.locator("#id_beyond").check()
    visitor.press("Give it")
    visitor.page.get_by_text("Given, and recorded.").wait_for()
    with scope(house.id):
        given = instructions.instructions()[0]
    assert given.state == "given" and given.beyond
    email = staffed(house).email
    desk = f"/operator/controllers/{house.id}/instructions/"
    visitor.open("/logout/")
    visitor.page.context.clear_cookies()
    visitor.log_in(email, PASSWORD)
    visitor.open(desk)
    visitor.look("operator_instructions")
    visitor.open(f"{desk}{given.id}/")
    visitor.press("Point out a concern")
    visitor.page.locator("#question #id_concern").fill("No ground for individual evaluation is stated.")
    visitor.look("operator_instruction_concern")
    visitor.press("Point it out")
    visitor.page.get_by_text("Pointed out and recorded").wait_for()
    visitor.page.context.clear_cookies()
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open(f"/privacy/instructions/{given.id}/")
    visitor.look("instruction_questioned")
    visitor.press("Stand by it")
    visitor.page.context.clear_cookies()
    visitor.log_in(email, PASSWORD)
    visitor.open(f"{desk}{given.id}/")
    visitor.press("Agree")
    visitor.page.locator("#assent button[type=submit]").click()
    visitor.page.get_by_text("Agreed and recorded").wait_for()
    visitor.press("It is carried out")
    visitor.page.locator("#done #id_reference").fill("job 17")
    visitor.page.locator("#done button[type=submit]").click()
    visitor.page.get_by_text("Carried out, and recorded.").wait_for()
    with scope(house.id):
        done = instructions.instruction(given.id)
    assert done and done.state == "done" and done.evidence["reference"] == "job 17"


def test_all_processing_stops_at_a_press_and_goes_on_at_another(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/")
    visitor.look("privacy_overview")
    visitor.press("Suspend all processing")
    visitor.look("privacy_suspend")
    visitor.page.locator("#suspend #id_reason").fill("We look into something.")
    visitor.press("Suspend it")
    visitor.page.get_by_text("You have suspended all processing").wait_for()
    visitor.look("privacy_suspended")
    with scope(house.id):
        assert not agreements.may_process("send", now=now()).allowed
    visitor.press("Let the processing go on")
    visitor.press("Go on")
    visitor.page.get_by_text("The processing goes on.").wait_for()
    with scope(house.id):
        assert agreements.may_process("send", now=now()).allowed


def test_a_marketer_reads_instructions_and_can_neither_give_one_nor_stop_anything(
    house: House, visitor: Visitor
) -> None:
    visitor.log_in(joined(house, "marketer").email, PASSWORD)
    visitor.open("/privacy/instructions/")
    assert visitor.page.get_by_role("link", name="Write one").count() == 0
    visitor.open("/privacy/")
    assert visitor.page.get_by_role("button", name="Suspend all processing").count() == 0


@pytest.mark.req("AGR-5")
def test_a_controller_above_ours_is_entered_with_the_warranty(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/chain/")
    visitor.look("chain")
    visitor.page.locator("#id_name").fill("Mill Cooperative")
    visitor.page.locator("#id_authorised_on").fill("2026-01-05")
    visitor.press("Enter it")
    visitor.look("chain_incomplete")
    visitor.page.locator("#id_warranted").check()
    visitor.press("Enter it")
    visitor.page.get_by_text("Mill Cooperative").first.wait_for()
    visitor.look("chain_of_three")
    with scope(house.id):
        assert [link.role for link in instructions.chain()] == ["upstream", "controller", "processor"]
