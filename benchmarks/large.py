"""A campaign to a million people: the freeze, the memory of the workers that send it, its report with three million
events, and the pages that are asked for while it runs.

    python -m benchmarks.large [--recipients 1000000] [--workers 2] [--short]

Everything is real: an embedded PostgreSQL, sealed identities, engine processes, Postfix's `smtp-sink`, the spool of the
door, the console's own pages through Django's test client. Beside each figure stands its reference from the same run:

    freeze   the same rows inserted into a table with the same columns and indexes, without a rule to ask
    memory   the same worker after the first fifth of the campaign: it must not grow from there
    pages    the same page of a campaign to ten people

Prints JSON lines. Exit code 1 where a limit does not hold: the freeze under 20 s, a worker under 250 MiB and flat, the
report page under 100 ms; `--short`, as in CI, judges the ratios to the references only.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from benchmarks.ground import database
from benchmarks.send import sink

FREEZE_SECONDS: Final = 20.0
WORKER_MIB: Final = 250.0
PAGE_MS: Final = 100.0
FREEZE_RATIO: Final = 15.0
"""So many times the bare insertion may the freeze take."""
GROWTH: Final = 1.15
PAGE_RATIO: Final = 6.0
SHORT: Final = 20_000
SMALL: Final = 10
PROVIDERS: Final = ("gmail.com", "seznam.cz", "outlook.com", "yahoo.com", "inbox.example")


@dataclass
class Watched:
    """A worker process and its resident memory over the campaign: (share of the messages done, MiB)."""

    process: "subprocess.Popen[bytes]"
    samples: list[tuple[float, float]] = field(default_factory=list)

    def look(self, share: float) -> None:
        """Take a sample, while it lives."""
        try:
            text = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return
        found = [line.split()[1] for line in text.splitlines() if line.startswith("VmRSS")]
        if found:
            self.samples.append((share, int(found[0]) / 1024))

    def peak(self, since: float = 0.0, until: float = 1.0) -> float:
        """Return the most it held while the campaign stood between two shares."""
        return max((mib for share, mib in self.samples if since <= share <= until), default=0.0)

    def growth(self) -> float:
        """Return its peak in the last half, of that in the second fifth."""
        early = self.peak(0.2, 0.4)
        return self.peak(0.5) / early if early else 1.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2, help="Engine processes.")
    parser.add_argument("--short", action="store_true", help=f"{SHORT} recipients, ratios only: what CI runs.")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mandata-bench-"))
    with sink("-c") as (port, _process):
        os.environ.update(MANDATA_SMTP_URL=f"smtp://127.0.0.1:{port}", MANDATA_SMTP_CONNECTIONS="10")
        server = database(folder)
        try:
            recipients = SHORT if chosen.short else chosen.recipients
            return 0 if measure(recipients, chosen.workers, folder, short=chosen.short) else 1
        finally:
            from django.db import connections

            connections.close_all()
            server.destroy()
            shutil.rmtree(folder, ignore_errors=True)


def measure(recipients: int, workers: int, folder: Path, *, short: bool) -> bool:
    """Measure everything on one campaign; print its lines; say whether all limits hold."""
    from tests.console.office import office

    desk = office("Bakery of a million")
    desk.shop.people(recipients, address)
    small = _small(desk)
    campaign, frozen = freeze(desk.shop, recipients, short=short)
    sent = send(desk.shop, campaign, recipients, workers, pages=_pages(desk, campaign), short=short)
    events = 3 * recipients
    _happened(desk.shop, campaign, recipients, events, folder)
    _happened(desk.shop, small, SMALL, 3 * SMALL, folder)
    told = {"recipients": recipients, "events": events, "limit_ms": PAGE_MS}
    report = page(desk, f"/campaigns/{campaign}/report/", f"/campaigns/{small}/report/", "report", told, short=short)
    listed = page(
        desk, f"/campaigns/{campaign}/recipients/", f"/campaigns/{small}/recipients/", "recipients", told, short=short
    )
    live = page(desk, f"/campaigns/{campaign}/send/", f"/campaigns/{small}/send/", "send", told, short=short)
    return all((frozen, sent, report, listed, live))


def address(number: int) -> str:
    """Return the address of a recipient."""
    return f"reader{number}@{PROVIDERS[number % len(PROVIDERS)]}"


def _small(desk: Any) -> UUID:
    """A campaign to ten people, as the reference of pages: sent in full, by hand."""
    from mandata.audience import services as audience
    from mandata.delivery.services import tending
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    whole = desk.shop.list_id
    with scope(desk.shop.id):
        desk.shop.list_id = audience.create_list(name="Ten", actor=desk.shop.actor, at=now())
    desk.shop.people(SMALL, "few{}@inbox.example".format)
    campaign: UUID = desk.shop.launched()
    with scope(desk.shop.id):
        tending.move(campaign_id=campaign, before=("queued",), after="sent", at=now())
    tending.tend_campaign(controller_id=desk.shop.id, campaign_id=campaign, at=now())
    desk.shop.list_id = whole
    return campaign


def freeze(shop: Any, recipients: int, *, short: bool) -> tuple[UUID, bool]:
    """Launch a campaign to everybody and freeze its audience; return it, and whether that was quick enough."""
    from mandata.delivery import services
    from mandata.delivery.services import tending
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    campaign: UUID = shop.draft()
    began = time.perf_counter()
    with scope(shop.id):
        services.launch(campaign_id=campaign, actor=shop.actor, at=now())
    launched = time.perf_counter() - began
    began = time.perf_counter()
    tending.tend_campaign(controller_id=shop.id, campaign_id=campaign, at=now())
    seconds = time.perf_counter() - began
    bare = _bare_insert(shop.id, campaign)
    holds = seconds <= bare * FREEZE_RATIO if short else seconds < FREEZE_SECONDS
    _tell(
        bench="large.freeze", recipients=recipients, seconds=round(seconds, 2), launch_seconds=round(launched, 2),
        reference="the same rows inserted bare", reference_seconds=round(bare, 2), ratio=round(seconds / bare, 2),
        limit_seconds=FREEZE_SECONDS, holds=holds,
    )  # fmt: skip
    return campaign, holds


def _bare_insert(controller_id: UUID, campaign: UUID) -> float:
    from mandata.infra import bulk
    from mandata.infra.tenancy import scope

    with scope(controller_id):
        bulk.execute("create temporary table bare (like delivery_message including all) on commit drop", [])
        began = time.perf_counter()
        bulk.execute("insert into bare select * from delivery_message where campaign_id = %b", [campaign])
        return time.perf_counter() - began


def send(
    shop: Any, campaign: UUID, recipients: int, workers: int, *, pages: Callable[[], dict[str, float]], short: bool
) -> bool:
    """Have engine processes send it all, watching their memory; say whether it stays flat and small."""
    from mandata.delivery import selectors
    from mandata.infra.tenancy import scope

    command = [sys.executable, "-m", "mandata.delivery.engine"]
    engines = [Watched(subprocess.Popen(command)) for _ in range(workers)]
    began, done, asked = time.perf_counter(), 0, dict[str, float]()
    try:
        while done < recipients and any(engine.process.poll() is None for engine in engines):
            time.sleep(0.5)
            with scope(shop.id):
                done = selectors.progress(campaign).done
            for engine in engines:
                engine.look(done / recipients)
            if not asked and done > recipients / 2:
                asked = pages()
    finally:
        for engine in engines:
            engine.process.terminate()
        for engine in engines:
            engine.process.wait()
    seconds = time.perf_counter() - began
    with scope(shop.id):
        states = selectors.totals(campaign)
    peak, growth = max(engine.peak() for engine in engines), max(engine.growth() for engine in engines)
    # A short campaign is over before a worker has settled; what it holds by then says nothing about growth.
    holds = states == {"sent": recipients} and peak < WORKER_MIB and (short or growth <= GROWTH)
    _tell(
        bench="large.memory", recipients=recipients, workers=workers, seconds=round(seconds),
        messages_per_second=round(recipients / seconds), peak_mib_per_worker=round(peak, 1),
        after_a_fifth_mib=round(max(engine.peak(0.2, 0.4) for engine in engines), 1), growth=round(growth, 3),
        limit_mib=WORKER_MIB, limit_growth=GROWTH, states=states,
        **{f"{name}_page_ms_meanwhile": value for name, value in asked.items()}, holds=holds,
    )  # fmt: skip
    return holds


def _pages(desk: Any, campaign: UUID) -> Callable[[], dict[str, float]]:
    """Return what asks for the live page's two parts while the campaign is sent."""
    parts = {"quick": f"/campaigns/{campaign}/progress/?state=sending", "slow": f"/campaigns/{campaign}/slow/"}
    browser = _browser(desk)
    return lambda: {name: round(_median_ms(browser, path, times=10), 1) for name, path in parts.items()}


