"""From `mandata up` to an answering console on an initialised folder, and the memory of the idle installation.

    python -m benchmarks.startup [--short]

Prints JSON lines. Memory is the sum of the proportional set sizes (PSS, proc(5)) of the supervisor, all below it, and
PostgreSQL with its sessions, after a few requests and a pause. Exit code 1 where a limit does not hold: 10 s, 450 MiB.
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
from http.client import HTTPConnection
from pathlib import Path

from mandata.infra.postgres import Server

SECONDS, MEBIBYTES = 10.0, 450.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="One start instead of three, and a short pause.")
    short = parser.parse_args().short
    folder = Path(tempfile.mkdtemp(prefix="mandata-bench-"))
    try:
        _up(folder, pause=0)  # makes database and tables: not measured
        starts = [_up(folder, pause=0)[0] for _ in range(0 if short else 2)]
        seconds, memory = _up(folder, pause=3 if short else 35)
        return _tell(sorted([*starts, seconds]), memory)
    finally:
        Server(folder / "postgres").destroy()
        shutil.rmtree(folder)


def _tell(seconds: list[float], memory: dict[str, float]) -> int:
    worst, total = seconds[-1], sum(memory.values())
    start = {"bench": "start", "seconds": seconds, "limit": SECONDS, "holds": worst < SECONDS}
    idle = {"bench": "idle_memory", "mib": round(total, 1), "by_process": memory, "limit": MEBIBYTES}
    for line in (start, {**idle, "holds": total < MEBIBYTES}):
        print(json.dumps(line), flush=True)
    return 0 if worst < SECONDS and total < MEBIBYTES else 1


def _up(folder: Path, *, pause: float) -> tuple[float, dict[str, float]]:
    """Start, measure, stop; return the seconds to the answer and the MiB of each process."""
    web, track = (f"127.0.0.1:{_free_port()}" for _ in range(2))
    command = [sys.executable, "-m", "mandata.cli", "up", "--web", web, "--track", track, "--json"]
    environment = {**os.environ, "MANDATA_VAR": str(folder), "MANDATA_LOG_LEVEL": "error"}
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    if not process.stdout.readline():
        raise SystemExit(f"mandata up ended with exit code {process.wait()}; run it by hand to see why")
    seconds = round(time.monotonic() - began, 2)
    memory = {}
    if pause:
        for listen in (web, track) * 5:
            _get(listen)
        time.sleep(pause)
        memory = _memory(process.pid, folder)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    process.stdout.close()
    return seconds, memory


def _get(listen: str) -> None:
    host, port = listen.split(":")
    connection = HTTPConnection(host, int(port), timeout=10)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()


def _memory(supervisor: int, folder: Path) -> dict[str, float]:
    postmaster = int((folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    pids = _family(supervisor) | _family(postmaster)
    return {f"{_name(pid)} ({pid})": _pss(pid) for pid in sorted(pids)}


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
