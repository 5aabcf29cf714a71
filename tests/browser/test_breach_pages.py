"""Breaches as the operator and a controller meet them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from mandata.agreements.models import Served
from mandata.incidents.selectors import share as selectors
from mandata.incidents.services import drills, telling
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.browser.driving import Visitor
from tests.incidents.cast import arrived, forgotten, opened, over, peopled, share, told
from tests.world import Customer, World
from tests.world.people import PASSWORD, House, registered, staffed

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _own_desk(world: World) -> Iterator[None]:
    yield
    forgotten()


@pytest.fixture
def house(world: World) -> House:
    made = registered()
    peopled(_customer(made), [f"p{number}@inbox.example" for number in range(3)])
    return made


def _customer(house: House) -> Customer:
    return Customer(house.id, "Demo Bakery", house.owner.actor)


@pytest.mark.req("BRE-1", "BRE-4", "BRE-5")
def test_the_operator_opens_a_breach_narrows_it_tells_it_and_closes_it(house: House, visitor: Visitor) -> None:
    visitor.log_in(staffed(house).email, PASSWORD)
    visitor.open("/operator/breaches/")
    visitor.look("operator_breaches_empty")
    visitor.page.locator("#id_title").fill("A copy of the database was taken")
    visitor.page.locator("#id_aware_at").fill(f"{now() - timedelta(minutes=5):%Y-%m-%dT%H:%M}")
    visitor.page.locator("#id_nature").fill("Somebody took a copy.")
    visitor.press("Open it")
    visitor.page.get_by_text("Say by filters whom it touched").wait_for()
    visitor.look("operator_breach_new")
    visitor.page.locator("#id_controllers").select_option(str(house.id))
    visitor.press("Add and count")
    visitor.page.get_by_text("Counted from the system’s own data.").wait_for()
    visitor.look("operator_breach_counted")
    visitor.page.get_by_text("Choose exports and accesses").click()
    visitor.page.locator("#look_whose").select_option(str(house.id))
    visitor.page.get_by_role("button", name="Look", exact=True).click()
    visitor.page.locator("input[name=picked]").first.wait_for()
    visitor.look("operator_breach_choices")
    visitor.page.locator("input[name=picked]").first.check()
    visitor.press("Add what is ticked, and count")
    visitor.page.get_by_text("Counted from the system’s own data.").wait_for()
    visitor.press("Tell what is known now")
    visitor.look("operator_breach_tell")
    visitor.press("Tell them now")
    visitor.page.get_by_text("1 notice goes out now.").wait_for()
    telling.spread_again(at=now())
    visitor.page.get_by_text("Write what is known now").click()
    visitor.page.get_by_text("Enter a corrective measure").click()
    visitor.look("operator_breach_told")
    visitor.press("Close")
    visitor.page.locator("#id_effects").fill("No misuse was seen.")
    visitor.look("operator_breach_close")
    visitor.press("Close it")
    visitor.page.get_by_text("It stays in the register.").wait_for()
    visitor.open("/operator/breaches/")
    visitor.look("operator_breaches")


@pytest.mark.req("BRE-2", "BRE-3", "BRE-6", "BRE-7")
def test_a_controller_reads_it_completes_the_form_and_lets_people_know(house: House, visitor: Visitor) -> None:
    breach = opened(consequences="Unwanted mail.")
    over(breach, _customer(house))
    told(breach)
    arrived(breach, _customer(house), at=now())
    mine = share(breach, _customer(house))
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/breaches/")
    visitor.page.get_by_text("Report a breach to us").click()
    visitor.look("breaches")
    visitor.press("Breach 1")
    visitor.look("breach")
    visitor.page.get_by_text("Complete the form").click()
    visitor.page.locator("#id_authority").fill("ÚOOÚ")
    visitor.look("breach_form")
    visitor.page.locator("details[open]").get_by_role("button", name="Keep it").click()
    visitor.page.get_by_text("Kept in the form.").wait_for()
    visitor.page.get_by_text("Write to them").click()
    visitor.page.locator("#id_heading").fill("What happened to your data")
    visitor.page.locator("#id_text").fill("Somebody took a copy. Change your passwords.")
    visitor.press("Write it")
    visitor.page.get_by_text("Look at how many people get it").wait_for()
    visitor.look("breach_message")
    visitor.page.locator("input[name=people]").fill("3")
    visitor.press("Send it")
    visitor.page.get_by_text("It goes out now").wait_for()
    visitor.press("It is sent")
    visitor.page.locator("#sent #id_proof").fill("UOOU-1234/26")
    visitor.look("breach_sent")
    visitor.page.locator("#sent").get_by_role("button", name="Keep it").click()
    visitor.page.get_by_text("Kept as evidence, and recorded.").wait_for()
    with scope(house.id):
        assert selectors.share(mine.id, at=now()).row.authority == "sent"


def test_a_drill_is_marked_everywhere(house: House, visitor: Visitor) -> None:
    with scope(house.id):
        drills.take_part(actor=house.owner.actor, at=now())
    breach = opened(drill=True)
    over(breach, _customer(house))
    told(breach)
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/breaches/")
    visitor.look("breaches_drill")
    visitor.press("Breach 1")
    visitor.page.get_by_text("drill", exact=True).first.wait_for()
    visitor.look("breach_drill")


@pytest.mark.req("BRE-1")
def test_a_controller_that_is_not_reached_is_shown_and_entered_as_told_by_another_way(
    house: House, visitor: Visitor
) -> None:
    breach = opened()
    over(breach, _customer(house))
    told(breach)
    with scope(house.id):
        Served.objects.filter(kind="breach.notice").update(returned_at=now(), returned_status="5.1.1")
    visitor.log_in(staffed().email, PASSWORD)
    visitor.open(f"/operator/breaches/{breach}/")
    visitor.page.get_by_text("What we sent came back from every address").wait_for()
    visitor.page.get_by_text("It was told by another way").first.click()
    visitor.look("operator_breach_unreached")
    form = visitor.page.locator("details[open] form").filter(has=visitor.page.locator("[name=proof]"))
    form.locator("[name=who]").fill("Our head of operations to the owner")
    form.locator("[name=proof]").fill("Note of the call")
    form.get_by_role("button", name="Enter it").click()
    visitor.page.get_by_text("From then on its own time runs.").wait_for()
    with scope(house.id):
        assert selectors.shares(at=now())[0].own_aware_at is not None
