"""How the door is served: the one command line for granian, with its bounds. The supervisor and the tests use it."""

import sys
from typing import Final

# A token is 43 characters; nobody has a reason to send more than this in the head of a request.
HEAD_BYTES: Final = 16 * 1024
HEAD_MILLISECONDS: Final = 10_000
# Requests in work at once; more wait in the kernel's queue.
IN_WORK: Final = 256
# More than one, so that a request that waits for the disk or for a link table holds up no other.
THREADS: Final = 4

APPLICATION: Final = "mandata.public.door:application"


def door_command(host: str, port: int, *, workers: int = 1, application: str = APPLICATION) -> list[str]:
    """The command that serves the door on an address. Settings come from the environment, DATABASE_URL among them."""
    options = {
        "interface": "wsgi",
        "host": host,
        "port": port,
        "workers": workers,
        "blocking-threads": THREADS,
        "backpressure": IN_WORK,
        "http": "1",
        "http1-buffer-size": HEAD_BYTES,
        "http1-header-read-timeout": HEAD_MILLISECONDS,
        "log-level": "warning",
    }
    parts = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    return [sys.executable, "-m", "granian", *parts, "--no-ws", "--respawn-failed-workers", application]
