"""Loaded by pytest (`-p tests.strays`): processes that a test leaves behind are found after it, ended, and its failure.

A process that lives on spoils others' tests: a worker takes their jobs, an engine their mail. What a fixture of a wider
scope started stays for those that share it, also when a test asked for that fixture only in its middle.
"""

import os
import signal
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import pytest

_PATIENCE = 30.0  # seconds that somebody who was told to end has, on a loaded machine
_HELPERS: Final = ("multiprocessing.resource_tracker", "delivery/rendering/isolate.py", "data/postmaster.pid")
"""Belong to the process itself and end with it: Python's beside every one that uses `multiprocessing`, our workshop for
messages, and the shell that takes a throw-away server down with whoever started it."""


class Process(NamedTuple):
    """A process: its number and, because numbers are given again, the tick at which it began."""

    pid: int
    began: int

    @property
    def command(self) -> str:
        try:
            return Path(f"/proc/{self.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""


def _process(pid: int) -> Process | None:
    """Return the process with a number; None once it is dead, whether or not its parent has asked how it ended."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else Process(pid, int(fields[18]))


def _children(pid: int) -> set[Process]:
    """Return the live children of a process, whichever of its threads started them."""
    numbers: list[int] = []
    for told in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            numbers += map(int, told.read_text().split())
        except OSError:
            continue  # the thread or the process has ended meanwhile
    return {found for number in numbers if (found := _process(number))}


def _family(process: Process) -> set[Process]:
    """Return a process and all that descend from it."""
    found = {process}
    for child in _children(process.pid):
        found |= _family(child)
    return found


class Keeper:
    """Knows which children of this process may live on from one test to the next."""

    def __init__(self) -> None:
        self._shared: set[Process] = set()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """What begins in the block belongs to more than one test."""
        before = _children(os.getpid())
        try:
            yield
        finally:
            self._shared |= _children(os.getpid()) - before

    def end(self) -> list[str]:
        """End the children that nobody shares, and theirs; return their commands. Who was told to end has its time."""
        deadline = time.monotonic() + _PATIENCE
        while (strays := _children(os.getpid()) - self._shared) and time.monotonic() < deadline:
            for one in strays:
                if any(name in one.command for name in _HELPERS):
                    self._shared.add(one)
            time.sleep(0.01)
        commands = [one.command for one in strays]
        for one in {one for stray in strays for one in _family(stray)}:
            _end(one)
        return commands


def _end(process: Process) -> None:
    """Kill a process and wait for its death, not longer than a loaded machine needs."""
    deadline = time.monotonic() + 30
    while _process(process.pid) == process and time.monotonic() < deadline:
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        time.sleep(0.01)


_keeper: Final = Keeper()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    """What a fixture of several tests starts outlives the test that asked first."""
    if fixturedef.scope == "function":
        return (yield)
    with _keeper.shared():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """A test that leaves a process behind fails itself, and nobody else by it."""
    try:
        yield
    finally:
        left = _keeper.end()
    if left:
        pytest.fail(f"{item.nodeid} left running, now killed: {'; '.join(left)}", pytrace=False)
