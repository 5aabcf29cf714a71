"""Retention, limits, serious breaches and own data, in a browser: wide and narrow, light and dark, with axe."""

from datetime import timedelta

import pytest

from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.retention.models import OwnCase
from mandata.retention.services import grounds, keeping, limiting, own
from tests.browser.driving import Visitor
from tests.retention.ages import LONG_AGO, campaign, events, house, inside
from tests.world.people import PASSWORD, staffed

pytestmark = pytest.mark.browser
STAFF = Actor("operator", new_id())


@pytest.mark.req("RET-1", "OPS-2")
def test_a_member_sees_rules_sets_a_period_counts_and_deletes_and_objects_to_a_limit(visitor: Visitor) -> None:
    owner, at = house("ecomail"), now()
    with inside(owner):
        events(campaign(owner, at=at - LONG_AGO), 40, at=at - LONG_AGO)
        keeping.place_hold(category="drafts", ground="claims", words="A claim.", actor=owner.owner.actor, at=at)
        limiting.decide(kind="limit", ground_code="content", words="Spam.", acts=["import"], actor=STAFF, at=at)
    visitor.log_in(owner.owner.email, PASSWORD)
    visitor.open("/privacy/retention/")
    visitor.look("privacy_retention")
    visitor.page.get_by_role("link", name="Opens and clicks of single people").click()
    visitor.page.locator("#id_set-amount").fill("2")
    visitor.page.locator("#id_set-unit").select_option("years")
    visitor.page.get_by_role("button", name="Keep it for so long").click()
    visitor.page.get_by_text("Kept. Nothing was deleted").wait_for()
    visitor.page.locator("#id_amount").fill("1")
    visitor.page.locator("#id_unit").select_option("years")
    visitor.page.get_by_role("button", name="Count it first").click()
    visitor.page.get_by_role("button", name="Delete these 40").wait_for()
    visitor.look("privacy_retention_category")
    visitor.page.get_by_role("button", name="Delete these 40").click()
    visitor.page.get_by_text("The deletion has begun").wait_for()
    visitor.look("privacy_retention_running")
    visitor.open("/privacy/limits/")
    visitor.page.get_by_label("Why you object").fill("It was no spam.")
    visitor.look("privacy_limits")
    visitor.page.get_by_role("button", name="Object").click()
    visitor.page.get_by_text("Filed and recorded").wait_for()
    visitor.open("/privacy-notice/")
    visitor.look("public_own_notice")


@pytest.mark.req("OPS-2", "OPS-6", "CTL-1")
def test_the_operator_decides_enters_a_breach_and_keeps_its_own_data(visitor: Visitor) -> None:
    owner, at = house("ecomail"), now()
    with inside(owner):
        grounds.enter(code="software", words="A flood.", found_at=at - timedelta(hours=1), actor=STAFF, at=at)
        made = limiting.decide(kind="limit", ground_code="content", words="Spam.", acts=["import"], actor=STAFF, at=at)
        member = owner.owner.actor.id
        assert member is not None
        limiting.object_to(decision_id=made, words="No.", member_id=member, at=at)
    case = own.receive(right="access", who="Jan Partner", words="A copy.", received_at=at, actor=STAFF, at=at)
    visitor.log_in(staffed().email, PASSWORD)
    visitor.open(f"/operator/controllers/{owner.id}/limiting/")
    visitor.look("operator_limit")
    visitor.page.get_by_text("Decide", exact=True).click()
    visitor.look("operator_limit_deciding")
    visitor.open("/operator/limiting/")
    visitor.look("operator_limiting")
    visitor.open("/operator/own-data/")
    visitor.look("operator_own_data")
    own.settle(case_id=case, outcome="answered", words="Here.", actor=STAFF, at=at)
    with scope(INSTANCE):
        OwnCase.objects.filter(id=case).delete()
