"""From `mandata up` to an answering console on an initialised folder, and the memory of the idle installation.

    python -m benchmarks.startup [--short]

Prints JSON lines. Short, as in CI, it judges the start by the processor time of all processes until the answer, in
ratio to that of loading the application once, in the same run: other work on the machine must not decide. Memory is
the sum of the proportional set sizes (PSS, proc(5)) of the supervisor, all below it, and PostgreSQL with its sessions,
after a few requests and a pause. Exit code 1 where a limit does not hold: 10 s, 450 MiB.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from mandata.infra.postgres import Server

SECONDS, RATIO, MEBIBYTES = 10.0, 8.0, 450.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="One start instead of three, and a short pause.")
    short = parser.parse_args().short
    folder = Path(tempfile.mkdtemp(prefix="mandata-bench-"))
    try:
        _up(folder, pause=0)  # makes database and tables: not measured
        runs = [_up(folder, pause=0) for _ in range(0 if short else 2)]
        runs.append(_up(folder, pause=3 if short else 35))
        return _tell(runs, _load(folder), short=short)
    finally:
        Server(folder / "postgres").destroy()
        shutil.rmtree(folder)


def _tell(runs: list["Run"], load: float, *, short: bool) -> int:
    worst, ratio = max(run.seconds for run in runs), round(min(run.processor for run in runs) / load, 1)
    memory = runs[-1].memory
    total = sum(memory.values())
    quick = ratio < RATIO if short else worst < SECONDS
    start = {"bench": "start", "seconds": [run.seconds for run in runs], "limit": SECONDS}
    start |= {"processor_seconds": [run.processor for run in runs], "of_one_load": ratio, "ratio_limit": RATIO}
    idle = {"bench": "idle_memory", "mib": round(total, 1), "by_process": memory, "limit": MEBIBYTES}
    for line in ({**start, "holds": quick}, {**idle, "holds": total < MEBIBYTES}):
        print(json.dumps(line), flush=True)
    return 0 if quick and total < MEBIBYTES else 1


def _load(folder: Path) -> float:
    """Return the processor seconds that it takes to load the application, the lower of two."""
    script = "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'mandata.project.settings'; django.setup()"
    times = []
    for _ in range(2):
        before = os.times()
        subprocess.run([sys.executable, "-c", script], env={**os.environ, "MANDATA_VAR": str(folder)}, check=True)
        after = os.times()
        times.append(sum(after[2:4]) - sum(before[2:4]))
    return min(times)


@dataclass(frozen=True)
class Run:
    """One start: seconds to the answer, processor seconds until then, MiB of each process."""

    seconds: float
    processor: float
    memory: dict[str, float]


def _up(folder: Path, *, pause: float) -> Run:
    """Start, measure, stop."""
    web, track = (f"127.0.0.1:{_free_port()}" for _ in range(2))
    command = [sys.executable, "-m", "mandata.cli", "up", "--web", web, "--track", track, "--json"]
    environment = {**os.environ, "MANDATA_VAR": str(folder), "MANDATA_LOG_LEVEL": "error"}
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    if not process.stdout.readline():
        raise SystemExit(f"mandata up ended with exit code {process.wait()}; run it by hand to see why")
    seconds = round(time.monotonic() - began, 2)
    processor, memory = _processor(_everything(process.pid, folder)), {}
    if pause:
        for listen in (web, track) * 5:
            _get(listen)
        time.sleep(pause)
        memory = {f"{_name(pid)} ({pid})": _pss(pid) for pid in sorted(_everything(process.pid, folder))}
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    process.stdout.close()
    return Run(seconds, processor, memory)


def _get(listen: str) -> None:
    host, port = listen.split(":")
    connection = HTTPConnection(host, int(port), timeout=10)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()


def _everything(supervisor: int, folder: Path) -> set[int]:
    postmaster = int((folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    return _family(supervisor) | _family(postmaster)


def _processor(pids: set[int]) -> float:
    """Return the processor seconds that these processes and their ended children have taken."""
    ticks = 0
    for pid in pids:
        ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return round(ticks / os.sysconf("SC_CLK_TCK"), 2)


def _family(pid: int) -> set[int]:
    """Return `pid` and all its descendants."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return words.partition("mandata.cli ")[2].partition(" ")[0] or words.partition(" -D")[0].rpartition("/")[2]


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise ValueError(f"no PSS for process {pid}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


if __name__ == "__main__":
    sys.exit(main())
