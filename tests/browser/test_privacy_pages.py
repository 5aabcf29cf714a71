"""The privacy pages, as an officer meets them."""

import pytest

from mandata.audience import services as audience
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.rights import services as desk
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, registered

pytestmark = pytest.mark.browser
ADDRESS = "jana.novakova@reader.example"


@pytest.fixture
def house(world: World) -> House:
    """A bakery with one subscriber, who has asked twice."""
    house = registered()
    with scope(house.id):
        list_id = audience.create_list(name="Newsletter", actor=house.owner.actor, at=now())
        audience.subscribe(
            list_id=list_id, email=ADDRESS, source="till", consent_words="Yes please", actor=house.owner.actor, at=now()
        )
    for kind in ("access", "erasure"):
        with scope(house.id):
            case = desk.receive(kind=kind, address=ADDRESS, channel="portal", language="en", words="Please.", at=now())
            desk.confirm_by_hand(case_id=case.case_id, actor=house.owner.actor, at=now())
    world.sequence()
    return house


@pytest.mark.req("DSR-4", "DSR-6", "AST-5")
def test_an_officer_answers_looks_and_proves(house: House, visitor: Visitor, world: World) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/")
    visitor.look("privacy_overview")
    visitor.press("Erasure (Art. 17 GDPR)")
    visitor.look("privacy_case")
    visitor.press("Show")
    visitor.page.get_by_text(ADDRESS).wait_for()
    visitor.press("Erase and answer")
    visitor.look("privacy_erase")
    visitor.press("Erase for good")
    visitor.page.get_by_text("Certificate of erasure").wait_for()
    world.sequence()
    visitor.page.reload()
    visitor.look("privacy_erased")
    assert visitor.page.get_by_text(ADDRESS).count() == 0
    assert visitor.page.get_by_role("button", name="Show", exact=True).count() == 0
    visitor.page.get_by_role("link", name="leaf").click()
    visitor.look("privacy_entry")
    assert visitor.page.get_by_text("holds", exact=True).count() == 1


def test_every_page_of_privacy_can_be_read_by_everybody(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    for name, path in (
        ("requests", "/privacy/requests/"),
        ("requests_empty", "/privacy/requests/?state=refused"),
        ("agreement", "/privacy/agreement/"),
        ("data_map", "/privacy/data/"),
        ("record", "/privacy/record/"),
    ):
        visitor.open(path)
        visitor.look(f"privacy_{name}")


def test_a_request_that_came_by_letter_is_entered(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/requests/")
    visitor.press("Enter a request")
    visitor.look("privacy_new_request")
    visitor.page.locator("#id_kind").select_option("access")
    visitor.page.get_by_label("The person’s e-mail address").fill("nobody@reader.example")
    visitor.page.locator("#id_post").fill("1 Mill Lane, Brno")
    visitor.page.get_by_label("How it came").select_option("post")
    visitor.press("Enter it")
    visitor.page.get_by_text("by post").wait_for()
    assert visitor.page.get_by_text("not known in your audience").count() == 1


@pytest.mark.req("RET-7", "AST-5")
def test_an_officer_keeps_the_register_of_paper_and_closes_a_task(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/manual/")
    visitor.look("privacy_manual_empty")
    visitor.page.get_by_text("Register a holding").click()
    for label, text in (
        ("Name", "Loyalty cards"),
        ("Where it is", "Shop in Brno, cabinet 2"),
        ("Which data lies there", "name, address and signature"),
        ("Of whom", "customers"),
        ("What for", "to prove that a card was asked for"),
        ("How long", "two years"),
        ("Which post answers for it", "head of the shop"),
    ):
        visitor.page.get_by_label(label, exact=True).fill(text)
    visitor.press("Register")
    visitor.look("privacy_manual")
    visitor.page.get_by_role("link", name="Copy what is there: Loyalty cards").click()
    visitor.look("privacy_task")
    visitor.page.get_by_label("How many things were found and dealt with").fill("1")
    visitor.page.get_by_label("Where the proof lies").fill("protocol 7")
    visitor.press("It is done")
    visitor.page.get_by_text("protocol 7").wait_for()
    visitor.page.get_by_role("link", name="Loyalty cards", exact=True).first.click()
    visitor.look("privacy_manual_one")
    visitor.open("/privacy/data/?group=people")
    visitor.look("privacy_data_map_narrow")
