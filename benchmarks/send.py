"""How fast a campaign is sent, beside what Postfix's own load generator reaches in the same run.

    python -m benchmarks.send [--messages 20000] [--workers 2] [--short]

Everything is real: an embedded PostgreSQL, sealed identities, a launched campaign of the example newsletter (about
36 KB, tracked links, merge fields), engine processes, and Postfix's `smtp-sink` as receiver. The reference is
`smtp-source -s 10 -l 36000` without -d against the same sink, run before and after (the mean counts); its -d rate
stands beside it. The clock of our side runs from the first message claimed to the last outcome in PostgreSQL. Prints
JSON lines; exit code 1 where the ratio does not hold: 1.0, or with `--short` 0.3.
"""

import argparse
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.ground import database

LIMIT, SHORT_LIMIT = 1.0, 0.3
SIZE = 36_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2, help="Engine processes.")
    parser.add_argument("--short", action="store_true", help="4,000 messages, a generous ratio: what CI runs.")
    chosen = parser.parse_args()
    messages = 4_000 if chosen.short else chosen.messages
    folder = Path(tempfile.mkdtemp(prefix="mandata-bench-"))
    port, sink = _sink()
    os.environ.update(
        MANDATA_SMTP_URL=f"smtp://127.0.0.1:{port}", MANDATA_SENDERS=str(chosen.workers), MANDATA_SMTP_CONNECTIONS="10"
    )
    server = database(folder)
    try:
        return 0 if _measure(messages, chosen.workers, port, SHORT_LIMIT if chosen.short else LIMIT) else 1
    finally:
        from django.db import connections

        connections.close_all()
        server.destroy()
        sink.kill()
        sink.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        sys.exit(f"{name} is missing: install Debian's postfix package.")
    return found


def _sink() -> tuple[int, "subprocess.Popen[bytes]"]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [_tool("smtp-sink"), *user, "-c", f"127.0.0.1:{port}", "1000"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return port, process
        except OSError:
            time.sleep(0.05)
    raise SystemExit("smtp-sink does not listen.")


def _reference(port: int, count: int, *options: str) -> float:
    command = [_tool("smtp-source"), *options, "-l", str(SIZE), "-m", str(count)]
    started = time.perf_counter()
    subprocess.run([*command, "-f", "a@example.test", "-t", "b@example.test", f"127.0.0.1:{port}"], check=True)
    return count / (time.perf_counter() - started)


def _measure(messages: int, workers: int, port: int, limit: float) -> bool:
    from mandata.delivery import selectors
    from mandata.delivery.models import Message
    from mandata.infra.tenancy import scope
    from tests.delivery.mailing import shop

    count = min(messages, 5_000)
    before = _reference(port, count, "-s", "10")
    bakery = shop(domain="news.bakery.example")
    bakery.people(messages)
    started = time.perf_counter()
    campaign = bakery.launched(_newsletter())
    frozen = time.perf_counter() - started
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    engines = [subprocess.Popen([sys.executable, "-m", "mandata.delivery.engine"]) for _ in range(workers)]
    first = 0.0
    while True:
        with scope(bakery.id):
            totals = selectors.totals(campaign)
        done = messages - sum(totals.get(state, 0) for state in ("queued", "claimed", "deferred"))
        first = first or (time.perf_counter() if done or "claimed" in totals else 0.0)
        if done >= messages or all(engine.poll() is not None for engine in engines):
            break
        time.sleep(0.02)
    seconds = time.perf_counter() - first
    for engine in engines:
        engine.terminate()
        engine.wait()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = spent.ru_utime + spent.ru_stime - children.ru_utime - children.ru_stime
    after = _reference(port, count, "-s", "10")
    with scope(bakery.id):
        sent = Message.objects.filter(campaign_id=campaign, state="sent").count()
    rate, reference = sent / seconds, (before + after) / 2
    line = {
        "bench": "send",
        "messages": sent,
        "workers": workers,
        "bytes": _size(bakery, campaign),
        "messages_per_second": round(rate),
        "worker_cpu_microseconds_per_message": round(cpu / max(sent, 1) * 1e6),
        "peak_mib_per_worker": round(spent.ru_maxrss / 1024, 1),
        "freeze_seconds": round(frozen, 2),
        "reference": "smtp-source -s 10",
        "reference_per_second": [round(before), round(after)],
        "smtp_source_s20_per_second": round(_reference(port, count, "-s", "20")),
        "smtp_source_d_per_second": round(_reference(port, count, "-d", "-s", "10")),
        "ratio": round(rate / reference, 2),
        "limit": limit,
        "holds": sent == messages and rate >= reference * limit,
    }
    print(json.dumps(line), flush=True)
    return bool(line["holds"])


def _newsletter() -> Any:
    from benchmarks.render import newsletter

    return newsletter()[0]


def _size(bakery: Any, campaign: Any) -> int:
    from datetime import UTC, datetime

    from mandata.campaigns import selectors
    from mandata.delivery.rendering.compiled import Compiled, Recipient
    from mandata.infra.tenancy import scope

    with scope(bakery.id):
        compiled = Compiled.from_bytes(selectors.sendable(campaign).data)
    recipient = Recipient("reader@inbox.example", {"first_name": "Ann"})
    return len(compiled.fill(recipient, ["A" * 43] * len(compiled.tokens), datetime.now(UTC)))


if __name__ == "__main__":
    sys.exit(main())
