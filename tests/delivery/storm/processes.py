"""Processes that die at random: a host is a whole `mandata worker` with a folder of its own, and the engines under it.

Whoever is no child of ours is killed through a pidfd, so that a number that has gone to somebody else is never hit.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from mandata.infra.environment import env
from tests.ports import free_port


def kill(pid: int, *, session: int = 0, how: signal.Signals = signal.SIGKILL) -> bool:
    """Signal a process, if it still is the one that was meant: alive, and of the session where one is named."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if session and _session(pid) != session:
            return False
        signal.pidfd_send_signal(handle, how)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)


def _session(pid: int) -> int:
    """The session of a process that is alive; 0 for others."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[3])


class Host:
    """One host: its folder (journals, outside log) and its worker process. Its last words are in `log`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.started = 0
        self._settings = settings
        self._sessions: set[int] = set()
        folder.mkdir(parents=True, exist_ok=True)
        self.process = self._begun()

    def _begun(self) -> "subprocess.Popen[bytes]":
        environment = os.environ | {
            "MANDATA_VAR": str(self.folder),
            "MANDATA_KEYS": str(env().keys_folder),
            "MANDATA_RETURNS_LISTEN": f"127.0.0.1:{free_port()}",
            "MANDATA_SENDERS": "1",
            "PYTHONPATH": "src",
        }
        command = [sys.executable, "-m", "mandata.cli", "worker", "--concurrency", "1"]
        self.started += 1
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, env=environment | self._settings, stdout=log, stderr=log, start_new_session=True
            )
        self._sessions.add(process.pid)
        return process

    def begin(self) -> None:
        """Start the worker again, as a supervisor would."""
        assert self.process.poll() is not None
        self.process = self._begun()

    def engines(self) -> list[tuple[int, int]]:
        """Return (pid, session) of the engines under this worker, and of those that outlived one before."""
        return [(pid, session) for pid, session in _processes() if session in self._sessions and _is_engine(pid)]

    def kill(self) -> int:
        """kill -9 of the worker and of everything under it, at once; return how many engines died."""
        engines = self.engines()
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        died = sum(kill(pid, session=session) or session == self.process.pid for pid, session in engines)
        self.process.wait()
        return died

    def kill_worker(self) -> None:
        """kill -9 of the worker alone; its engines notice, finish what is in flight and leave."""
        self.process.kill()
        self.process.wait()

    def journals(self) -> list[Path]:
        """The journals that lie there."""
        folder = self.folder / "journals"
        return sorted(folder.iterdir()) if folder.is_dir() else []


def _processes() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            pid = int(entry.name)
            if session := _session(pid):
                yield pid, session


def _is_engine(pid: int) -> bool:
    try:
        return b"mandata.delivery.engine" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
