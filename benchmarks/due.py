"""How fast `mandata due --batch -` answers: JSON lines, one figure each, on one core.

    python -m benchmarks.due [--short]

The whole command is measured, its start included, through pipes, on both forms of question mixed, over all regimes,
calendars and units. The reference is the least that any program has to do with such lines in Python, in the same run:
read the JSON, read the instant, write it in UTC, write JSON. Exit code 1 where under 20,000 answers a second came, or,
in short form, where it takes more than `MOST` times the reference's processor time; and where memory grew by more than
`MEBIBYTES` from the first `WARM` lines, which fill what is remembered (calendars, agreements), to all of them.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import orjson

from mandata.agreements import library
from mandata.agreements.rules.duties import duties
from mandata.foundation.periods import CODES, Regime, Unit

LEAST, MOST, MEBIBYTES, WARM = 20_000.0, 20.0, 4.0, 40_000
ZONES = ("Europe/Prague", "Europe/Rome", "Europe/Dublin", "America/Los_Angeles", "UTC")


def questions(count: int) -> bytes:
    """Return lines of both forms by turns, always the same ones."""
    chance = random.Random("due")
    named = [(name, duty.key) for name in library.names() for duty in duties(library.load(name))]
    begin = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
    lines = []
    for number in range(count):
        since = datetime.fromtimestamp(begin + chance.randrange(8 * 365 * 86_400), UTC).isoformat()
        if number % 2:
            agreement, duty = chance.choice(named)
            lines.append({"agreement": agreement, "duty": duty, "since": since})
            continue
        period = f"{chance.randint(1, 60)} {chance.choice(tuple(Unit))}"
        place = {"calendar": chance.choice(CODES), "zone": chance.choice(ZONES), "since": since}
        lines.append({"period": period, "regime": chance.choice(tuple(Regime)), **place})
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def answered(asked: bytes, folder: Path) -> tuple[float, float, float]:
    """Return seconds, processor seconds and peak MiB that the command takes for some lines."""
    source, target = folder / "questions.jsonl", folder / "answers.jsonl"
    source.write_bytes(asked)
    began = time.perf_counter()
    with source.open("rb") as questions_, target.open("wb") as answers:
        command = [sys.executable, "-m", "mandata.cli", "due", "--batch", "-"]
        process = subprocess.Popen(command, stdin=questions_, stdout=answers)
        peak = 0.0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            peak = max(peak, _peak(process.pid))
            time.sleep(0.005)
    _pid, status, usage = ended
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    told = target.read_bytes()
    if process.returncode or told.count(b"\n") != asked.count(b"\n") or b'{"error"' in told:
        raise SystemExit("The batch was not answered as it should be.")
    return seconds, usage.ru_utime + usage.ru_stime, peak


def _peak(process: int) -> float:
    """Return the highest resident set of a process so far in MiB; ru_maxrss would count what forked it."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def reference(asked: bytes) -> float:
    """Return the processor seconds of reading and writing such lines and their instants, and nothing else."""
    began = time.process_time()
    for line in asked.splitlines():
        read = orjson.loads(line)
        instant = datetime.fromisoformat(read["since"]).astimezone(UTC)
        orjson.dumps({**read, "since": instant.isoformat(), "strict": instant.isoformat(), "statutory": ""})
    return time.process_time() - began


def main() -> int:
    """Print the figures; return whether one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="What CI runs.")
    short = parser.parse_args().short
    count = 120_000 if short else 400_000
    asked = questions(count)
    with tempfile.TemporaryDirectory(prefix="mandata-bench-") as folder:
        start, started, little = answered(b"", Path(folder))
        *_times, warm = answered(questions(WARM), Path(folder))
        seconds, processor, peak = answered(asked, Path(folder))
    ratio = (processor - started) / reference(asked)
    holds = ratio <= MOST if short else count / seconds >= LEAST
    print(
        json.dumps(
            {
                "bench": "due.batch",
                "answers": count,
                "per_second": round(count / seconds),
                "least": LEAST,
                "microseconds_of_processor": round((processor - started) / count * 1e6, 1),
                "of_reference": round(ratio, 1),
                "most": MOST,
                "holds": holds,
            }
        )
    )
    grown = {"growth_mib": round(peak - warm, 1), "limit": MEBIBYTES, "holds": peak - warm <= MEBIBYTES}
    print(json.dumps({"bench": "due.memory", "peak_mib": round(peak, 1), "at_rest_mib": round(little, 1), **grown}))
    print(json.dumps({"bench": "due.start", "seconds": round(start, 2), "processor_seconds": round(started, 2)}))
    return int(not (holds and grown["holds"]))


if __name__ == "__main__":
    sys.exit(main())
