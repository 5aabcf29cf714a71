"""`mandata` with a death: `python -m tests.backups.dying STEP ARGUMENTS...` dies by kill -9 as a restore's step begins.

`opening` is the moment behind the report, before everything is opened.
"""

import os
import signal
import sys
from typing import Any

from mandata.backups import restoring
from mandata.cli import main, restore


def _dying(step: str) -> None:
    said = restore._say

    def say(now: str) -> None:
        if now == step:
            os.kill(os.getpid(), signal.SIGKILL)
        said(now)

    def finish(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(restore, "_say", say)  # noqa: B010
    if step == "opening":
        setattr(restoring, "finish", finish)  # noqa: B010


if __name__ == "__main__":
    _dying(sys.argv[1])
    main.app(sys.argv[2:])
