"""A case with what can stand on its page: doubt, proof, fee, letters, transmission; and many at once."""

import re
from uuid import UUID

import pytest
from playwright.sync_api import Browser

from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices
from mandata.audience import services as audience
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.rights import selectors, services
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, registered

pytestmark = pytest.mark.browser
ADDRESS = "jana.novakova@reader.example"


@pytest.fixture
def house(world: World) -> House:
    """A bakery with one subscriber."""
    house = registered()
    with scope(house.id):
        list_id = audience.create_list(name="Newsletter", actor=house.owner.actor, at=now())
        audience.subscribe(list_id=list_id, email=ADDRESS, source="till", actor=house.owner.actor, at=now())
    return house


def a_case(house: House, kind: str, **given: str) -> UUID:
    with scope(house.id):
        case = services.receive(
            kind=kind,
            address=given.pop("address", ADDRESS),
            channel=given.pop("channel", "email"),
            language="en",
            words="Please.",
            at=now(),
            **given,  # type: ignore[arg-type]
        )
        services.confirm_by_hand(case_id=case.case_id, actor=house.owner.actor, at=now())
        return case.case_id


def link_to(house: House, kind: str) -> str:
    with scope(house.id):
        row = next(row for row in accounts.notices(100) if row["kind"] == kind)
        found = re.search(r"https?://\S+", notices.contents(row["id"])["text"])
    assert found
    return found.group()


@pytest.mark.req("DSR-2", "DSR-11", "DSR-10")
def test_a_doubt_a_proof_a_fee_and_a_letter_on_paper(
    house: House, visitor: Visitor, chromium: Browser, site: str
) -> None:
    case_id = a_case(house, "rectification", channel="post", name="Jana Nováková", post="1 Mill Lane, Brno")
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open(f"/privacy/requests/{case_id}/")
    visitor.press("Ask for a proof")
    visitor.page.locator("#id_doubt-reason").fill("The hand is another one.")
    visitor.look("case_doubt")
    visitor.press("Ask for it")
    visitor.page.get_by_text("nothing has come yet").wait_for()
    visitor.press("Withdraw the doubt")
    visitor.page.get_by_text("Accepted. The proof is deleted.").wait_for()
    visitor.press("Ask for a fee")
    visitor.page.locator("#id_fee-amount").fill("12")
    visitor.press("State it")
    visitor.page.get_by_text("12.00 EUR").wait_for()
    visitor.look("case_fee")
    visitor.press("Paid")
    visitor.page.locator("#id_paid-reference").fill("VS 17")
    visitor.press("Save")
    visitor.page.get_by_text("paid, VS 17").wait_for()
    visitor.press("Correct and answer")
    visitor.page.locator("#id_answer-field_1").select_option("city")
    visitor.page.locator("#id_answer-value_1").fill("Praha")
    visitor.look("case_correct")
    visitor.page.locator("#answer button[type=submit]").click()
    visitor.page.get_by_text("Answered. The person is told").wait_for()
    visitor.look("case_letters")
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="PDF").last.click()
    assert download.value.suggested_filename.startswith("letter-")


def test_a_person_sends_a_proof_and_the_officer_looks_and_decides(
    house: House, visitor: Visitor, chromium: Browser, site: str
) -> None:
    case_id = a_case(house, "portability")
    with scope(house.id):
        services.doubt(case_id=case_id, why="Another country.", actor=house.owner.actor, at=now())
    context = chromium.new_context(locale="de-DE")
    try:
        person = Visitor(context.new_page(), site)
        person.open(re.sub(r"^https?://[^/]+", "", link_to(house, "rights.proof")))
        person.look("rights_proof")
        for name, content in (("a.txt", b"no proof"), ("a.pdf", b"%PDF-1.7 it is me")):
            person.page.locator("#proof").set_input_files({"name": name, "mimeType": "x/y", "buffer": content})
            person.page.locator("button[type=submit]").click()
            person.look("rights_proof_" + name[2:])
        assert context.cookies() == []
    finally:
        context.close()
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open(f"/privacy/requests/{case_id}/")
    with visitor.page.expect_download() as download:
        visitor.press("Look at the proof")
    assert download.value.suggested_filename == "proof.pdf"
    visitor.press("It is the person")
    visitor.press("Send the copy")
    visitor.press("Send it")
    visitor.page.get_by_role("button", name="Send to another controller").wait_for()
    visitor.press("Send to another controller")
    visitor.page.locator("#id_transmit-to").fill("https://receiver.example/import")
    visitor.press("Send it")
    visitor.page.get_by_text("The copy is on its way").wait_for()
    visitor.look("case_transmission")


@pytest.mark.req("DSR-1")
def test_many_requests_are_filtered_chosen_and_refused_together(house: House, visitor: Visitor) -> None:
    for number in range(3):
        a_case(house, "access", address=f"p{number}@reader.example")
    a_case(house, "complaint")
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/requests/?state=open&order=due&limit=1000")
    visitor.look("requests_many")
    visitor.page.locator("#f-kind").select_option("access")
    visitor.press("Show")
    assert visitor.page.locator("input[name=case]").count() == 3
    for box in visitor.page.locator("input[name=case]").all():
        box.check()
    visitor.page.locator("#together button[value=refuse]").click()
    visitor.page.get_by_text("3 requests are worked on").wait_for()
    with scope(house.id):
        assert selectors.counts()["confirmed"] == 4  # a worker does it
