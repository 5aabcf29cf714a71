"""A worker with more jobs than usual: they take their time, and leave marks in a folder.

    python -m tests.cli.jobs work [CONCURRENCY] | queue FOLDER SECONDS | nest FOLDER SECONDS

`work` runs a worker, `queue` queues the job; its folder gets a file `begun-<attempt>`, later `done-<attempt>`. `nest`
queues one that queues another in a transaction which then takes its time: `early` or `after` says when that one ran.
"""

import os
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mandata.project.settings")
django.setup()

from django.db import transaction  # noqa: E402

from mandata.cli.worker import Worker  # noqa: E402
from mandata.infra.jobs import app  # noqa: E402


@app.task(name="tests.slow")
def slow(folder: str, seconds: float) -> None:
    attempt = len(list(Path(folder).glob("begun-*")))
    (Path(folder) / f"begun-{attempt}").touch()
    time.sleep(0 if attempt else seconds)
    (Path(folder) / f"done-{attempt}").touch()


@app.task(name="tests.outer")
def outer(folder: str, seconds: float) -> None:
    with transaction.atomic():
        inner.defer(folder=folder)
        time.sleep(seconds)
        (Path(folder) / "ready").touch()


@app.task(name="tests.inner")
def inner(folder: str) -> None:
    (Path(folder) / ("after" if (Path(folder) / "ready").exists() else "early")).touch()


if __name__ == "__main__":
    if sys.argv[1] == "work":
        Worker(concurrency=int(sys.argv[2]) if len(sys.argv) > 2 else 1).run()
    elif sys.argv[1] == "nest":
        outer.defer(folder=sys.argv[2], seconds=float(sys.argv[3]))
    else:
        slow.defer(folder=sys.argv[2], seconds=float(sys.argv[3]))
