"""`python -m mandata.delivery.engine`: one sending process, until nothing is due or SIGTERM."""

import ctypes
import gc
import os
import signal
import sys


def main() -> int:
    """Send what is due; exit code 0."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mandata.project.settings")
    sys.setswitchinterval(0.0005)  # the loop that sends must get the interpreter back soon after each system call
    _die_with_parent()
    import django

    django.setup()
    from mandata.delivery.engine.pool import worker
    from mandata.infra import restoring
    from mandata.infra.environment import env

    restoring.require_open(env().var, env().database_url)
    engine = worker()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: engine.stop())
    gc.freeze()  # what the program itself consists of stays: no collection need look through it between two letters
    engine.run()
    return 0


def _die_with_parent() -> None:
    """Ask Linux for SIGTERM when the thread that started us ends, so that no engine outlives its supervisor."""
    if "MANDATA_ENGINE_ALONE" not in os.environ:
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
