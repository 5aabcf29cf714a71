"""A new version of the agreement as an owner meets it."""

import pytest

from mandata.agreements import library, selectors
from mandata.agreements.services import versions
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, registered, staffed

pytestmark = pytest.mark.browser

NEWER = (
    library.source("ecomail")
    .replace('version = "2023-09-07"', 'version = "2027-01-01"', 1)
    .replace('period = "48 hours"', 'period = "24 hours"', 1)
)


@pytest.fixture
def house(world: World) -> House:
    made = registered()
    with scope(made.id):
        versions.announce(name="", source=NEWER, actor=Actor("operator", new_id()), at=now())
    return made


@pytest.mark.req("AGR-4")
def test_a_new_version_is_compared_read_and_accepted(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/agreement/")
    visitor.look("agreement_waiting")
    visitor.press("Read and decide")
    visitor.page.get_by_text("24 hours, was 48 hours").first.wait_for()
    visitor.look("agreement_version")
    visitor.press("Accept this version")
    visitor.look("agreement_version_incomplete")
    for question in ("age", "consumer", "eea"):
        visitor.page.locator(
            f"input[name=answer_{question}][value={'no' if question == 'consumer' else 'yes'}]"
        ).check()
    visitor.page.locator("#id_warranted").check()
    visitor.page.locator("#id_accepted").check()
    visitor.press("Accept this version")
    visitor.page.get_by_text("Accepted and recorded: version 2027-01-01.").wait_for()
    with scope(house.id):
        found = selectors.versions()[0]
        assert found.state == "accepted"
        later = selectors.in_force(found.effective_at)
        assert later and later.version == "2027-01-01"


@pytest.mark.req("AGR-4")
def test_a_refusal_says_when_the_agreement_ends_and_wants_the_version_typed(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/agreement/")
    visitor.press("Read and decide")
    visitor.press("Refuse it")
    visitor.look("agreement_refuse")
    assert visitor.page.get_by_role("button", name="Refuse and end the agreement").is_disabled()
    visitor.page.locator("#refuse-phrase").fill("2027-01-01")
    visitor.press("Refuse and end the agreement")
    visitor.page.get_by_text("Refused and recorded.").wait_for()
    with scope(house.id):
        found = selectors.versions()[0]
        assert found.state == "refused" and found.ends_at == found.effective_at


@pytest.mark.req("AGR-10")
def test_a_copy_for_publication_is_taken_with_what_it_withholds(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/agreement/")
    visitor.press("Copy for publication")
    visitor.look("agreement_publication")
    visitor.page.locator("#w-partycontroller").select_option("personal")
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="JSON").click()
    taken = download.value.path().read_text(encoding="utf-8")
    assert "Withheld: personal data." in taken and "1 Oven Lane" not in taken


@pytest.mark.req("AGR-4")
def test_the_operator_takes_a_version_back_that_waits(house: House, visitor: Visitor) -> None:
    visitor.log_in(staffed(house).email, PASSWORD)
    visitor.open(f"/operator/controllers/{house.id}/")
    visitor.look("operator_controller_version")
    visitor.press("Withdraw it")
    visitor.look("operator_version_withdraw")
    visitor.page.locator("#version button[type=submit]").click()
    visitor.page.get_by_text("Withdrawn, and recorded.").wait_for()
    with scope(house.id):
        assert selectors.versions()[0].state == "withdrawn"
