"""The tracking door under load, beside a bare application in the same run: `python -m benchmarks.tracking`.

One JSON line a figure. The door runs under granian on one core, the generator on another: clicks at full speed over
kept connections, each with a token of its own; then at half that rate with an even pace, for the times of answer. The
reference is a WSGI application that answers the same redirect and does nothing else. Every event must be in the spool
afterwards.
"""

import argparse
import itertools
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from mandata.foundation import tokens
from mandata.foundation.tokens import TokenKeys
from mandata.public.door import Door
from mandata.public.linktables import LinkTables, Table
from mandata.tracking import spool
from mandata.tracking.spool import Writer

LINKS = 12
CLICKS, P99_MS = 8_000, 20.0
KEYS = TokenKeys(1, bytes(range(32)), bytes(range(32, 64)))
AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
DONE = b"\r\n\r\n"


def door(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The door over a spool folder from the environment, with the link table of one campaign in memory."""
    return _built()(environ, start_response)


@cache
def _built() -> Door:
    folder = Path(os.environ["BENCH_SPOOL"])
    table = {number: f"https://shop.example/offer/{number}?utm_source=newsletter" for number in range(LINKS)}
    return Door(
        keyring={1: KEYS},
        events=Writer(folder, spool.EVENTS),
        unsubscriptions=Writer(folder, spool.UNSUBSCRIPTIONS),
        links=LinkTables(lambda _number: Table(table)),
        public_url="http://127.0.0.1:8000",
        trusted_proxies=(IPv4Network("127.0.0.1/32"),),
    )


def reference(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """What any WSGI application costs under granian: the same answer, nothing done for it."""
    start_response("302 Found", [("Location", "https://shop.example/offer/1"), ("Content-Length", "0")])
    return [b""]


def requests(kind: str, count: int) -> list[bytes]:
    """`count` requests, each with the token of another message."""
    made = []
    for number, mark in enumerate(tokens.references(KEYS, [(1, message) for message in range(count)])):
        if kind == "click":
            line = f"GET /c/{tokens.mint(KEYS, mark, number % LINKS)}"
        elif kind == "open":
            line = f"GET /o/{tokens.mint(KEYS, mark, tokens.LINK_OPEN)}.gif"
        else:
            line = f"POST /u/{tokens.mint(KEYS, mark, tokens.LINK_UNSUBSCRIBE)}"
        head = (
            f"{line} HTTP/1.1\r\nHost: t.example\r\nUser-Agent: {AGENT}\r\nX-Forwarded-For: 198.51.{number % 250}.7\r\n"
        )
        body = "Content-Length: 26\r\n\r\nList-Unsubscribe=One-Click" if kind == "unsubscribe" else "\r\n"
        made.append((head + body).encode())
    return made


class Load:
    """Kept connections, one request at a time on each."""

    def __init__(self, port: int, connections: int) -> None:
        self._poll = select.epoll()
        self._by_fd: dict[int, socket.socket] = {}
        for _ in range(connections):
            one = socket.create_connection(("127.0.0.1", port))
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._by_fd[one.fileno()] = one
            self._poll.register(one.fileno(), select.EPOLLIN)

    def flat_out(self, wanted: Sequence[bytes], seconds: float) -> tuple[int, float]:
        """As many as the server takes; returns answers and seconds."""
        supply = itertools.cycle(wanted)
        for one in self._by_fd.values():
            one.send(next(supply))
        began = time.perf_counter()
        ends, answered, ending, open_requests = began + seconds, 0, False, len(self._by_fd)
        while open_requests:
            for fd, _ in self._poll.poll():
                self._take(fd)
                answered += 1
                if ending:
                    open_requests -= 1
                else:
                    self._by_fd[fd].send(next(supply))
            if not ending and time.perf_counter() > ends:
                ending, open_requests = True, len(self._by_fd)
        return answered, time.perf_counter() - began

    def paced(self, wanted: Sequence[bytes], rate: float, seconds: float) -> tuple[int, list[float]]:
        """At an even rate. A time of answer counts from when the request was due, so that waiting is not hidden."""
        supply, idle = itertools.cycle(wanted), list(self._by_fd)
        due_by_fd: dict[int, float] = {}
        times: list[float] = []
        began = time.perf_counter()
        total, sent = int(rate * seconds), 0
        while len(times) < total:
            now = time.perf_counter()
            while sent < total and idle and began + sent / rate <= now:
                fd = idle.pop()
                due_by_fd[fd] = began + sent / rate
                self._by_fd[fd].send(next(supply))
                sent += 1
            pause = max(0.0, began + sent / rate - now) if sent < total and idle else 1.0
            for fd, _ in self._poll.poll(min(pause, 0.0005) if sent < total else 1.0):
                self._take(fd)
                times.append(time.perf_counter() - due_by_fd.pop(fd))
                idle.append(fd)
        return total, sorted(times)

    def close(self) -> None:
        for one in self._by_fd.values():
            one.close()
        self._poll.close()

    def _take(self, fd: int) -> None:
        answer = self._by_fd[fd].recv(4096)
        if not answer.startswith((b"HTTP/1.1 302", b"HTTP/1.1 200")) or DONE not in answer:
            raise SystemExit(f"The door answered {answer[:60]!r}.")


@contextmanager
def serving(application: str, folder: Path) -> Iterator[int]:
    """Serve on one core until the block ends; gives the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--interface", "wsgi", "--port", str(port), "--http", "1", "--no-ws", "--blocking-threads", "4"]
    command = [sys.executable, "-m", "granian", *options, "--log-level", "warning", application]
    process = subprocess.Popen(command, env=os.environ | {"BENCH_SPOOL": str(folder)})
    try:
        os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def measure(kind: str, application: str, seconds: float) -> dict[str, object]:
    """Rate at full speed, and times of answer at half of it."""
    wanted = requests(kind, 20_000)
    folder = Path(tempfile.mkdtemp(prefix="bench-spool-"))
    try:
        with serving(application, folder) as port:
            load = Load(port, 32)
            load.flat_out(wanted, 0.5)
            load.close()
            already = events_in(folder)
            load = Load(port, 32)
            answered, took = load.flat_out(wanted, seconds)
            rate = answered / took
            paced, times = load.paced(wanted, rate / 2, seconds)
            load.close()
        kept = events_in(folder) - already
    finally:
        shutil.rmtree(folder)
    return {
        "kind": kind,
        "per_second": round(rate),
        "half_rate_p50_ms": round(times[len(times) // 2] * 1000, 2),
        "half_rate_p99_ms": round(times[int(len(times) * 0.99)] * 1000, 2),
        "answered": answered + paced,
        "kept": kept,
    }


def events_in(folder: Path) -> int:
    """How many records the spool holds."""
    paths = [path for stream in (spool.EVENTS, spool.UNSUBSCRIPTIONS) for path in spool.segments(folder, stream)]
    return sum((path.stat().st_size - spool.HEADER_BYTES) // spool.RECORD_BYTES for path in paths)


def minting(messages: int = 20_000) -> dict[str, object]:
    """What the engine pays per link, and the door per token."""
    links = [*range(LINKS), tokens.LINK_OPEN, tokens.LINK_UNSUBSCRIBE]
    began = time.perf_counter()
    marks = tokens.references(KEYS, [(1, number) for number in range(messages)])
    for mark in marks:
        made = tokens.mint_many(KEYS, mark, links)
    minted = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(messages):
        tokens.parse({1: KEYS}, made[3])
    return {
        "bench": "tokens",
        "mint_us_per_link": round(minted / messages / len(links) * 1e6, 2),
        "parse_us": round((time.perf_counter() - began) / messages * 1e6, 2),
    }


def _wait(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as one:
                one.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                if one.recv(100).startswith(b"HTTP/1.1"):
                    return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("The server does not answer.")


def main() -> int:
    """Print the figures; exit code 1 when an event was lost or the door is too slow beside the reference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--least", type=float, default=0.0, help="least ratio of clicks to the reference")
    parser.add_argument("--limits", action="store_true", help="8,000 clicks/s; p99 under 20 ms at half the rate")
    given = parser.parse_args()
    print(json.dumps(minting()))
    cores = sorted(os.sched_getaffinity(0))
    bare = measure("click", "benchmarks.tracking:reference", given.seconds)
    print(json.dumps({"bench": "tracking.reference", "cores": len(cores)} | bare), flush=True)
    good = True
    for kind in ("click", "open", "unsubscribe"):
        found = measure(kind, "benchmarks.tracking:door", given.seconds)
        ratio = float(str(found["per_second"])) / float(str(bare["per_second"]))
        print(json.dumps({"bench": "tracking.door"} | found | {"of_reference": round(ratio, 2)}), flush=True)
        good = good and found["kept"] == found["answered"] and (kind != "click" or ratio >= given.least)
        if given.limits and kind == "click":
            good = good and float(str(found["per_second"])) >= CLICKS and float(str(found["half_rate_p99_ms"])) < P99_MS
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
