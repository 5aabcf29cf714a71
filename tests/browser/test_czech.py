"""The console in Czech: no English word is left on a page, and the longer Czech ones fit at every size."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from django.utils import translation
from django.utils.translation import trans_real

from mandata.accounts.models import User
from mandata.audience import services as audience
from mandata.delivery.models import Domain
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.rights import services as rights
from tests.browser.driving import Visitor
from tests.browser.test_audience_pages import ADDRESS, EXAMPLE, listed, peopled
from tests.browser.test_campaign_pages import happened, move
from tests.console.office import PASSWORD, Office, office
from tests.delivery.mailing import SMALL
from tests.world import World, people
from tests.world.people import House, registered

pytestmark = pytest.mark.browser
ALIKE = {"English", "Saturday", "Thu"}
"""What stays English: the language's own name, and what the shop of the tests and its customers are called."""

TEXTS = """() => [...document.querySelectorAll("body *")]
    .filter(one => !one.closest("script, style, code, [lang=en]"))
    .flatMap(one => [
        ...[...one.childNodes].filter(node => node.nodeType == 3).map(node => node.textContent),
        ...["aria-label", "title", "placeholder", "data-label"].map(name => one.getAttribute(name) || ""),
    ])"""


def czech(user: User) -> User:
    """Let a person have chosen Czech."""
    user.language = "cs"
    user.save(update_fields=["language"])
    return user


def english() -> set[str]:
    """All English messages that Czech says otherwise, as a page would show them."""
    said = trans_real.translation("cs")._catalog.items()  # type: ignore[attr-defined]
    plain = {key: words for key, words in said if isinstance(key, str) and "\x04" not in key and "%" not in key}
    return {key for key, words in plain.items() if key and key != words} - set(plain.values()) - ALIKE


def read(visitor: Visitor, name: str, path: str = "") -> None:
    """See that a page is as wide as the window, wide and narrow, and read all that stands on it, hidden parts too."""
    if path:
        visitor.open(path)
    for width, height in ((1280, 900), (390, 844)):
        visitor.page.set_viewport_size({"width": width, "height": height})
        visitor.picture(f"cz_{name}_{width}")
        assert visitor.sticks_out() <= 0, f"{name} at {width} px: {visitor.sticks_out()} px too wide"
    visitor.page.set_viewport_size({"width": 1280, "height": 900})
    texts = {re.sub(r"\s+", " ", text).strip() for text in visitor.page.evaluate(TEXTS)}
    assert texts & english() == set(), name


def test_campaigns_reports_and_home_in_czech(world: World, visitor: Visitor) -> None:
    desk = office()
    desk.shop.people(40, lambda n: f"reader{n}@{('gmail.com', 'seznam.cz', 'inbox.example')[n % 3]}")
    visitor.log_in(czech(desk.people["owner"]).email, PASSWORD)
    read(visitor, "campaigns_empty", "/campaigns/")
    read(visitor, "campaign_new", "/campaigns/new/")
    draft, sent = desk.shop.draft(), desk.shop.launched(SMALL)
    for step in ("content", "audience", "checks", "send"):
        read(visitor, f"campaign_{step}", f"/campaigns/{draft}/{step}/")
    on_its_way(desk, sent, visitor)
    happened(desk, sent)
    read(visitor, "report", f"/campaigns/{sent}/report/")
    read(visitor, "reports", "/reports/")
    read(visitor, "campaigns", "/campaigns/")
    read(visitor, "home", "/")


def on_its_way(desk: Office, campaign: UUID, visitor: Visitor) -> None:
    """Look at a campaign with messages in every state."""
    for numbers, state in ((range(1, 19), "sent"), (range(19, 23), "deferred"), (range(23, 28), "unknown")):
        move(desk, campaign, numbers, state)
    read(visitor, "sending", f"/campaigns/{campaign}/send/")
    read(visitor, "unknown", "/sending/unknown/")
    visitor.page.get_by_role("button", name="Poslat znovu").first.click()
    read(visitor, "unknown_dialog")


def test_the_audience_in_czech(world: World, visitor: Visitor, tmp_path: Path) -> None:
    house = registered()
    visitor.log_in(_owner(house), people.PASSWORD)
    read(visitor, "subscribers_empty", "/audience/")
    newsletter = listed(house)
    jana = peopled(house, newsletter)
    for name, path in (
        ("subscribers", "/audience/"), ("add", "/audience/add/"), ("person", f"/audience/people/{jana}/"),
        ("lists", "/audience/lists/"), ("list", f"/audience/lists/{newsletter}/"),
        ("list_new", "/audience/lists/new/"), ("fields", "/audience/fields/"), ("field_new", "/audience/fields/new/"),
        ("groups", "/audience/groups/?by=country"), ("sorted", "/audience/?sort=-name"),
        ("imports", "/audience/imports/"), ("upload", "/audience/imports/new/"),
    ):  # fmt: skip
        read(visitor, name, path)
    file = tmp_path / "zakaznici-2025.csv"
    file.write_bytes(b"".join(EXAMPLE.read_bytes().splitlines(keepends=True)[:400]))
    visitor.page.locator("#id_file").set_input_files(file)
    visitor.press("Nahrát a podívat se")
    visitor.page.get_by_text("První řádky, jak by se převzaly").wait_for()
    read(visitor, "mapping")
    visitor.page.locator("#id_source").fill("objednávky e-shopu")
    visitor.press("Zkusit nanečisto")
    read(visitor, "mapping_missing")
    visitor.page.locator("#id_warranted").check()
    visitor.press("Zkusit nanečisto")
    visitor.page.get_by_text("Zkouška nanečisto: nic se nezapisuje").wait_for()
    read(visitor, "running")
    import_id = UUID(visitor.page.url.split("/")[5])
    while audience.run_slice(controller_id=house.id, import_id=import_id):
        pass
    visitor.page.get_by_role("button", name="Importovat doopravdy").wait_for()
    read(visitor, "import_report")


def test_sending_privacy_and_account_in_czech(world: World, visitor: Visitor) -> None:
    house = registered()
    peopled(house, listed(house))
    visitor.log_in(_owner(house), people.PASSWORD)
    read(visitor, "domains_empty", "/sending/")
    read(visitor, "domain_new", "/sending/domains/new/")
    visitor.page.locator("#id_name").fill("news.bakery.test")
    visitor.press("Přidat")
    visitor.page.get_by_role("button", name="Zkontrolovat teď").wait_for()
    read(visitor, "domain")
    with scope(house.id):
        Domain.objects.update(state="verified", verified_at=datetime(2026, 3, 4, tzinfo=UTC))
        case = rights.receive(
            kind="erasure", address=ADDRESS, channel="portal", language="cs", words="Prosím.", at=now()
        ).case_id
        rights.confirm_by_hand(case_id=case, actor=house.owner.actor, at=now())
    world.sequence()
    for name, path in (
        ("domains", "/sending/"), ("senders", "/sending/senders/"), ("suppression", "/sending/suppression/"),
        ("privacy", "/privacy/"), ("requests", "/privacy/requests/"), ("case", f"/privacy/requests/{case}/"),
        ("agreement", "/privacy/agreement/"), ("data_map", "/privacy/data/"), ("record", "/privacy/record/"),
        ("members", "/account/members/"), ("settings", "/account/settings/"), ("security", "/account/security/"),
    ):  # fmt: skip
        read(visitor, name, path)


def _owner(house: House) -> str:
    return czech(User.objects.get(email=house.owner.email)).email


def test_a_left_over_word_is_seen() -> None:
    with translation.override("cs"):
        assert {"Show who it is", "Unsubscribed by the file"} <= english()
