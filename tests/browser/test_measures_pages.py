"""Measures and outages at the operator's, the promised ones at the controller's, the trust page, accesses."""

from datetime import timedelta

import pytest

from mandata.accounts import selectors as accounts
from mandata.accounts.services import accesslog
from mandata.agreements.services import staff
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.measures import selectors
from mandata.measures.rules.headings import CHECKS
from mandata.measures.rules.verdicts import failed, held
from mandata.measures.services import checking, outages
from tests.browser.driving import Visitor
from tests.measures.cleaning import clean
from tests.world import World
from tests.world.people import PASSWORD, House, registered, staffed

__all__ = ["clean"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]


@pytest.fixture
def house(world: World, clean: None, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house, after two rounds of which the second found an old backup."""
    bad = {"backups": failed("backup_old", hours=50.0), "web_tls": failed("no_tls_here")}
    for found in ({}, bad):
        told = {code: lambda _at, f=found, c=code: f.get(c) or held(n=1) for code in CHECKS}
        monkeypatch.setattr(checking, "CHECKS", told)
        checking.run(run_id=checking.take(by=None, at=now()), at=now())
    return registered()


@pytest.mark.req("SEC-4", "SEC-8", "SEC-9")
def test_the_operator_sees_results_shows_evidence_and_attributes_an_outage(house: House, visitor: Visitor) -> None:
    outages.report(part="door", began_at=now() - timedelta(hours=3), restored_at=now() - timedelta(hours=2),
                   by=house.owner.user_id, at=now())  # fmt: skip
    outages.note("console", True, at=now())
    visitor.log_in(staffed().email, PASSWORD)
    visitor.open("/operator/measures/")
    visitor.page.get_by_text("The newest backup is old.").first.wait_for()
    visitor.page.get_by_role("heading", name="Not set up yet").wait_for()
    visitor.look("operator_measures_found")
    visitor.open("/operator/measures/of/backup/")
    visitor.page.get_by_text("Hours ago").wait_for()
    visitor.look("operator_measure")
    visitor.open("/operator/measures/?code=cameras#write")
    visitor.page.locator("#id_description").fill("Two cameras at the door.")
    visitor.page.locator("#id_owner").fill("Caretaker")
    visitor.press("Keep it")
    visitor.page.get_by_text("There is no evidence.").wait_for()
    visitor.page.locator("#id_remark").fill("folder 9")
    visitor.press("Keep it")
    visitor.page.get_by_text("Kept, and recorded.").wait_for()
    visitor.open("/operator/measures/of/cameras/")
    visitor.page.get_by_text("folder 9").wait_for()
    visitor.open("/operator/measures/outages/")
    visitor.look("operator_outages")
    visitor.open("/operator/measures/outages/?new#write")
    visitor.look("operator_outage_new")
    visitor.open("/operator/measures/outages/")
    visitor.page.get_by_role("link", name="Links, opens and unsubscriptions").click()
    visitor.page.locator("#id_words").fill("The line was cut by an excavator.")
    visitor.page.locator("#id_cause").select_option("network")
    visitor.press("Keep it")
    visitor.page.get_by_text("Kept, and recorded.").wait_for()
    visitor.look("operator_outage")
    visitor.open("/operator/measures/")
    visitor.press("Look at everything now")
    visitor.page.get_by_text("A worker looks at everything now.").wait_for()
    visitor.look("operator_measures_running")
    assert [one.remark for one in selectors.evidence("cameras")] == ["folder 9"]
    assert "network" in [one.cause for one in selectors.outages() if one.part == "door"]


@pytest.mark.req("SEC-8", "SEC-9")
def test_everybody_sees_the_trust_page_and_a_controller_its_measures(house: House, visitor: Visitor) -> None:
    outages.report(part="door", began_at=now() - timedelta(hours=3), by=house.owner.user_id, at=now())
    outages.note("console", True, at=now())
    visitor.open("/trust/")
    visitor.page.get_by_role("heading", name="Pseudonymisation and encryption").wait_for()
    visitor.look("trust")
    assert "bakery" not in visitor.page.content().lower(), "a customer is named on a public page"
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/measures/")
    visitor.page.get_by_text("The newest backup is young enough").first.wait_for()
    visitor.look("privacy_measures")


@pytest.mark.req("PPL-2", "PPL-5", "PPL-7")
def test_a_controller_sees_an_access_as_it_happens_ends_it_and_settles_what_was_unusual(
    house: House, visitor: Visitor
) -> None:
    otto, at = staffed(), now()
    opened = staff.open_access(
        controller_id=house.id, user_id=otto.user_id, reason="The import fails", ticket="T-1", country="CZ", minutes=60,
        at=at,
    )  # fmt: skip
    with scope(house.id):
        staff.require(user_id=otto.user_id, page="operator:controller", at=at)
        found = accesslog.note(
            user_id=otto.user_id, who="operator", kind="exported", page="operator:controller", people=9_000, at=at,
            access=opened.id,
        )  # fmt: skip
    accesslog.judge(controller_id=house.id, log_id=found, at=at)
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/account/accesses/")
    visitor.page.get_by_text("9000 people exported").wait_for()
    visitor.look("accesses_open")
    visitor.press("End this access now")
    visitor.page.get_by_text("Ended; the next page is refused to them.").wait_for()
    with scope(house.id):
        assert accounts.access(otto.user_id, at=now()) is None
    visitor.press("It was misuse")
    visitor.page.get_by_text("it was misuse").wait_for()
