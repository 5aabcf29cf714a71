"""A campaign from its first word to its report, through a real browser at every size and theme."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from mandata.campaigns import selectors as campaigns
from mandata.campaigns.rules.content import Content, Format
from mandata.delivery.models import Counter, Return
from mandata.delivery.services import tending
from mandata.infra import bulk
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.rights import services as rights
from mandata.tracking.rules import ANY_LINK
from tests.browser.driving import Visitor
from tests.console.office import PASSWORD, Office, office
from tests.console.test_reports import _COUNTER
from tests.delivery.mailing import SMALL
from tests.world import World

pytestmark = pytest.mark.browser
NEWSLETTER = Path(__file__).parents[2] / "examples" / "newsletter.mjml"


@pytest.fixture
def desk(world: World, visitor: Visitor) -> Office:
    """A shop whose owner has logged in."""
    made = office()
    visitor.log_in(made.people["owner"].email, PASSWORD)
    return made


@pytest.mark.req("CAM-1", "CAM-2")
def test_a_campaign_is_written_looked_at_checked_and_launched(desk: Office, visitor: Visitor) -> None:
    page = visitor.page
    desk.shop.people(12)
    visitor.open("/")
    visitor.look("home_first")
    visitor.open("/campaigns/")
    visitor.look("campaigns_empty")
    visitor.press("New campaign")
    visitor.look("campaign_new")
    visitor.press("Begin to write")
    visitor.look("campaign_new_errors")
    page.get_by_label("Name", exact=True).fill("The Saturday bake")
    page.get_by_label("List").select_option(label="Newsletter")
    visitor.press("Begin to write")
    visitor.look("campaign_content")
    page.reload()  # axe leaves empty style attributes behind, which htmx would carry over
    write(visitor)
    visitor.look("campaign_written")
    page.reload()
    page.get_by_label("Look as the recipient").fill("reader3@inbox.example")
    page.get_by_role("button", name="Look", exact=True).click()
    page.get_by_text("gets it").wait_for()
    page.frame_locator(".m-message-frame").get_by_text("Good morning, Ann3").first.wait_for()
    page.locator(".m-segments").get_by_text("Telephone").click()
    assert page.locator(".m-message-frame").bounding_box()["width"] <= 390  # type: ignore[index]
    visitor.look("campaign_as_recipient")
    page.get_by_role("button", name="Merge tags").click()
    visitor.look("campaign_tags")
    page.keyboard.press("Escape")
    visitor.open(page.url.replace("/content/", "/audience/"))
    visitor.look("campaign_audience")
    visitor.press("Checks")
    visitor.look("campaign_checks")
    visitor.press("Send")
    visitor.look("campaign_launch")
    visitor.press("Send it")
    visitor.look("campaign_launch_dialog")
    visitor.press("Send now")
    page.get_by_text("Launched.").wait_for()
    visitor.look("campaign_launched")


def write(visitor: Visitor) -> None:
    """Fill the editor; it saves by itself, one revision after the other."""
    page = visitor.page
    page.get_by_label("Subject").fill("Plum cake is back, {{ first_name | default: 'friend' }}")
    page.get_by_label("Preheader").fill("And the rye is darker than ever")
    page.locator("#id_from_local").fill("news")
    page.locator("#id_from_domain").select_option("bakery.example")
    page.locator("#id_source").fill(NEWSLETTER.read_text(encoding="utf-8"))
    page.locator("#message strong", has_text="Plum cake is back, friend").wait_for()
    page.get_by_role("button", name="Save").click()
    page.locator(".m-findings-head", has_text="Saved at").wait_for()
    page.wait_for_timeout(1500)  # longer than the editor waits before it saves by itself
    page.frame_locator(".m-message-frame").get_by_text("Slow dough").wait_for()


def test_two_who_write_at_once_are_told_and_lose_nothing(desk: Office, visitor: Visitor) -> None:
    campaign, page = desk.shop.draft(), visitor.page
    visitor.open(f"/campaigns/{campaign}/content/")
    other = desk.browser()
    theirs = {"revision": 0, "name": "Theirs", "subject": "Theirs", "language": "en", "format": "html"}
    other.post(f"/campaigns/{campaign}/content/", theirs)
    page.locator("#id_subject").fill("Mine")
    page.get_by_text("somebody else was faster").wait_for()
    visitor.look("campaign_conflict")
    assert page.locator("#id_subject").input_value() == "Mine"
    page.get_by_role("button", name="Save mine over it").click()
    page.locator(".m-findings-head", has_text="Saved at").wait_for()
    page.locator("#id_subject").fill("Mine again")
    page.locator("#message strong", has_text="Mine again").wait_for()


def test_what_stands_in_the_way_is_shown_with_its_remedy(desk: Office, visitor: Visitor) -> None:
    evil = Content(Format.HTML, "<p>Bread</p><script>parent.hacked = 1</script>", "", "", "news@rival.example")
    campaign = desk.shop.draft(evil)
    for step in ("content", "audience", "checks", "send"):
        visitor.open(f"/campaigns/{campaign}/{step}/")
        visitor.look(f"campaign_refused_{step}")
    assert not visitor.page.evaluate("'hacked' in window")


@pytest.mark.req("DLV-5")
def test_a_campaign_on_its_way_is_followed_paused_decided_about_and_stopped(desk: Office, visitor: Visitor) -> None:
    desk.shop.people(40, lambda n: f"reader{n}@{('gmail.com', 'seznam.cz', 'inbox.example')[n % 3]}")
    campaign, page = desk.shop.launched(SMALL), visitor.page
    move(desk, campaign, range(1, 19), "sent")
    visitor.open(f"/campaigns/{campaign}/send/")
    page.get_by_text("18 of 40 messages (45.0 %)").wait_for()
    visitor.look("campaign_sending")
    move(desk, campaign, range(19, 23), "deferred")
    move(desk, campaign, range(23, 25), "failed")
    move(desk, campaign, range(25, 28), "unknown")
    with scope(desk.shop.id):
        case = rights.receive(
            kind="access", address="reader3@gmail.com", channel="portal", language="en", at=now()
        ).case_id
        rights.confirm_by_hand(case_id=case, actor=desk.shop.actor, at=now())
    page.get_by_text("23 of 40 messages (").wait_for()
    visitor.press("Pause")
    visitor.look("campaign_paused")
    visitor.open("/")
    visitor.look("home_running")
    visitor.open(f"/campaigns/{campaign}/send/")
    page.get_by_label("Choose message 25").check()
    visitor.press("Count as sent")
    page.get_by_text("1 count as sent.").wait_for()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_text("Not sent any more").wait_for()
    visitor.look("campaign_cancel")
    page.get_by_label("This cannot be undone").fill("Saturday")
    visitor.press("Stop for good")
    visitor.look("campaign_cancelled")
    assert desk.shop.campaign_state(campaign) == "cancelled"


def move(desk: Office, campaign: UUID, numbers: range, after: str) -> None:
    """Let messages have come to a state, with their counters."""
    with scope(desk.shop.id):
        tending.move(campaign_id=campaign, before=("queued",), after=after, at=now(), numbers=list(numbers))


@pytest.mark.req("TRK-1", "TRK-3")
def test_reports_and_the_first_page_tell_what_happened(desk: Office, visitor: Visitor) -> None:
    desk.shop.people(30)
    campaign = desk.shop.launched(SMALL)
    desk.shop.draft()
    happened(desk, campaign)
    visitor.open(f"/campaigns/{campaign}/report/")
    visitor.page.locator("#hours canvas").wait_for()
    visitor.look("report_campaign")
    visitor.page.get_by_text("What machines did").click()
    visitor.look("report_machines")
    visitor.open(f"/reports/{campaign}/measuring/")
    visitor.look("report_measuring")
    visitor.open("/reports/measuring/")
    visitor.page.get_by_role("button", name="Take visits in").click()
    visitor.look("report_measuring_all")
    visitor.open("/reports/")
    visitor.page.locator("#days canvas").wait_for()
    visitor.look("reports")
    visitor.open("/campaigns/")
    visitor.look("campaigns")
    visitor.open("/")
    visitor.page.locator("#days canvas").wait_for()
    visitor.look("home")


def happened(desk: Office, campaign: UUID) -> None:
    """Three days in which people opened and clicked, less and less, and machines did at once."""
    with scope(desk.shop.id):
        link = campaigns.links(campaign)[0][0]
    begin = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=60)
    rows = []
    for hour in range(0, 60):
        opens = int(900 / (1 + hour / 4)) + (hour * 37) % 23
        for provider, part in (("Gmail", 5), ("Seznam", 3), ("Microsoft", 2)):
            at, count = begin + timedelta(hours=hour), opens * part // 10
            rows.append((campaign, at, "open", "human", ANY_LINK, provider, count, count * 2 // 3))
            rows.append((campaign, at, "click", "human", ANY_LINK, provider, count // 5, count // 6))
            rows.append((campaign, at, "click", "human", link, provider, count // 5, count // 6))
            if hour % 9 == 0:
                rows.append((campaign, at, "unsubscribe", "human", ANY_LINK, provider, 2, 2))
    rows.append((campaign, begin, "open", "prefetch", ANY_LINK, "Gmail", 4210, 0))
    rows.append((campaign, begin, "click", "scanner", ANY_LINK, "Microsoft", 1288, 0))
    with scope(desk.shop.id):
        bulk.insert("tracking_counter", _COUNTER, rows)
        Counter.objects.filter(campaign_id=campaign).delete()
        for provider, state, count in (
            ("Gmail", "sent", 9400), ("Seznam", "sent", 6100), ("Microsoft", "sent", 3950), ("Microsoft", "failed", 71),
        ):  # fmt: skip
            Counter.objects.create(campaign_id=campaign, shard=0, provider=provider, state=state, count=count)
        for kind, hard, times in (("bounce", True, 41), ("bounce", False, 17), ("complaint", False, 4)):
            for _time in range(times):
                digest = new_id().bytes
                Return.objects.create(campaign_id=campaign, kind=kind, hard=hard, digest=digest, received_at=now())
