"""Sending as a marketer meets it: domains with their records, senders, suppression, unknown outcomes."""

from contextlib import suppress
from dataclasses import replace

import pytest
from playwright.sync_api import TimeoutError

from mandata.audience import services as audience
from mandata.audience.rules.bases import Reason
from mandata.delivery import services as delivery
from mandata.delivery.models import Domain, Host
from mandata.delivery.nameserver import NameServer
from mandata.delivery.services.tending import move
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.browser.driving import Visitor
from tests.delivery.mailing import SMALL, Shop
from tests.delivery.naming import asked, fresh, publish
from tests.world import World
from tests.world.people import PASSWORD, House, registered

pytestmark = pytest.mark.browser


@pytest.fixture
def house(world: World) -> House:
    return registered()


@pytest.mark.req("DLV-1")
def test_a_domain_shows_what_to_copy_and_goes_only_when_its_name_is_typed(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/sending/")
    visitor.look("sending_domains_empty")
    visitor.press("Add a domain")
    visitor.page.locator("#id_name").fill("http://bakery")
    visitor.press("Add")
    visitor.page.get_by_text("This is no domain name.").wait_for()
    visitor.look("sending_domain_refused")
    visitor.page.locator("#id_name").fill("news.bakery.test")
    visitor.press("Add")
    visitor.page.get_by_role("button", name="Check now").wait_for()
    visitor.look("sending_domain")
    visitor.press("Remove")
    visitor.look("sending_domain_remove")
    assert visitor.page.get_by_role("button", name="Remove", exact=True).last.is_disabled()
    visitor.page.keyboard.press("Escape")
    visitor.open("/sending/")
    visitor.look("sending_domains")


@pytest.mark.req("DLV-1")
def test_a_proven_domain_shows_its_keys_and_turns_them(
    house: House, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = fresh()
    with asked(monkeypatch) as zone, scope(house.id):
        domain_id = delivery.add_domain(name=name, actor=house.owner.actor, at=now())
        publish(zone, name)
        zone.put(name, "TXT", "v=spf1 include:returns.localhost +all")
        zone.put(f"default._bimi.{name}", "TXT", f"v=BIMI1; l=https://{name}/logo.svg")
        delivery.verify_domain(domain_id=domain_id, actor=house.owner.actor, at=now())
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open(f"/sending/domains/{domain_id}/")
    visitor.look("sending_domain_proven")
    visitor.press("Make new keys")
    visitor.look("sending_domain_turn")
    visitor.page.locator("dialog[open] button[type=submit]").click()
    visitor.page.get_by_text("new, waits for its record").first.wait_for()
    visitor.look("sending_domain_turning")
    with scope(house.id):
        lists = audience.create_list(name="News", actor=house.owner.actor, at=now())
    shop = Shop(house.id, house.owner.actor, lists)
    campaign = shop.draft(replace(SMALL, from_address=f"news@{name}"))
    visitor.open(f"/campaigns/{campaign}/checks/")
    visitor.page.get_by_text("By the large mailbox providers").wait_for()
    visitor.look("sending_demands")


def test_a_tracking_host_is_added_and_shows_what_to_copy(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/sending/hosts/")
    visitor.look("sending_hosts_empty")
    visitor.press("Add a tracking host")
    visitor.page.locator("#id_name").fill("no host")
    visitor.press("Add")
    visitor.page.get_by_text("This is no host name.").wait_for()
    visitor.look("sending_host_refused")
    visitor.page.locator("#id_name").fill(fresh())
    visitor.press("Add")
    visitor.page.get_by_role("button", name="Check now").wait_for()
    visitor.look("sending_hosts")
    visitor.press("Remove")
    visitor.look("sending_host_remove")


@pytest.mark.req("DLV-1", "TRK-1")
def test_a_tracking_host_is_copied_looked_at_proven_and_removed(
    house: House, visitor: Visitor, names: NameServer
) -> None:
    """What somebody does who sets one up: copies the record, looks too early, errs, publishes it, looks again."""
    name, page, zone = fresh(), visitor.page, names.zone
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card = page.locator("section.card").filter(has=page.get_by_role("heading", name=name))

    def look_again(said: str) -> None:
        """As often as a person would while DNS takes its time."""
        for _ in range(10):
            card.get_by_role("button", name="Check now").click()
            page.wait_for_load_state()
            with suppress(TimeoutError):
                card.get_by_text(said).wait_for(timeout=10_000)
                return
        pytest.fail(f"never said: {said}\n{page.locator('main').inner_text()}")

    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/sending/hosts/")
    visitor.press("Add a tracking host")
    page.locator("#id_name").fill(name.upper())
    visitor.press("Add")
    copied = []
    for label in ("the name", "the value"):
        shown = card.get_by_role("button", name=f"Copy {label}")
        shown.click()
        text = str(shown.get_attribute("data-copy"))
        page.wait_for_function("text => navigator.clipboard.readText().then(found => found === text)", arg=text)
        copied.append(text)
    assert copied[0] == name
    try:
        look_again("DNS has no such record yet.")
        zone.put(name, "CNAME", "somebody.else.test")
        look_again("The name leads elsewhere.")
        card.get_by_text("somebody.else.test").wait_for()
        zone.put(name, "CNAME", copied[1])
        look_again("It leads to the door of the operator.")
        page.get_by_text(f"New messages use http://{name}").wait_for()  # the tests' door needs no certificate
        visitor.look("sending_host_proven")
        with scope(house.id):
            assert Host.objects.get(name=name).state == "verified"
        dialog = page.locator("dialog[open]")
        card.get_by_role("button", name="Remove").click()
        dialog.get_by_text("Links in messages that were sent with it stop working.").wait_for()
        page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
        card.get_by_role("button", name="Remove").click()
        dialog.get_by_role("button", name="Remove").click()
        page.get_by_text("Links under your own name").wait_for()
        with scope(house.id):
            assert not Host.objects.filter(name=name).exists()
    finally:
        zone.put(name, "CNAME")


@pytest.mark.req("AUDI-4")
def test_an_address_is_looked_up_suppressed_and_lifted(house: House, visitor: Visitor) -> None:
    with scope(house.id):
        for number, reason in enumerate([Reason.UNSUBSCRIBED] * 5 + [Reason.HARD_BOUNCE] * 3 + [Reason.COMPLAINT]):
            audience.suppress(email=f"p{number}@reader.example", reason=reason, actor=house.owner.actor, at=now())
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/sending/suppression/")
    visitor.look("sending_suppression")
    visitor.page.locator("[data-search]").fill("p7@reader.example")
    visitor.press("Look up")
    visitor.page.get_by_role("button", name="Lift").wait_for()
    visitor.look("sending_suppressed")
    visitor.press("Lift")
    visitor.look("sending_lift_dialog")
    visitor.press("Lift it")
    visitor.page.get_by_text("Not suppressed").wait_for()
    visitor.press("Suppress an address")
    visitor.page.locator("#id_new_email").fill("someone")
    visitor.press("Suppress")
    visitor.page.locator("#id_new_email_error").wait_for()
    visitor.look("sending_suppress_refused")


def test_senders_and_unknown_outcomes_say_what_they_are_for(house: House, visitor: Visitor) -> None:
    with scope(house.id):
        delivery.add_domain(name="news.bakery.test", actor=house.owner.actor, at=now())
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/sending/senders/")
    visitor.look("sending_senders")
    visitor.open("/sending/unknown/")
    visitor.look("sending_unknown_empty")


@pytest.mark.req("DLV-5")
def test_unknown_outcomes_are_decided_after_a_look_at_what_that_means(house: House, visitor: Visitor) -> None:
    with scope(house.id):
        list_id = audience.create_list(name="News", actor=house.owner.actor, at=now())
        delivery.add_domain(name="bakery.example", actor=house.owner.actor, at=now())
        Domain.objects.filter(name="bakery.example").update(state="verified", verified_at=now())
    shop = Shop(house.id, house.owner.actor, list_id)
    shop.people(4)
    campaign = shop.launched()
    with scope(house.id):
        move(campaign_id=campaign, before=("queued",), after="unknown", at=now(), numbers=[1, 2, 3])
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/sending/unknown/")
    visitor.look("sending_unknown")
    visitor.page.get_by_role("button", name="Send again").first.click()
    visitor.look("sending_unknown_dialog")
    visitor.page.get_by_role("button", name="Send again", exact=True).click()
    visitor.page.get_by_text("Nothing to decide").wait_for()
    visitor.open("/sending/senders/")
    visitor.look("sending_senders_used")