def page(desk: Any, path: str, reference: str, name: str, told: dict[str, Any], *, short: bool) -> bool:
    """Ask for a page of the large campaign and of the small one; say whether the large one is quick enough."""
    browser = _browser(desk)
    found, small = _median_ms(browser, path), _median_ms(browser, reference)
    holds = found <= PAGE_RATIO * small if short else found < PAGE_MS
    _tell(
        bench=f"large.{name}_page", **told, page_ms=round(found, 1), reference="the same page of ten messages",
        reference_ms=round(small, 1), ratio=round(found / small, 2), holds=holds,
    )  # fmt: skip
    return holds


def _browser(desk: Any) -> Any:
    client = desk.browser()
    client.defaults["SERVER_NAME"] = "127.0.0.1"  # a host that the settings allow
    return client


def _median_ms(browser: Any, path: str, times: int = 20) -> float:
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        answer = browser.get(path)
        _ = answer.content
        spent.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answers {answer.status_code}")
    return statistics.median(spent)


def _happened(shop: Any, campaign: UUID, recipients: int, events: int, folder: Path) -> None:
    """Spool opens and clicks of everybody, as the door does, and have them taken in."""
    from mandata.campaigns import selectors as campaigns
    from mandata.foundation.tokens import LINK_OPEN
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope
    from mandata.tracking import rules, spool
    from mandata.tracking.services import take_events

    with scope(shop.id):
        number = campaigns.find(campaign).row.number
    chance, writer, at = random.Random(5), spool.Writer(folder / "events", spool.EVENTS), now()
    start = int(at.timestamp() * 1000) + 60_000
    agents = (rules.Agent.CHROME, rules.Agent.APPLE_MAIL, rules.Agent.GMAIL_PROXY)
    for place in range(events):
        link = LINK_OPEN if place % 3 else 0
        network = bytes((198, chance.randrange(256), chance.randrange(256)))
        moment = start + place * 200_000_000 // events
        message = chance.randrange(1, recipients + 1)
        writer.append(
            spool.SpoolRecord(number, message, link, moment, rules.Method.GET, chance.choice(agents), network)
        )
    writer.close()
    began = time.perf_counter()
    taken = take_events(at=at + timedelta(days=30), folder=folder / "events")
    if events > SMALL * 3:
        _tell(bench="large.events", events=taken, per_second=round(taken / (time.perf_counter() - began)))


def _tell(**line: Any) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main())
