"""The web process and the browser that the tests of this folder share."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect, sync_playwright

from mandata.delivery.nameserver import NameServer, Zone
from mandata.infra.postgres import Urls
from tests.browser.driving import Visitor
from tests.ports import free_port

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


@pytest.fixture(scope="session")
def names() -> Iterator[NameServer]:
    """Whom the web process asks of DNS; its zone is empty until a test puts something there."""
    server = NameServer(Zone())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def site(database: Urls, names: NameServer) -> Iterator[str]:
    """`mandata web` on the tests' database; its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mandata.cli", "web", "--listen", f"127.0.0.1:{port}", "--threads", "2"]
    settings = {"MANDATA_PUBLIC_URL": address, "MANDATA_DNS": f"127.0.0.1:{names.port}"}
    process = subprocess.Popen(command, env={**os.environ, **settings})
    try:
        _answers(f"{address}/login/", process)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def _answers(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _attempt in range(1_200):
        assert process.poll() is None, "the web process ended"
        try:
            with urllib.request.urlopen(address, timeout=60):
                return
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{address} answers {error.code}") from error
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's chromium; for one module, because the event loop that it keeps running is in the way of other tests."""
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Browser, site: str) -> Iterator[Visitor]:
    """A person at a browser window; `look` tries every size and theme."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(60_000)  # others may use the machine, too
    ours = (site, site.replace("127.0.0.1", "localhost"), "data:")

    def only_ours(route: Route) -> None:
        route.continue_() if route.request.url.startswith(ours) else route.abort()

    context.route("**/*", only_ours)
    yield Visitor(context.new_page(), site)
    context.close()
