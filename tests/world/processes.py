"""Processes of our own beside a test: started, killed, watched."""

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from types import TracebackType
from typing import Any


def python(script: str, *arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
    """Start Python on a script that sees what the test sees: its settings, its database, its modules."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part), **environment},
        stdout=subprocess.PIPE,
    )


def end(process: "subprocess.Popen[Any]") -> None:
    """Ask a process to end, so that it ends its own children; kill one that does not, and wait until it is dead."""
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def resident(pid: int) -> float:
    """Return the resident memory of a process in MiB; 0.0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


class Watched:
    """Samples a process's resident memory while the block lasts; set `share` to how much of its work is done, 0 to 1.

    The first tenth is warming up: modules, plans, buffers.
    """

    def __init__(self, pid: int, every: float = 0.05) -> None:
        self.share = 0.0
        self.samples: list[tuple[float, float]] = []
        self._pid = pid
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Watched":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._every):
            if found := resident(self._pid):
                self.samples.append((self.share, found))

    def peak(self, start: float = 0.0, end: float = 1.0) -> float:
        """Return the most, in MiB, while the share done was in a range; 0.0 without a sample there."""
        return max((size for share, size in self.samples if start <= share <= end), default=0.0)

    def growth(self) -> float:
        """Return by how many MiB the peak of the second half lies above that of the first, without the warming up."""
        return self.peak(0.5, 1.0) - self.peak(0.1, 0.5)
