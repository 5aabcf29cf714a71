"""How fast a campaign is sent, unsigned and signed, beside what others reach in the same run.

    python -m benchmarks.send [--messages 20000] [--workers 2] [--signed no|rsa|both] [--short]

Everything is real: an embedded PostgreSQL, sealed identities, launched campaigns of the example newsletter (about 38
KB, 12 tracked links, merge tags), engine processes, and Postfix's `smtp-sink` as receiver. The clock of our side runs
from the first message claimed to the last outcome in PostgreSQL; so does the count of processor time, of the engines,
of PostgreSQL and of the sink. The references are taken before and after, and their mean counts:

    unsigned   `smtp-source -s 20 -l 36000` without -d to the same sink; with -d (connections kept) beside it
    signed     `openssl speed rsa2048`, signatures a second of one core

RSA's share is what the engines' signing threads spent inside the library's `sign`, by their own clocks, of all the
processor time that the engines spent (`benchmarks.timed_engine`): hashing and canonicalising are not RSA.

Before all that, a few messages go to a sink that keeps them, and dkimpy verifies both signatures of each.

Prints a JSON line for each kind; without `--signed` all three. Exit code 1 where one does not hold. In full: rates by
the clock. With `--short`: what the processor time of all parts together would allow on two cores, so that it holds on a
machine that others load, too.
"""

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.ground import database

SIZE = 36_000
CORES = 2
SAMPLE = 20
KINDS: dict[str, tuple[str, ...]] = {"no": (), "rsa": ("rsa-2048",), "both": ("rsa-2048", "ed25519")}
KNOWN = {"city": "Hradec Králové", "favourite_pastry": "rohlík", "orders": "3"}
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Limits:
    """What must hold: ratios to the references; microseconds of worker time for an unsigned message; RSA's share."""

    unsigned: float
    signed: float
    microseconds: float
    share: float


FULL = Limits(unsigned=1.8, signed=0.85, microseconds=350, share=0.65)
SHORT = Limits(unsigned=0.6, signed=0.3, microseconds=float("inf"), share=0.2)


@dataclass(frozen=True)
class Sent:
    """One campaign sent: messages, seconds by the clock, and processor time in seconds by part; `rsa` is a part of the
    engines'."""

    messages: int
    seconds: float
    engines: float
    postgres: float
    sink: float
    rsa: float = 0.0

    @property
    def rate(self) -> float:
        """Messages a second by the clock."""
        return self.messages / self.seconds

    @property
    def allowed(self) -> float:
        """Messages a second that the processor time of all parts would allow on two cores."""
        return self.messages * CORES / (self.engines + self.postgres + self.sink)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2, help="Engine processes.")
    parser.add_argument("--signed", choices=KINDS, help="One kind only.")
    parser.add_argument("--short", action="store_true", help="3,000 messages, generous ratios: what CI runs.")
    chosen = parser.parse_args()
    messages = 3_000 if chosen.short else chosen.messages
    kinds = [chosen.signed] if chosen.signed else list(KINDS)
    folder = Path(tempfile.mkdtemp(prefix="mandata-bench-"))
    folder.chmod(0o755)
    os.environ.update(MANDATA_SENDERS=str(chosen.workers), MANDATA_SMTP_CONNECTIONS="10")
    server = database(folder)
    try:
        bench = Bench(folder, chosen.workers, messages, SHORT if chosen.short else FULL)
        return 0 if all([bench.verify(), *(bench.measure(kind) for kind in kinds)]) else 1
    finally:
        from django.db import connections

        connections.close_all()
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


