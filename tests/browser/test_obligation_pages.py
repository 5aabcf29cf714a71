"""Obligations as both sides meet them."""

from datetime import timedelta

import pytest

from mandata.agreements.selectors import obligations
from mandata.agreements.services.obligations import open_duty
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, registered, staffed

pytestmark = pytest.mark.browser


@pytest.fixture
def house(world: World) -> House:
    made, at = registered(), now()
    with scope(made.id):
        for days, duty in ((0, "assistance.documents"), (1, "breach.notify"), (40, "defect.answer")):
            open_duty(duty=duty, since=at - timedelta(days=days), cause=f"test:{duty}", about=("case", new_id()), at=at)
    return made


@pytest.mark.req("BRE-1", "AST-3")
def test_a_member_sees_what_is_owed_why_until_when_and_waives_it(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/obligations/")
    visitor.look("obligations")
    visitor.press("Notice of a breach")
    visitor.look("obligation")
    visitor.open("/privacy/obligations/?tab=yours")
    visitor.look("obligations_yours")
    visitor.open("/privacy/obligations/")
    visitor.press("Answer to a complaint")
    visitor.look("obligation_late")
    visitor.press("Waive it")
    visitor.look("obligation_waive")
    visitor.page.locator("#waive #id_reason").fill("Settled by telephone")
    visitor.press("Waive")
    visitor.page.get_by_text("Waived, and recorded.").wait_for()
    visitor.open("/privacy/obligations/?tab=closed")
    visitor.page.get_by_text("Answer to a complaint").wait_for()
    with scope(house.id):
        (waived,) = obligations.here(now(), state="waived").rows
        assert waived.duty == "defect.answer"
        assert obligations.obligation(waived.id, now()).reason == "Settled by telephone"


@pytest.mark.req("AGR-13")
def test_the_operator_meets_one_stops_the_clock_of_another_and_lets_it_go_on(house: House, visitor: Visitor) -> None:
    email = staffed(house).email
    with scope(house.id):
        by_duty = {one.duty: one for one in obligations.here(now()).rows}
    visitor.log_in(email, PASSWORD)
    visitor.open("/operator/obligations/")
    visitor.look("operator_obligations")
    visitor.open(f"/operator/obligations/{house.id}/{by_duty['assistance.documents'].id}/")
    visitor.press("Stop the clock")
    visitor.look("operator_obligation_stay")
    visitor.page.locator("#stay #id_ground").select_option("majeure")
    visitor.page.locator("#stay #id_evidence").fill("Flood in the data centre, report 17")
    visitor.press("Stop it")
    visitor.page.get_by_text("The clock stands still").wait_for()
    visitor.look("operator_obligation_stopped")
    visitor.press("Let the clock go on")
    visitor.press("Go on")
    visitor.page.get_by_text("The clock goes on").wait_for()
    visitor.press("It is done")
    visitor.page.locator("#meet #id_reference").fill("letter 2026/114")
    visitor.page.locator("#meet button[type=submit]").click()
    visitor.page.get_by_text("Met, and recorded.").wait_for()
    visitor.look("operator_obligation_met")
    with scope(house.id):
        done = obligations.obligation(by_duty["assistance.documents"].id, now())
    assert (done.obliged.state, done.obliged.late) == ("met", False)
    assert [(stop.ground, stop.ends is None) for stop in done.stops] == [("majeure", False)]
    assert done.obliged.strict > by_duty["assistance.documents"].strict, "it moved by as long as the clock stood still"
