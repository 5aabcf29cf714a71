"""`python -m tests.soak.sink PORT FILE`: a receiver that only counts, and survives kill -9.

The number of each recipient (readerN@...) goes to the file, four bytes, before the letter is answered with 250; what
`write` took outlives the process. So whatever was acknowledged is in the file, once for each time.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from array import array
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from mandata.delivery.catcher import smtp
from mandata.delivery.catcher.script import Line
from mandata.infra.clock import now
from tests.delivery.conftest import free_port, wait_for_port

_WIDTH = 4


class Sink:
    """The process, which can be killed and begins again on the same port and file."""

    def __init__(self, file: Path) -> None:
        self.port = free_port()
        self.file = file
        self._process = self._started()

    def _started(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.soak.sink", str(self.port), str(self.file)]
        process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": f"src{os.pathsep}."})
        wait_for_port(self.port, 60)
        return process

    def kill(self) -> None:
        """kill -9, a moment of nobody listening, and again."""
        self.stop(signal.SIGKILL)
        time.sleep(0.1)
        self._process = self._started()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it."""
        self._process.send_signal(how)
        self._process.wait()

    def total(self) -> int:
        """Return how many letters were taken."""
        return self.file.stat().st_size // _WIDTH if self.file.exists() else 0

    def counts(self, people: int) -> bytearray:
        """Return how many letters each of so many people got; 255 stands for more."""
        found = bytearray(people)
        numbers = array("I", self.file.read_bytes())
        for number in numbers:
            found[number] = min(255, found[number] + 1)
        return found


def keeper(file: int) -> Callable[[str, str, bytes, Line | None, datetime], None]:
    """Return what is done with a letter."""

    def keep(_sender: str, recipient: str, _content: bytes, _line: Line | None, _at: datetime) -> None:
        number = int(recipient.partition("@")[0].removeprefix("reader"))
        os.write(file, number.to_bytes(_WIDTH, sys.byteorder))

    return keep


async def _serve(port: int, file: int) -> None:
    server = await smtp.serve("127.0.0.1", port, name="sink.test", script=lambda: (), keep=keeper(file), clock=now)
    await server.serve_forever()


if __name__ == "__main__":
    assert array("I").itemsize == _WIDTH
    asyncio.run(_serve(int(sys.argv[1]), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)))
