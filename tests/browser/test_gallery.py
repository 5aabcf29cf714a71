"""Every component of the console, at every size and theme, and the behaviour of the small script behind them."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.driving import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    """The gallery in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.browser.gallery.serve"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def guest(chromium: Browser, gallery: str) -> Iterator[Visitor]:
    """Somebody who looks at the gallery."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield Visitor(context.new_page(), gallery)
    context.close()


def test_every_component_stands_at_every_size_and_theme(guest: Visitor) -> None:
    guest.open("/parts.html")
    expect(guest.page.locator("#opens canvas")).to_be_visible()
    guest.look("parts")


def test_what_data_subjects_meet_needs_no_script(chromium: Browser, gallery: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{gallery}/public.html")
    expect(page.get_by_role("button", name="Unsubscribe from everything")).to_be_visible()
    assert page.locator("script").count() == 0
    assert context.cookies() == []
    context.close()


def test_what_data_subjects_meet_stands_at_every_size_and_theme(guest: Visitor) -> None:
    guest.open("/public.html")
    guest.look("public")


def test_slash_searches_g_and_a_letter_goes_and_a_question_mark_tells_the_keys(guest: Visitor) -> None:
    guest.open("/parts.html")
    guest.page.keyboard.press("/")
    expect(guest.page.get_by_role("searchbox")).to_be_focused()
    guest.page.keyboard.press("g")
    assert guest.page.url.endswith("/parts.html"), "letters typed into a field go nowhere"
    guest.page.get_by_role("searchbox").blur()
    guest.page.keyboard.press("?")
    expect(guest.page.get_by_role("dialog", name="Keys")).to_be_visible()
    guest.page.keyboard.press("Escape")
    expect(guest.page.get_by_role("dialog", name="Keys")).to_be_hidden()
    guest.page.keyboard.press("g")
    guest.page.keyboard.press("c")
    guest.page.wait_for_url("**/campaigns/**")


def test_what_cannot_be_undone_wants_its_name_typed(guest: Visitor) -> None:
    guest.open("/parts.html")
    guest.page.get_by_role("button", name="Erase").first.click()
    dialog = guest.page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Erase")).to_be_disabled()
    dialog.get_by_role("textbox").fill("Friday list")
    expect(dialog.get_by_role("button", name="Erase")).to_be_enabled()
    guest.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_chosen_theme_is_kept_against_the_systems(guest: Visitor) -> None:
    guest.page.emulate_media(color_scheme="dark")
    guest.open("/parts.html")
    expect(guest.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    guest.page.locator(".m-menu summary").click()
    guest.page.get_by_role("button", name="Light").click()
    guest.open("/parts.html")
    expect(guest.page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_a_clock_shows_its_clause_on_a_tap_and_closes_with_esc(guest: Visitor) -> None:
    guest.open("/parts.html")
    clock = guest.page.locator("details.m-clock").nth(1)
    expect(clock).to_have_attribute("data-tone", "warn")
    clock.locator("summary").click()
    expect(clock.get_by_text("GDPR Art. 12(3)")).to_be_in_viewport(ratio=1)
    guest.page.keyboard.press("Escape")
    expect(clock.get_by_text("GDPR Art. 12(3)")).to_be_hidden()


def test_on_a_telephone_the_places_open_from_the_menu(guest: Visitor) -> None:
    guest.page.set_viewport_size({"width": 390, "height": 844})
    guest.open("/parts.html")
    expect(guest.page.get_by_role("link", name="Privacy", exact=True)).to_be_hidden()
    guest.page.get_by_role("button", name="Menu").click()
    expect(guest.page.get_by_role("link", name="Privacy", exact=True)).to_be_visible()
    guest.page.keyboard.press("Escape")
    expect(guest.page.get_by_role("link", name="Privacy", exact=True)).to_be_hidden()
