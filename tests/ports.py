"""Ports for programs that must be told theirs before they open it.

A port that the kernel gave for port 0 may be another's by the time that the program opens it: the kernel gives the same
range to every connection that anybody makes. These are from below that range, and each is given once by a process, so
that only somebody who asks for the very number can be in the way.
"""

import os
import random
import socket
from collections.abc import Iterator
from typing import Final

_FIRST: Final = 20_000
_EACH: Final = 1_500
_PARTS: Final = 8
"""So many ports for each worker of pytest-xdist, below 32768, where Linux begins to give them
(net.ipv4.ip_local_port_range)."""


def _candidates() -> Iterator[int]:
    """Every port of the worker's part in turn, in an order of the process's own; who runs alone takes any part."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", f"gw{os.getpid()}").removeprefix("gw")
    begin = _FIRST + int(worker) % _PARTS * _EACH
    while True:
        yield from random.Random(os.getpid()).sample(range(begin, begin + _EACH), _EACH)


_next: Final = _candidates()


def free_port(*hosts: str) -> int:
    """Return a port that nobody listens on, on each of these addresses (127.0.0.1 where none is named)."""
    for port in _next:
        if all(_free(host, port) for host in hosts or ("127.0.0.1",)):
            return port
    raise AssertionError("unreachable: the candidates do not end")


def _free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError:
        return False
    return True
