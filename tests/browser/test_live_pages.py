"""A campaign followed while it runs, who got it, and the operator's alarms: every size, both themes, axe, keyboard."""

from datetime import timedelta
from uuid import UUID

import pytest

from mandata.accounts.services import users
from mandata.delivery.rules.outcomes import Outcome
from mandata.infra.clock import new_id, now
from mandata.watching import services as watching
from mandata.watching.models import Worker
from tests.browser.driving import Visitor
from tests.console.office import PASSWORD, Office, office
from tests.delivery.test_following import later, settled, taken
from tests.world import World

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(world: World, visitor: Visitor) -> Office:
    """A shop whose owner has logged in."""
    made = office()
    visitor.log_in(made.people["owner"].email, PASSWORD)
    return made


def under_way(desk: Office) -> UUID:
    """A campaign of which some was taken, some put off, some refused, over the last minutes."""
    desk.shop.people(60, lambda n: f"reader{n}@{('gmail.com', 'seznam.cz', 'inbox.example')[n % 3]}")
    campaign = desk.shop.launched()
    for minute in range(12):
        first = 1 + 3 * minute
        settled(desk.shop, campaign, taken(first, first + 1, first + 2), at=now() - timedelta(minutes=12 - minute))
    settled(desk.shop, campaign, [later(number, "greylisted, come back") for number in range(37, 43)], at=now())
    settled(desk.shop, campaign, [Outcome(43, "failed", 550, "5.1.1", "no such user")], at=now())
    return campaign


@pytest.mark.req("DLV-5", "TRK-3")
def test_a_campaign_is_followed_without_reloading_and_by_keyboard(desk: Office, visitor: Visitor) -> None:
    campaign, page = under_way(desk), visitor.page
    visitor.open(f"/campaigns/{campaign}/send/")
    page.locator("#pace canvas").wait_for()
    page.get_by_text("451 4.7.1").first.wait_for()
    visitor.look("campaign_live")
    page.reload()  # axe leaves empty style attributes behind, which htmx would carry over
    numbers = page.locator("#pace-numbers summary")
    numbers.focus()
    page.keyboard.press("Enter")
    settled(desk.shop, campaign, taken(*range(44, 56)), at=now())
    page.get_by_text("49 of 60").wait_for()
    page.locator("#told", has_text="49 of 60").wait_for(state="attached")
    page.locator("#pace canvas").wait_for()
    assert page.locator("#pace-numbers").get_attribute("open") is not None, "what was opened stays open"
    assert page.evaluate("document.activeElement.id") == "pace-numbers-open", "and the keyboard stays where it was"
    visitor.look("campaign_live_numbers")
    visitor.open(f"/campaigns/{campaign}/recipients/")
    visitor.look("campaign_recipients")
    page.get_by_role("link", name="refused by the receiver").click()
    page.get_by_text("550 5.1.1").wait_for()
    visitor.look("campaign_recipients_refused")


def test_the_operator_sees_what_is_not_well(world: World, visitor: Visitor) -> None:
    email, host, at = f"op-{new_id().hex[-8:]}@operator.example", f"host-{new_id().hex[-8:]}", now()
    users.create(email=email, name="Op", password=PASSWORD, verified=True, is_operator=True)
    watching.enter(worker_id=new_id(), host=host, at=at - timedelta(minutes=5))
    watching.watch_due(at=at)
    visitor.log_in(email, PASSWORD)
    visitor.open("/operator/")
    visitor.page.get_by_text(f"A worker is missing: {host}").wait_for()
    visitor.look("operator_alarms")
    Worker.objects.filter(host=host).delete()
    watching.watch_due(at=now())
    visitor.open("/operator/")
    visitor.page.get_by_text("Alarms that are over").wait_for()
    visitor.look("operator_alarms_over")
