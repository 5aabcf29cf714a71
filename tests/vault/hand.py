"""What the tests of turning start and kill: a process of its own on the test's database and keys.

    python -m tests.vault.hand turn CONTROLLER [STEP [NTH]]    turn, and die by SIGKILL at the nth time of a step
    python -m tests.vault.hand turns CONTROLLER COUNT          turn so often, each in a child, every other one killed
    python -m tests.vault.hand write CONTROLLER FILE           make keys until killed; what was committed to FILE

Chunks are small, so that there are many between which to die.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mandata.project.settings")
django.setup()

from mandata.infra.clock import new_ids, now  # noqa: E402
from mandata.infra.tenancy import scope  # noqa: E402
from mandata.vault import turning  # noqa: E402
from mandata.vault.services import Vault  # noqa: E402


def turn(controller: UUID, told: Callable[[turning.Progress], None]) -> int:
    """Turn once; return the epoch that began."""
    turning.CHUNK = 40  # type: ignore[misc]
    return turning.turn(controller, at=now(), told=told).epoch


def turns(controller: UUID, count: int) -> None:
    """Turn again and again, in children of this process; print how each of them ended."""
    for number in range(count):
        child = os.fork()  # nothing is connected yet
        if child == 0:
            try:
                turn(controller, dying("wrapped" if number % 2 else "", 1 + number))
                os._exit(0)
            finally:
                os._exit(1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def dying(step: str, nth: int) -> Callable[[turning.Progress], None]:
    """Return what kills this process once a step has been told of for the nth time."""
    seen = 0

    def told(progress: turning.Progress) -> None:
        nonlocal seen
        seen += progress.step == step
        if step and seen == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    return told


def write(controller: UUID, acknowledged: Path) -> None:
    """Make keys with one long-lived vault, wrapping in one transaction and keeping in the next, until killed."""
    with scope(controller):
        vault = Vault.open()
    with acknowledged.open("a") as file:
        while True:
            holders = new_ids(7)
            keys, wrapped = vault.make(holders)
            with scope(controller):
                vault.keep(wrapped)
            file.writelines(f"{holder} {keys[holder].hex()}\n" for holder in holders)
            file.flush()
            time.sleep(0.1)  # or there would be more of them than a turner on a busy machine gets through


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["turn", one]:
            print(turn(UUID(one), dying("", 0)))
        case ["turn", one, step, nth]:
            turn(UUID(one), dying(step, int(nth)))
        case ["turns", one, count]:
            turns(UUID(one), int(count))
        case ["write", one, place]:
            write(UUID(one), Path(place))
