"""Audits and assistance in the browser: asked for, agreed, packed, answered; every page at every size and theme."""

from datetime import timedelta
from pathlib import Path

import pytest

from mandata.audits import selectors
from mandata.audits.services import packing
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.record import verifier
from mandata.record.services import sequence
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, registered, staffed

pytestmark = pytest.mark.browser


@pytest.fixture
def house(world: World) -> House:
    return registered()


def again(visitor: Visitor, email: str) -> None:
    visitor.page.context.clear_cookies()
    visitor.log_in(email, PASSWORD)


def admitted(visitor: Visitor, address: str) -> None:
    """Open a page of one controller's, with the reason that it asks for."""
    visitor.open(address)
    if "/access/" in visitor.page.url:
        visitor.page.locator("#id_reason").fill("The desk of audits.")
        visitor.press("Open the access")


@pytest.mark.req("AUD-1", "AUD-2", "AUD-3")
def test_an_audit_is_asked_for_accepted_and_agreed_and_its_evidence_verifies(
    house: House, visitor: Visitor, site: str, tmp_path: Path
) -> None:
    page = visitor.page
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/audits/")
    visitor.press("Ask for an audit")
    page.locator("#id_wished_on").fill(f"{now() + timedelta(days=70):%Y-%m-%d}")
    page.locator("input[name=scope][value=measures]").check()
    page.locator("#id_independent").check()
    visitor.press("Ask for it")
    page.locator("#id_words").fill("Our yearly look.")
    visitor.press("Ask for it")
    page.get_by_text("Asked for, checked and recorded.").first.wait_for()
    visitor.look("audit_requested")
    with scope(house.id):
        (audit,) = selectors.audits()
    otto = staffed()
    again(visitor, otto.email)
    visitor.open("/operator/audits/")
    admitted(visitor, f"/operator/audits/{house.id}/{audit.id}/")
    page.get_by_text("Refuse it as it was asked for").first.click()
    page.locator("#refuse_words").fill("No.")
    page.locator("#do-refuse button[type=submit]").click()
    page.get_by_text("No clause of the agreement lets this audit be refused.").wait_for()
    page.locator("#do-accept summary").click()
    page.locator("#do-accept button[type=submit]").click()
    page.locator("#do-propose summary").click()
    day = f"{now() + timedelta(days=71):%Y-%m-%d}"
    page.locator("#propose_begins_on").fill(day)
    page.locator("#propose_ends_on").fill(day)
    page.locator("#do-propose input[name=scope][value=measures]").check()
    page.locator("#propose_hours").fill("8")
    page.locator("#do-propose button[type=submit]").click()
    page.get_by_text("Done, and recorded.").first.wait_for()
    visitor.look("operator_audit")
    again(visitor, house.owner.email)
    visitor.open(f"/privacy/audits/{audit.id}/")
    visitor.press("Agree to the terms")
    page.get_by_text("Done, and recorded.").first.wait_for()
    visitor.open("/privacy/audits/")
    visitor.press("Make it")
    with scope(house.id):
        (pack,) = selectors.packs()
    sequence(house.id, at=now())
    packing.make(controller_id=house.id, pack_id=pack.id)
    visitor.open("/privacy/audits/")
    visitor.look("audits_pack")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    place = tmp_path / "pack.zip"
    download.value.save_as(place)
    assert verifier.verify(str(place), [])["findings"] == []
    visitor.press("Make a link for an auditor")
    link = page.locator("code").first.inner_text()
    address = site + "/packs/" + link.rpartition("/")[2]
    visitor.open("/packs/" + link.rpartition("/")[2])
    visitor.look("audits_pack_link")
    assert b"SHA-256" in page.request.get(address).body()
    assert page.request.post(address).body()[:4] == b"PK\x03\x04"
    assert page.request.get(site + "/packs/nothing").status == 410


@pytest.mark.req("AST-1", "AST-2", "AST-3", "AST-4")
def test_help_is_asked_for_answered_and_stated(house: House, visitor: Visitor) -> None:
    page = visitor.page
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/assistance/")
    visitor.press("Ask for something")
    page.locator("#id_words").fill("Your certificates, please.")
    visitor.press("Send it")
    visitor.look("assistance_request")
    address = page.url.partition("/privacy/assistance/")[2]
    visitor.open("/privacy/assistance/?desk=intake")
    page.locator("#id_kind").select_option("officer")
    page.locator("#id_title").fill("Eva Veselá")
    page.locator("#id_contact").fill("dpo@shop.example")
    visitor.press("Send it")
    visitor.open("/privacy/assistance/?desk=proceeding")
    page.locator("#id_authority").fill("Úřad")
    page.locator("#id_opened_on").fill(f"{now():%Y-%m-%d}")
    page.locator("#id_words").fill("An inspection.")
    visitor.press("Send it")
    visitor.open("/privacy/assistance/")
    visitor.look("assistance")
    otto = staffed()
    again(visitor, otto.email)
    visitor.open("/operator/assistance/")
    visitor.look("operator_assistance")
    page.locator("#do-index summary").click()
    page.locator("#index_year").fill("1995")
    page.locator("#index_percent").fill("9.1")
    page.locator("#index_source").fill("The office's page")
    page.locator("#do-index button[type=submit]").click()
    page.get_by_text("Kept, and recorded.").first.wait_for()
    admitted(visitor, f"/operator/assistance/{house.id}/{address}")
    page.locator("#do-answer summary").click()
    page.locator("#answer_words").fill("They stand on the page of audits.")
    page.locator("#do-answer button[type=submit]").click()
    page.get_by_text("Done, and recorded.").first.wait_for()
    visitor.open(f"/operator/assistance/{house.id}/")
    page.get_by_text("Enter time", exact=True).click()
    page.locator("#work_minutes").fill("30")
    visitor.press("Enter it")
    page.get_by_text("Done, and recorded.").first.wait_for()
    visitor.look("operator_assistance_controller")
