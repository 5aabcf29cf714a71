"""A change of sub-processors told to many controllers: how fast, how much memory, and each exactly once.

    python -m benchmarks.subprocessors [--controllers 10000] [--short]

A worker process is killed once in the middle; another goes on. JSON on one line. Exit code 1 where somebody was told
twice or not at all, or the memory of the second worker grew by more than 24 MiB from its first half to its second.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.ground import database

MOST_GROWTH = 24.0
WORK = "from mandata.cli.main import app; app(['worker', '--concurrency', '2'])"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--controllers", type=int, default=10_000)
    parser.add_argument("--short", action="store_true", help="300 controllers: what CI runs.")
    given = parser.parse_args()
    count = 300 if given.short else given.controllers
    with tempfile.TemporaryDirectory(prefix="mandata-bench-") as folder:
        server = database(Path(folder))
        os.environ["BENCH_SUPERUSER"] = server.urls().superuser
        try:
            figures = _run(count)
        finally:
            server.destroy()
    print(json.dumps(figures))
    return int(not figures["holds"])


def _run(count: int) -> dict[str, Any]:
    began = time.monotonic()
    _controllers(count)
    made = time.monotonic() - began
    change = _announce()
    began = time.monotonic()
    first = _worker()
    while _told(change) < count // 3:
        time.sleep(0.2)
    first.send_signal(signal.SIGKILL)
    first.wait()
    peaks = _watched(change, count)
    seconds = time.monotonic() - began
    twice, none = _wrong(change)
    growth = round(max(peaks[1]) - max(peaks[0]), 1) if all(peaks) else 0.0
    return {
        "bench": "subprocessors",
        "controllers": count,
        "made_in": round(made, 1),
        "seconds": round(seconds, 1),
        "told_per_second": round(count / seconds, 1),
        "peak_mib": round(max((*peaks[0], *peaks[1], 0.0)), 1),
        "growth_mib": growth,
        "told_twice": twice,
        "left_out": none,
        "holds": not twice and not none and growth < MOST_GROWTH,
    }


def _worker() -> "subprocess.Popen[bytes]":
    settings = {**os.environ, "MANDATA_NOTICE_SMTP_URL": "smtp://127.0.0.1:1"}  # nobody takes the mails: not measured
    return subprocess.Popen([sys.executable, "-c", WORK], env=settings, stderr=subprocess.DEVNULL)


def _watched(change: Any, count: int) -> tuple[list[float], list[float]]:
    """Let a second worker finish; its resident memory while the first and the second half was done, in MiB."""
    from tests.world.processes import resident

    begun = _told(change)
    peaks: tuple[list[float], list[float]] = ([], [])
    worker = _worker()
    try:
        while (done := _told(change)) < count:
            share = (done - begun) / (count - begun)
            if share > 0.1:
                peaks[share > 0.5].append(resident(worker.pid))
            if worker.poll() is not None:
                break
            time.sleep(0.2)
    finally:
        worker.terminate()
        worker.wait(60)
    return peaks


def _controllers(count: int) -> None:
    """Controllers under the installation's agreement, accepted a year ago; the acceptance is copied from a first."""
    from mandata.accounts.models import Controller, Directory
    from mandata.agreements.models import Agreement
    from mandata.infra.clock import new_id, now
    from mandata.infra.tenancy import scope
    from mandata.vault import services as vault
    from tests.world import World
    from tests.world.people import accept

    at = now() - timedelta(days=365)
    model = World().controller()
    with scope(model.id):
        accept(model.member, at=at)
        kept = Agreement.objects.values().get()
    for number in range(count - 1):
        one = new_id()
        Directory.objects.create(controller_id=one, created_at=at)
        with scope(one):
            contact = f"office@shop{number}.example"
            Controller.objects.create(controller_id=one, name=f"Shop {number}", contact=contact, created_at=at)
            vault.begin(at=at)
            Agreement.objects.create(**{**kept, "id": new_id(), "controller_id": one})


def _announce() -> Any:
    from mandata.infra.clock import now
    from tests.subprocessors.cast import announced, carrier

    carrier()
    return announced(planned=now() + timedelta(days=60))


def _told(change: Any) -> int:
    return sum(_counts(change).values())


def _counts(change: Any) -> dict[str, int]:
    """Notices by controller, read past the walls as the owner's superuser would: the database's own jobs tell it."""
    import psycopg

    superuser = os.environ["BENCH_SUPERUSER"]
    with psycopg.connect(superuser) as connection:
        rows = connection.execute(
            "select controller_id, count(*) from agreements_served where about = %s group by 1", [change]
        )
        return {str(controller): int(number) for controller, number in rows}


def _wrong(change: Any) -> tuple[int, int]:
    from mandata.accounts import selectors as accounts

    counts = _counts(change)
    return sum(number > 1 for number in counts.values()), sum(str(one) not in counts for one in accounts.ids())


if __name__ == "__main__":
    sys.exit(main())
