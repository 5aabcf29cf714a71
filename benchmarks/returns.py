"""How long an archive of everything of a controller takes to be made, and how much memory.

    python -m benchmarks.returns [--people 1000000] [--short]

Prints JSON lines: an archive of a tenth of the people, then of all of them, made and encrypted as it is made for a
controller, into nothing. Exit code 1 where the memory grows with the people: the peak for all of them is to be at most
`GROWTH` times that for a tenth. Memory is the process's own (resident, peak), each archive in a process of its own.
"""

import argparse
import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage

from benchmarks.ground import database

PEOPLE, SHORT, GROWTH = 1_000_000, 10_000, 1.25


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--short", action="store_true", help="10,000 people.")
    chosen = parser.parse_args()
    people = SHORT if chosen.short else chosen.people
    folder = Path(tempfile.mkdtemp(prefix="mandata-bench-"))
    server = database(folder)
    try:
        return 0 if _hold(people) else 1
    finally:
        from django.db import connections

        connections.close_all()
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _hold(people: int) -> bool:
    from django.db import connections

    from tests.delivery.mailing import shop

    made, peaks = shop(), list[float]()
    for count, before in ((people // 10, 0), (people, people // 10)):
        made.people(count - before, address=f"reader{before}x{{}}@inbox.example".format)
        connections.close_all()
        with multiprocessing.get_context("fork").Pool(1) as alone:
            told = alone.apply(_archive, (made.id,))
        peaks.append(told["peak_mib"])
        print(json.dumps({"bench": "returns.archive", "people": count, **told}), flush=True)
    return peaks[1] <= GROWTH * peaks[0]


def _archive(controller: UUID) -> dict[str, Any]:
    from mandata.infra import age
    from mandata.infra.clock import now
    from mandata.retention.services import archive

    recipients = age.recipients(str(pyrage.x25519.Identity.generate().to_public()))
    began, worked = time.monotonic(), time.process_time()
    size = sum(map(len, age.encrypt(archive.pieces(controller, at=now()), recipients)))
    return {
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(time.process_time() - worked, 1),
        "bytes": size,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
