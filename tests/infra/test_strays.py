"""The guard against processes that tests leave behind."""

import os
import subprocess
import sys
import time

import pytest

from tests import strays
from tests.strays import Keeper, _children, _process

_PARENT = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True); sys.stdin.read()"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strays, "_PATIENCE", 0.0)


@pytest.fixture
def keeper() -> Keeper:
    """One that knows what ran before."""
    found = Keeper()
    found._shared |= _children(os.getpid())
    return found


def test_what_a_test_leaves_is_ended_and_its_own_children_with_it(keeper: Keeper) -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as left:
        assert left.stdout is not None
        grandchild = int(left.stdout.readline())
        [command] = keeper.end()
        assert "sleep" in command and left.wait() < 0
        assert _process(grandchild) is None
    assert keeper.end() == []


def test_what_is_shared_stays(keeper: Keeper) -> None:
    with keeper.shared():
        server = subprocess.Popen(["sleep", "600"])
    try:
        assert keeper.end() == [] and server.poll() is None
    finally:
        server.kill()
        server.wait()


def test_who_was_told_to_end_has_its_time(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strays, "_PATIENCE", 60.0)
    with subprocess.Popen(["sleep", "600"]) as ending:
        ending.kill()
        assert keeper.end() == []


def test_a_dead_process_is_none_though_nobody_asked_how_it_ended(keeper: Keeper) -> None:
    with subprocess.Popen(["true"]) as over:
        deadline = time.monotonic() + 60
        while _process(over.pid) is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert _process(over.pid) is None
