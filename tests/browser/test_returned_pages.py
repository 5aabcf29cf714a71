"""What came back, with a warning and a stop of the agreement's thresholds: every size, both themes, axe, keyboard."""

from datetime import timedelta

import pytest

from mandata.delivery.models import Alarm, Return
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from tests.browser.driving import Visitor
from tests.console.office import PASSWORD, office
from tests.world import World

pytestmark = pytest.mark.browser


@pytest.mark.req("DLV-3", "DLV-5")
def test_a_warning_and_a_stop_are_seen_with_what_came_back_and_lifted_by_keyboard(
    world: World, visitor: Visitor
) -> None:
    desk = office()
    desk.shop.people(3)
    campaign, at = desk.shop.launched(), now()
    with scope(desk.shop.id):
        for hours, (kind, hard, reason) in enumerate(
            [("bounce", True, "userunknown"), ("bounce", False, "mailboxfull"), ("complaint", False, "feedback")]
        ):
            Return.objects.create(
                digest=new_id().bytes, kind=kind, hard=hard, reason=reason, campaign_id=campaign, status="5.1.1",
                diagnostic="550 5.1.1 No such user here", received_at=at - timedelta(hours=hours),
            )  # fmt: skip
        for kind, level, about in (("complaints", "stopped", desk.shop.id), ("nonexistent", "warned", new_id())):
            Alarm.objects.create(
                kind=kind, about=about, level=level, part=12, whole=9000, since=at, changed_at=at,
                clause="sending.complaints" if kind == "complaints" else "import.nonexistent",
            )  # fmt: skip
    visitor.log_in(desk.people["owner"].email, PASSWORD)
    visitor.open("/sending/returned/")
    visitor.page.get_by_text("Sending is stopped").first.wait_for()
    visitor.look("sending_returned")
    opener = visitor.page.locator("main button[data-dialog-open]").first
    opener.focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.locator("dialog[open]").wait_for()
    visitor.look("sending_returned_dialog")
    visitor.page.keyboard.press("Escape")
    visitor.page.locator("dialog[open]").wait_for(state="detached")
    assert opener.evaluate("it => it === document.activeElement"), "the keyboard is back where it was"
