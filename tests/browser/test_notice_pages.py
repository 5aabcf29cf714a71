"""Legal notices and their addresses, as both sides meet them."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from mandata.accounts import selectors as accounts
from mandata.accounts import services as account
from mandata.agreements.selectors import notices as selectors
from mandata.agreements.services import notices
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from tests.accounts.mail import Postbox, postbox
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, joined, registered, staffed

pytestmark = pytest.mark.browser

OFFICE, SECOND = "office@bakery.example", "lawyer@bakery.example"


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    with postbox(monkeypatch) as opened:
        yield opened


@pytest.fixture
def house(world: World) -> House:
    home = registered()
    with scope(home.id):
        account.controllers.correct(actor=SYSTEM, at=now(), contact=OFFICE, privacy_contact=SECOND)
    return home


def served(house: House, kind: str, subject: str) -> UUID:
    """Serve a notice and try once to hand it over."""
    with scope(house.id):
        made = notices.serve(
            kind=kind,
            party="controller",
            subject=subject,
            text="Dear customer,\n\nthis is what changes.\n",
            clause="subprocessor.notice",
            about=("change", new_id()),
            at=now(),
        )
        found = selectors.legal_notice(made)
    assert found and found.notice
    account.notices.deliver(controller_id=house.id, notice_id=found.notice, at=now())
    return made


@pytest.mark.req("AGR-7")
def test_a_member_sees_what_was_served_with_every_proof_and_what_came_back(
    house: House, box: Postbox, visitor: Visitor
) -> None:
    arrived = served(house, "subprocessor.change", "A new sub-processor")
    box.refuses = {OFFICE: "550 5.1.1 No such mailbox"}
    lost = served(house, "terms_change", "A new version of the agreement")
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/")
    visitor.look("home_notice_came_back")
    visitor.page.get_by_text("1 notice to you came back").first.wait_for()
    visitor.open("/privacy/notices/")
    visitor.look("notices")
    visitor.open(f"/privacy/notices/{arrived}/")
    visitor.look("notice")
    page = visitor.page.content()
    with scope(house.id):
        found = selectors.legal_notice(arrived)
    assert found is not None
    assert found.digest.hex() in page and found.host in page and "queued as 4711" in page and OFFICE in page
    visitor.open("/privacy/notices/?tab=undelivered")
    visitor.press("a new version of the agreement")
    visitor.look("notice_came_back")
    assert visitor.page.url.endswith(f"/{lost}/")
    visitor.press("It came back and was repeated to the second address: see that one")
    visitor.page.get_by_text(SECOND).first.wait_for()


@pytest.mark.req("AGR-7")
def test_addresses_for_notices_are_changed_and_told_to_the_old_and_the_new(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/notices/addresses/")
    visitor.look("addresses")
    page = visitor.page
    page.locator("summary", has_text="Change").first.click()
    page.locator("#id_notices_second").fill("new@bakery.example")
    page.get_by_role("button", name="Keep these addresses").first.click()
    page.get_by_text("This was refused").wait_for()
    visitor.look("addresses_refused")
    page.locator("#id_notices_first").fill("first@bakery.example")
    page.get_by_role("button", name="Keep these addresses").first.click()
    page.get_by_text("Kept. The earlier and the new addresses are told").wait_for()
    with scope(house.id):
        assert [one.address for one in accounts.book()["notices"]] == ["first@bakery.example", "new@bakery.example"]
        told = {account.notices.contents(one["id"])["to"] for one in accounts.notices(20)}
    assert {OFFICE, SECOND, "first@bakery.example", "new@bakery.example"} <= told


def test_a_marketer_reads_the_addresses_and_cannot_change_them(house: House, visitor: Visitor) -> None:
    visitor.log_in(joined(house, "marketer").email, PASSWORD)
    visitor.open("/privacy/notices/addresses/")
    assert visitor.page.get_by_role("button", name="Keep these addresses").count() == 0


@pytest.mark.req("AGR-7")
def test_the_operator_sees_what_reached_nobody_and_enters_the_letter_that_did(
    house: House, box: Postbox, visitor: Visitor
) -> None:
    with scope(house.id):
        account.controllers.correct(actor=SYSTEM, at=now(), privacy_contact="")
    box.refuses = {OFFICE: "550 5.1.1 No such mailbox"}
    lost = served(house, "terms_change", "A new version of the agreement")
    visitor.log_in(staffed(house).email, PASSWORD)
    visitor.open("/operator/notices/")
    visitor.look("operator_notices")
    visitor.open(f"/operator/notices/{house.id}/{lost}/")
    visitor.look("operator_notice")
    assert "this is what changes" not in visitor.page.content()
    visitor.page.get_by_text("Enter a delivery by another way").click()
    visitor.page.locator("#id_way").select_option("hand")
    visitor.press("Enter it")
    visitor.look("operator_notice_incomplete")
    visitor.page.locator("#id_evidence").fill("signed copy in folder 7")
    visitor.page.locator("#id_received_at").fill("2026-01-05T10:00")
    visitor.press("Enter it")
    visitor.page.get_by_text("Entered, and recorded.").wait_for()
    with scope(house.id):
        found = selectors.legal_notice(lost)
    assert found and found.deemed_by == "receipt"
    visitor.open("/operator/notices/addresses/")
    visitor.look("operator_addresses")
