"""The web process and the browser that the tests of this folder share."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Browser, Route, sync_playwright

from mandata.infra.postgres import Urls
from tests.browser.driving import Visitor

# Playwright keeps an event loop in this thread; the tests use the database from the same thread, one after the other.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@dataclass(frozen=True)
class Look:
    """A window's width and the system's theme."""

    width: int
    theme: Literal["light", "dark"]

    @property
    def label(self) -> str:
        """For names of pictures and tests."""
        return f"{self.width}_{self.theme}"


LOOKS = [Look(1280, "light"), Look(1280, "dark"), Look(390, "light"), Look(390, "dark")]


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def site(database: Urls) -> Iterator[str]:
    """`mandata web` on the tests' database; its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mandata.cli", "web", "--listen", f"127.0.0.1:{port}", "--threads", "2"]
    process = subprocess.Popen(command, env={**os.environ, "MANDATA_PUBLIC_URL": address})
    try:
        _answers(f"{address}/login/", process)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _answers(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _attempt in range(300):
        assert process.poll() is None, "the web process ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{address} answers {error.code}") from error
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=LOOKS, ids=lambda look: look.label)
def visitor(request: pytest.FixtureRequest, chromium: Browser, site: str) -> Iterator[Visitor]:
    """A person at each of the four looks."""
    yield from _visit(chromium, site, request.param)


@pytest.fixture
def desk(chromium: Browser, site: str) -> Iterator[Visitor]:
    """A person at a wide, light window: for what does not depend on looks."""
    yield from _visit(chromium, site, LOOKS[0])


def _visit(chromium: Browser, site: str, look: Look) -> Iterator[Visitor]:
    size = {"width": look.width, "height": 844 if look.width < 600 else 900}
    context = chromium.new_context(viewport=size, color_scheme=look.theme, locale="en-GB", reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(10_000)

    def only_ours(route: Route) -> None:
        route.continue_() if route.request.url.startswith((site, site.replace("127.0.0.1", "localhost"), "data:")) else route.abort()

    context.route("**/*", only_ours)
    yield Visitor(context.new_page(), site, look.label)
    context.close()