class Bench:
    """A bakery with readers, and campaigns of it sent to sinks."""

    def __init__(self, folder: Path, workers: int, messages: int, limits: Limits) -> None:
        from tests.delivery.mailing import shop

        self.folder = folder
        self.workers = workers
        self.messages = messages
        self.limits = limits
        self.bakery = shop(domain="news.bakery.example", signs=KINDS["both"])
        self.bakery.people(SAMPLE, more=KNOWN)
        self._content = _newsletter()

    def verify(self) -> bool:
        """Send a few, signed with both keys, to a sink that keeps them; verify each signature by dkimpy."""
        from mandata.delivery.services.keys import signing_keys
        from mandata.infra.tenancy import scope
        from tests.delivery.signing_kit import by_dkimpy

        caught = self.folder / "caught"
        caught.mkdir()
        caught.chmod(0o777)
        with sink("-d", f"{caught}/") as (port, _):
            self._send(self.bakery.launched(self._content), SAMPLE, port, None)
        with scope(self.bakery.id):
            keys = signing_keys("news.bakery.example")
        verdicts = [by_dkimpy(_received(file.read_bytes()), keys) for file in caught.iterdir()]
        self.bakery.people(self.messages - SAMPLE, "r{}@inbox.example".format, KNOWN)
        holds = verdicts == [[True, True]] * SAMPLE
        print(json.dumps({"bench": "send.verified", "messages": len(verdicts), "holds": holds}), flush=True)
        return holds

    def measure(self, kind: str) -> bool:
        """Send one campaign and print its figures."""
        self._sign_with(KINDS[kind])
        with sink("-c") as (port, receiver):
            before = _openssl() if KINDS[kind] else _source(port, min(self.messages, 5_000))
            started = time.perf_counter()
            campaign = self.bakery.launched(self._content)
            frozen = time.perf_counter() - started
            sent = self._send(campaign, self.messages, port, receiver)
            after = _openssl() if KINDS[kind] else _source(port, min(self.messages, 5_000))
            line = self._line(kind, sent, (before, after))
            if not KINDS[kind]:
                line["smtp_source_d_per_second"] = round(_source(port, min(self.messages, 5_000), "-d"))
        print(json.dumps(line | {"freeze_seconds": round(frozen, 2)}), flush=True)
        return bool(line["holds"])

    def _line(self, kind: str, sent: Sent, references: tuple[float, float]) -> dict[str, object]:
        each = {part: getattr(sent, part) / sent.messages * 1e6 for part in ("engines", "postgres", "sink")}
        reference = sum(references) / 2
        full = self.limits is FULL
        ratio = (sent.rate if full else sent.allowed) / reference
        line: dict[str, object] = {
            "bench": f"send.{kind}" if KINDS[kind] else "send",
            "messages": sent.messages,
            "workers": self.workers,
            "messages_per_second": round(sent.rate),
            "processor_time_allows_per_second": round(sent.allowed),
            "microseconds_per_message": {part: round(spent) for part, spent in each.items()},
            "reference": "openssl speed rsa2048" if KINDS[kind] else "smtp-source -s 20",
            "reference_per_second": [round(one) for one in references],
            "ratio": round(ratio, 2),
            "of": "clock" if full else "processor time",
        }
        if kind == "no":
            holds = ratio >= self.limits.unsigned and each["engines"] <= self.limits.microseconds
        else:
            share = sent.rsa / sent.engines
            line["microseconds_per_signature"] = round(sent.rsa / sent.messages * 1e6)
            line["rsa_share_of_engines"] = round(share, 2)
            holds = kind == "both" or (ratio >= self.limits.signed and share >= self.limits.share)
        return line | {"holds": holds and sent.messages == self.messages}

    def _sign_with(self, algorithms: Sequence[str]) -> None:
        from django.utils import timezone

        from mandata.delivery.models import Key
        from mandata.infra.tenancy import scope

        with scope(self.bakery.id):
            Key.objects.exclude(algorithm__in=algorithms).update(state="next")
            Key.objects.filter(algorithm__in=algorithms).update(state="active", activated_at=timezone.now())

    def _send(self, campaign: UUID, messages: int, port: int, receiver: "subprocess.Popen[bytes] | None") -> Sent:
        told = [self.folder / f"signed-{campaign}-{number}" for number in range(self.workers)]
        command = [sys.executable, "-m", "benchmarks.timed_engine"]
        environment = os.environ | {"MANDATA_SMTP_URL": f"smtp://127.0.0.1:{port}"}
        engines = [subprocess.Popen([*command, str(file)], env=environment) for file in told]
        parts: dict[str, Callable[[], float]] = {
            "engines": lambda: sum(_spent(pid) - start for pid, start in started.items()),
            "postgres": _postgres,
            "sink": lambda: _spent(receiver.pid) if receiver else 0.0,
        }
        before, first = dict.fromkeys(parts, 0.0), 0.0
        started: dict[int, float] = {}  # engine -> what its start took: one may still start while another sends
        try:
            while True:
                ready = [one.pid for one in engines if one.pid not in started and _threads(one.pid) > 1]
                started |= {pid: _spent(pid) for pid in ready}
                left, begun = self._left(campaign, messages)
                if begun and not first:
                    first, before = time.perf_counter(), {part: count() for part, count in parts.items()}
                if not left or all(engine.poll() is not None for engine in engines):
                    break
                # Asking costs PostgreSQL as much as some messages: seldom, but at both ends.
                time.sleep(0.2 if begun and left > messages / 5 else 0.02)
            seconds = time.perf_counter() - first
            spent = {part: count() - before[part] for part, count in parts.items()}
        finally:
            for engine in engines:
                engine.terminate()
                engine.wait()
        rsa = sum(int(file.read_text().split()[1]) for file in told if file.exists())
        return Sent(messages - left, seconds, rsa=rsa / 1e9, **spent)

    def _left(self, campaign: UUID, messages: int) -> tuple[int, bool]:
        from mandata.delivery import selectors
        from mandata.infra.tenancy import scope

        with scope(self.bakery.id):
            totals = selectors.totals(campaign)
        left = messages - totals.get("sent", 0)
        return left, left < messages or "claimed" in totals


