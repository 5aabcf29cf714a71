"""Is the server alive? Asked of the kernel, not of a pid file.

A postmaster killed with -9 leaves `postmaster.pid` and a socket lock behind, and for as long as nobody reaps it a
zombie with the old number: `kill(pid, 0)` then says "alive", and PostgreSQL refuses to start. The same happens for ever
when the number has gone to a stranger of the same user, as after a container's restart. So the truth is: a live process
of that number whose working folder is the data folder. Where the file lies, its number is replaced by one that no
process can have. The file itself stays: its shared memory key is how PostgreSQL finds orphaned sessions of the old one.
"""

import contextlib
import os
import re
import signal
from pathlib import Path

_STATUS_LINE = 7  # lines of postmaster.pid: pid, data, start, port, socket folder, address, shared memory, status


def postmaster(data: Path) -> int | None:
    """Return the pid of the live postmaster of `data`, or None."""
    pid = _first_number(data / "postmaster.pid")
    return pid if pid is not None and _works_in(pid, data) else None


def ready(data: Path) -> bool:
    """Tell whether the server of `data` lives and takes connections."""
    if postmaster(data) is None:
        return False
    lines = _lines(data / "postmaster.pid")
    return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"


def port_of(data: Path) -> int | None:
    """Return the port on which the live server of `data` listens."""
    lines = _lines(data / "postmaster.pid")
    return int(lines[3]) if postmaster(data) is not None and len(lines) > 3 and lines[3].strip().isdigit() else None


def wake(data: Path) -> None:
    """Have the server's processes look at their settings anew.

    The checkpointer begins while the server still recovers, reckons without archive_timeout then, and sleeps through
    checkpoint_timeout: without a call, the log that a server writes in its first five minutes is not archived by time.
    """
    pid = postmaster(data)
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGHUP)


def disarm(data: Path, sockets: Path) -> None:
    """Make the lock files of a dead server harmless. Call it under the launcher's own lock only."""
    for file in (data / "postmaster.pid", *sockets.glob(".s.PGSQL.*.lock")):
        pid = _first_number(file)
        if pid is not None and not _works_in(pid, data):
            _replace_number(file, pid)


def _works_in(pid: int, data: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == data.resolve()
    except OSError:  # gone, a zombie (which has no working folder), or somebody else's
        return False


def _replace_number(file: Path, pid: int) -> None:
    impossible = int(Path("/proc/sys/kernel/pid_max").read_text())
    # No link is followed: root writes here into a folder of the server's account.
    handle = os.open(file, os.O_RDWR | os.O_NOFOLLOW)
    try:
        text = os.read(handle, 8192)
        os.lseek(handle, 0, os.SEEK_SET)
        os.ftruncate(handle, 0)
        os.write(handle, re.sub(rb"\A\s*%d" % pid, b"%d" % impossible, text))
    finally:
        os.close(handle)


def _first_number(file: Path) -> int | None:
    lines = _lines(file)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []
