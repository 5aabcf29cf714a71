"""Real receivers for the tests of delivery."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.ports import free_port


def wait_for_port(port: int, seconds: float = 60.0, host: str = "127.0.0.1") -> None:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            socket.create_connection((host, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")


@pytest.fixture
def smtp_sink() -> Iterator[int]:
    """Postfix's sink on a free port."""
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    assert program, "Debian's postfix package provides smtp-sink"
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [program, *user, "-c", f"127.0.0.1:{port}", "1000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(port)
        yield port
    finally:
        process.kill()
        process.wait()
