"""A worker with one more job than usual: it takes its time, and leaves marks in a folder.

    python -m tests.cli.jobs work | queue FOLDER SECONDS

`work` runs a worker, `queue` queues the job; its folder gets a file `begun-<attempt>`, later `done-<attempt>`.
"""

import os
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mandata.project.settings")
django.setup()

from mandata.cli.worker import Worker  # noqa: E402
from mandata.infra.jobs import app  # noqa: E402


@app.task(name="tests.slow")
def slow(folder: str, seconds: float) -> None:
    attempt = len(list(Path(folder).glob("begun-*")))
    (Path(folder) / f"begun-{attempt}").touch()
    time.sleep(0 if attempt else seconds)
    (Path(folder) / f"done-{attempt}").touch()


if __name__ == "__main__":
    if sys.argv[1] == "work":
        Worker(concurrency=1).run()
    else:
        slow.defer(folder=sys.argv[2], seconds=float(sys.argv[3]))
