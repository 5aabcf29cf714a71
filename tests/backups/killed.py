"""Dies by kill -9 at a step of a backup: `put-N-before`, `put-N-after`, `delete-N-before` or `delete-N-after`.

It is the N-th such call of the folder's store.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

from mandata.infra.stores import FolderStore


def at(step: str) -> None:
    """Let this process die at a step."""
    verb, number, when = step.split("-")
    setattr(FolderStore, verb, _dying(getattr(FolderStore, verb), int(number), when))


def _dying(work: Callable[..., Any], number: int, when: str) -> Callable[..., Any]:
    calls = 0

    def step(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = work(*arguments)
        if calls == number and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    return step
