"""How fast the spool is taken in, and how quick the report is afterwards, on a database of its own.

    python -m benchmarks.ingestion [--events 300000] [--short]

Prints JSON lines. A third of the events are clicks; each is classed, written, counted, and looked at for being a first.
The first fifth, a full batch at least, warms up; memory must not grow by more than 24 MiB after it. The reference is
psycopg's COPY of the same columns into a bare table without index or policy, in the same run. Exit code 1 where a limit
does not hold: every event counted once, 0.03 of the reference, and but for `--short` 50,000 events/s and the report
under 100 ms.
"""

import argparse
import json
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.import_csv import _database

SENT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LINKS, MESSAGES, RATIO, REPORT_MS = 12, 100_000, 0.03, 100.0
PER_SECOND, GROWTH_MIB = 50_000, 24.0
PROVIDERS = ("Gmail", "Seznam", "Outlook", "Yahoo", "iCloud")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--short", action="store_true", help="60,000 events.")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mandata-bench-"))
    server = _database(folder)
    try:
        return 0 if _measure(60_000 if chosen.short else chosen.events, folder, short=chosen.short) else 1
    finally:
        from django.db import connections

        connections.close_all()
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(events: int, folder: Path, *, short: bool) -> bool:
    from mandata.infra.tenancy import scope
    from mandata.tracking import selectors
    from mandata.tracking.services import take_events
    from mandata.tracking.services.events import LIMIT

    controller_id, campaign_id, number = _campaign()
    warm, backend = max(events // 5, min(LIMIT, events // 2)), _backend()
    _spool(folder / "spool", number, warm, 0)
    taken = take_events(at=SENT + timedelta(days=60), folder=folder / "spool")
    _spool(folder / "spool", number, events - warm, warm)
    memory, own, server = _memory(), time.process_time(), backend()
    began = time.perf_counter()
    taken += take_events(at=SENT + timedelta(days=60), folder=folder / "spool")
    seconds, measured = time.perf_counter() - began, events - warm
    own, server, growth = time.process_time() - own, backend() - server, _memory() - memory
    rate = measured / seconds
    bare = _reference(events)
    with scope(controller_id):
        began = time.perf_counter()
        found = selectors.report(campaign_id)
        report_ms = (time.perf_counter() - began) * 1000
    total = found.total
    counted = sum(figure.human + figure.machine for figure in (total.opens, total.clicks))
    told: dict[str, Any] = {"bench": "tracking.ingestion", "events": taken, "counted": counted}
    told |= {"per_second": round(rate), "copy_per_second": round(bare), "of_reference": round(rate / bare, 3)}
    told |= {"python_us": round(own / measured * 1e6, 1), "postgresql_us": round(server / measured * 1e6, 1)}
    print(json.dumps(told | {"growth_mib": round(growth, 1), "report_ms": round(report_ms, 1)}), flush=True)
    fast = short or (report_ms < REPORT_MS and rate >= PER_SECOND)
    return taken == counted == events and growth < GROWTH_MIB and rate / bare >= RATIO and fast


def _memory() -> float:
    """The resident memory of this process, in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def _backend() -> Callable[[], float]:
    """What tells the processor seconds of PostgreSQL's process behind our connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        path = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return lambda: int(path.read_text().split()[0]) / 1e9


def _campaign() -> tuple[UUID, UUID, int]:
    """A campaign of MESSAGES sent messages; its controller, id and number."""
    from mandata.campaigns.models import Campaign, Link, Number
    from mandata.infra import bulk
    from mandata.infra.clock import new_id, new_ids
    from mandata.infra.tenancy import scope
    from tests.world import World
    from tests.world.people import accept

    customer, campaign_id = World().controller(), new_id()
    controller_id = customer.id
    number: int = Number.objects.create(controller_id=controller_id, campaign_id=campaign_id).number
    times = {"created_at": SENT, "updated_at": SENT}
    with scope(controller_id):
        accept(customer.member, at=SENT)
        Campaign.objects.create(id=campaign_id, number=number, name="Spring", created_by=new_id(), **times)
        Link.objects.bulk_create(
            Link(campaign_id=campaign_id, number=link, url=f"https://shop.example/{link}") for link in range(LINKS)
        )
        columns = {"campaign_id": "uuid", "subscriber_id": "uuid", "number": "int8", "provider": "text"}
        rows = [
            (campaign_id, subscriber, place, PROVIDERS[place % 5], "sent", SENT)
            for place, subscriber in enumerate(new_ids(MESSAGES), start=1)
        ]
        bulk.insert("delivery_message", columns | {"state": "text", "sent_at": "timestamptz"}, rows)
        bulk.execute("select delivery_analyse(%b)", [campaign_id])  # as the freeze does
    return controller_id, campaign_id, number


def _spool(folder: Path, number: int, events: int, begin: int) -> None:
    from mandata.foundation.tokens import LINK_OPEN
    from mandata.tracking import rules, spool

    chance = random.Random(begin)
    writer = spool.Writer(folder, spool.EVENTS)
    start = int(SENT.timestamp() * 1000) + 60_000
    agents = (rules.Agent.CHROME, rules.Agent.APPLE_MAIL, rules.Agent.GMAIL_PROXY, rules.Agent.APPLE_PRIVACY)
    for place in range(begin, begin + events):
        link = LINK_OPEN if place % 3 else chance.randrange(LINKS)
        network = bytes((198, chance.randrange(256), chance.randrange(256)))
        message, at_ms = chance.randrange(1, MESSAGES + 1), start + place * 300
        agent = chance.choice(agents)
        writer.append(spool.SpoolRecord(number, message, link, at_ms, rules.Method.GET, agent, network))
    writer.close()


def _reference(events: int) -> float:
    """COPY of as many rows with the same columns into a bare table."""
    from django.db import connection, transaction

    from mandata.infra.clock import new_ids

    ids = new_ids(events)
    rows = [(one, SENT, "open", one, one, 1, "human", "chrome", "198.51.100.0/24", 0, "") for one in ids]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("create temporary table bare as select * from tracking_event limit 0")
        began = time.perf_counter()
        with cursor.copy("copy bare from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        return events / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