@contextmanager
def sink(*options: str) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Run Postfix's sink on a free port; give the port and the process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [_tool("smtp-sink"), *user, *options, f"127.0.0.1:{port}", "1000"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise SystemExit("smtp-sink does not listen.")
        yield port, process
    finally:
        process.kill()
        process.wait()


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        sys.exit(f"{name} is missing: install Debian's postfix and openssl packages.")
    return found


def _source(port: int, count: int, *options: str) -> float:
    command = [_tool("smtp-source"), *options, "-s", "20", "-l", str(SIZE), "-m", str(count)]
    started = time.perf_counter()
    subprocess.run([*command, "-f", "a@example.test", "-t", "b@example.test", f"127.0.0.1:{port}"], check=True)
    return count / (time.perf_counter() - started)


def _openssl() -> float:
    """Signatures a second of one core; it counts its own processor time, so that others do not matter."""
    said = subprocess.run([_tool("openssl"), "speed", "-seconds", "2", "rsa2048"], capture_output=True, text=True)
    found = re.search(r"^rsa\s+2048 bits\s+\S+\s+\S+\s+([\d.]+)", said.stdout, re.M)
    if found is None:
        raise SystemExit(f"openssl speed says something unknown: {said.stdout}")
    return float(found[1])


def _spent(pid: int) -> float:
    """Processor time of a process so far, of its children that ended included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(int(one) for one in fields[11:15]) / _TICKS


def _threads(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/task").iterdir()))
    except FileNotFoundError:
        return 0


def _postgres() -> float:
    """Processor time of the whole server."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        own = cursor.fetchone()[0]
    master = int(Path(f"/proc/{own}/stat").read_text().rpartition(")")[2].split()[1])
    children = map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split())
    return sum(_spent(pid) for pid in (master, *children))


def _received(dumped: bytes) -> bytes:
    """Take the sink's own words in front off a kept message: its X- lines, then its folded Received."""
    lines = dumped.split(b"\n")
    start = next(at for at, line in enumerate(lines) if line.lower().startswith(b"dkim-signature:"))
    return b"\r\n".join(lines[start:])


def _newsletter() -> Any:
    from benchmarks.render import newsletter

    return newsletter()[0]


if __name__ == "__main__":
    sys.exit(main())
