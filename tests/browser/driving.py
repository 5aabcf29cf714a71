"""Verbs for a browser: open a page, look at it, let axe judge it."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from playwright.sync_api import Page

from mandata.accounts import selectors, services
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope

AXE = Path(__file__).parent / "vendor" / "axe" / "axe.min.js"
SHOTS = os.environ.get("SCREENSHOTS", "")
"""A folder to keep a picture of every page that is looked at; empty keeps none."""

LOOKS: list[tuple[int, int, Literal["light", "dark"]]] = [
    (1280, 900, "light"),
    (1280, 900, "dark"),
    (390, 844, "light"),
    (390, 844, "dark"),
]


@dataclass
class Visitor:
    """A person at a browser window."""

    page: Page
    base: str
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self.told.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.told.append(str(error)))

    def open(self, path: str) -> None:
        """Open a page of the site; an address from a mail is opened by its path."""
        self.page.goto(self.base + re.sub(r"^https?://[^/]+", "", path))

    def look(self, name: str) -> None:
        """Look at the page wide and narrow, light and dark; keep pictures; demand of each look that nothing sticks out
        sideways and axe finds nothing, and of the page that nothing was blocked.
        """
        self.page.wait_for_load_state()
        for width, height, theme in LOOKS:
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.emulate_media(color_scheme=theme)
            where = f"{name} at {width} px, {theme}"
            self.picture(f"{name}_{width}_{theme}")
            assert self.sticks_out() <= 0, f"{where}: {self.sticks_out()} px too wide"
            if found := self.violations():
                self.page.wait_for_timeout(1_000)  # a page that renews itself may be caught between two colours
                found = self.violations()
            assert not found, f"{where}: {found}"
        self.page.set_viewport_size({"width": 1280, "height": 900})
        refused = [said for said in self.told if "status of 4" not in said]
        assert refused == [], f"{name}: {refused}"

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page, where pictures are kept."""
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)

    def sticks_out(self) -> int:
        """Return how many px the page is wider than the window."""
        wide: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return wide

    def violations(self) -> list[str]:
        """Return what axe finds, one line each."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[dict[str, Any]] = self.page.evaluate("axe.run().then(result => result.violations)")
        return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]

    def fill(self, **values: str) -> None:
        """Fill fields by their labels, underscores for spaces."""
        for label, value in values.items():
            self.page.get_by_label(label.replace("_", " "), exact=False).first.fill(value)

    def press(self, name: str) -> None:
        """Press the button or follow the link of that name."""
        control = self.page.get_by_role("button", name=name, exact=True)
        (control if control.count() else self.page.get_by_role("link", name=name, exact=True)).first.click()
        self.page.wait_for_load_state()

    def log_in(self, email: str, password: str) -> None:
        """Log in with a password."""
        self.open("/login/")
        self.page.locator("#id_login").fill(email)
        self.page.locator("#id_password").fill(password)
        self.press("Log in")

    def prove(self, password: str) -> None:
        """Show once more who one is, before an act that protects the account."""
        self.page.locator("#id_password").fill(password)
        self.press("Confirm")


def last_notice(controller_id: UUID = INSTANCE) -> dict[str, Any]:
    """Return what the newest mail of a scope's outbox says."""
    with scope(controller_id):  # tests that ran before may have left some with times to come
        newest = next(one for one in selectors.notices(1_000) if one["created_at"] <= now())
        return services.notices.contents(newest["id"])


def code_in(notice: dict[str, Any]) -> str:
    """Return the code that a mail carries on a line of its own."""
    found = re.search(r"^([A-Z0-9]{3,}-?[A-Z0-9]+)$", notice["text"], re.MULTILINE)
    assert found, notice["text"]
    return found.group(1)
