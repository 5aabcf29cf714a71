"""The operator's desk, in a browser."""

import pytest

from mandata.accounts import services
from mandata.agreements import library, shelf
from mandata.agreements.language import words
from mandata.agreements.rules.differences import differences
from mandata.infra.clock import new_id
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def operator(world: World, visitor: Visitor) -> Visitor:
    email = f"otto-{new_id().hex[-10:]}@operator.example"
    services.users.create(email=email, name="Otto Operator", password=PASSWORD, is_operator=True, verified=True)
    visitor.log_in(email, PASSWORD)
    return visitor


@pytest.mark.req("AGR-2", "AGR-4")
def test_an_agreement_is_read_compared_and_written_in_a_form(operator: Visitor) -> None:
    operator.open("/operator/agreements/")
    operator.look("operator_agreements")
    operator.press(library.load("imagicle").titles["en"])
    operator.look("operator_agreement")
    operator.page.get_by_label("What differs from").select_option("ecomail")
    operator.press("Compare")
    operator.look("operator_difference")
    operator.open("/operator/agreements/imagicle/")
    operator.press("Copy and change")
    page = operator.page
    name = f"own-{new_id().hex[-8:]}"
    page.get_by_label("Short name").fill(name)
    page.get_by_label("Version").fill("1")
    page.locator("#c-breachnotify > summary").click()
    page.locator("#f-breachnotifyperiod").fill("soon")
    operator.look("operator_agreement_write")
    operator.press("Check it")
    page.get_by_text("This cannot be used yet").wait_for()
    assert name not in shelf.names(), "nothing is kept half"
    operator.look("operator_agreement_refused")
    page.locator("#f-breachnotifyperiod").fill("24 hours")
    operator.press("Check it")
    page.get_by_text("It can be used").wait_for()
    operator.look("operator_agreement_good")
    operator.press("Put it on offer")
    page.get_by_text("It is on offer").wait_for()
    operator.press("Announce")
    operator.look("operator_agreement_announce")
    written, copied = shelf.load(name), library.load("imagicle")
    changed = [one.key for one in differences(copied, written, "en", words("en")) if one.key]
    assert changed == ["breach.notify"]
    assert str(written.clause("breach.notify").value.period) == "24 hours"  # type: ignore[union-attr]
