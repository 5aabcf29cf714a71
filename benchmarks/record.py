"""How fast the record verifies, proves, appends and places, on a database of its own.

    python -m benchmarks.record [--entries 1000000] [--writers 10] [--seconds 10] [--short]

Prints JSON lines: the log verified (all entries, a tenth of them with a sealed payload, a head for each 500), inclusion
proofs, what an append adds to a transaction of parallel writers, and how long an entry waits for its place while they
write. Exit code 1 where a limit does not hold. In full: a million verified in 60 s, a proof in 1 ms, an append in 1 ms,
a place in 1 s. With `--short`, ratios to references of the same run only.
"""

import argparse
import json
import multiprocessing
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.ground import database

HEAD_EVERY, PAYLOAD_EVERY = 500, 10
VERIFY_A_SECOND, PROOF_MS, APPEND_MS, LAG_S, GROWTH_MIB = 1_000_000 / 60, 1.0, 1.0, 1.0, 32.0
OF_HASHING, OF_ROUND_TRIPS, OF_TRANSACTION = 0.02, 12.0, 2.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--writers", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--short", action="store_true", help="20,000 entries, 4 writers, 3 seconds.")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mandata-bench-"))
    server = database(folder)
    try:
        if chosen.short:
            return 0 if _measure(20_000, 4, 3.0, short=True) else 1
        return 0 if _measure(chosen.entries, chosen.writers, chosen.seconds, short=False) else 1
    finally:
        from django.db import connections

        connections.close_all()
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(entries: int, writers: int, seconds: float, *, short: bool) -> bool:
    log = _fill(entries)
    verified = _verify(log, entries, short=short)
    proven = _prove(log, entries, short=short)
    written = _write(writers, seconds, short=short)
    return verified and proven and written


def _tell(bench: str, **figures: Any) -> None:
    print(json.dumps({"bench": f"record.{bench}", **figures}), flush=True)


def _fill(entries: int) -> UUID:
    """A controller's log, written in bulk with the bytes that `append` makes, and placed by the sequencer."""
    from mandata.foundation import merkle
    from mandata.foundation.actors import SYSTEM
    from mandata.infra import bulk
    from mandata.infra.clock import new_id, new_ids, now
    from mandata.infra.tenancy import scope
    from mandata.record import rules, services
    from mandata.vault import services as vaults

    log, person, columns = new_id(), new_id(), {"id": "uuid", "at": "timestamptz", "kind": "text", "leaf": "bytea"}
    with scope(log):
        vaults.begin(at=now())
        vaults.Vault.open().create([person])
    for first in range(0, entries, HEAD_EVERY):
        ids, at, rows, payloads = new_ids(HEAD_EVERY), now(), [], []
        with scope(log):
            vault = vaults.Vault.open()
            key = vault.key(person)
            for number, one in enumerate(ids, first):
                commitment = None
                if number % PAYLOAD_EVERY == 0:
                    commitment = _commit(vault, person, key, number)
                    payloads.append((one, person, commitment.sealed))
                data = rules.leaf(
                    log=log, entry=one, at=at, kind="bench.happened", actor=SYSTEM, clause="", subject=None,
                    body={"number": number}, commitment=commitment and commitment.digest,
                    holder=commitment and person,
                )  # fmt: skip
                rows.append((one, at, "bench.happened", data))
            bulk.insert("record_entry", columns, rows)
            bulk.insert("record_payload", {"id": "uuid", "holder": "uuid", "sealed": "bytea"}, payloads)
            hashes = [(row[0], merkle.leaf_hash(row[3])) for row in rows]
            bulk.insert("record_pending", {"entry": "uuid", "hash": "bytea"}, hashes)
        services.sequence_due(at=now())
    return log


def _commit(vault: Any, person: UUID, key: bytes, number: int) -> Any:
    """What `Vault.commit` makes, without asking for the key each time."""
    import hashlib
    import hmac
    import os

    from mandata.foundation import canonical
    from mandata.record.rules import Commitment

    salt, plain = os.urandom(32), canonical.dumps({"words": f"number {number}"})
    sealed = vault.seal(person, "record_payload.sealed", salt + plain, key=key)
    return Commitment(hmac.digest(salt, plain, hashlib.sha256), person, sealed)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _verify(log: UUID, entries: int, *, short: bool) -> bool:
    """Verify both logs; beside it, the hashing alone over bytes of that length, in memory."""
    from mandata.foundation import merkle
    from mandata.record import verification
    from mandata.record.signing import signer

    key = signer().public_key()
    before = _peak()
    began, burnt = time.perf_counter(), time.process_time()
    verdicts = verification.verify_all([log], key)
    seconds, cpu = time.perf_counter() - began, time.process_time() - burnt
    growth = _peak() - before
    sample = [b"x" * 300 + number.to_bytes(4, "big") for number in range(min(entries, 200_000))]
    began = time.perf_counter()
    merkle.root([merkle.leaf_hash(data) for data in sample])
    ratio = (entries / seconds) / (len(sample) / (time.perf_counter() - began))
    whole = all(verdict.holds for verdict in verdicts) and verdicts[0].size == entries
    _tell(
        "verify", entries=entries, heads=verdicts[0].heads, payloads=verdicts[0].payloads, holds=whole,
        seconds=round(seconds, 2), own_cpu_seconds=round(cpu, 2), per_second=round(entries / seconds),
        growth_mib=round(growth, 1), of_hashing=round(ratio, 3),
    )  # fmt: skip
    fast = ratio >= OF_HASHING if short else entries / seconds >= VERIFY_A_SECOND
    return whole and fast and growth <= GROWTH_MIB


def _prove(log: UUID, entries: int, *, short: bool) -> bool:
    """Inclusion proofs of entries anywhere; beside them, the same number of empty round trips."""
    from mandata.infra import bulk
    from mandata.infra.tenancy import scope
    from mandata.record import selectors

    chance = random.Random(7)
    with scope(log):
        places = [chance.randrange(entries) for _ in range(500)]
        statement = "select entry from record_leaf where controller_id = %s and index = any(%s) order by random()"
        chosen = [entry for (entry,) in bulk.execute(statement, [log, places])]
        proofs = [_timed(lambda one=entry: selectors.inclusion_proof(one, entries)) for entry in chosen]
        trips = [_timed(lambda: bulk.execute("select 1", [], prepare=True)) for _ in chosen]
    proof, trip = statistics.median(proofs), statistics.median(trips)
    p99 = statistics.quantiles(proofs, n=100)[98]
    _tell("proof", median_ms=round(proof, 3), p99_ms=round(p99, 3), round_trip_ms=round(trip, 3))
    return bool(proof / trip <= OF_ROUND_TRIPS if short else proof <= PROOF_MS)


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _write(writers: int, seconds: float, *, short: bool) -> bool:
    """Writers in processes of their own, the sequencer in another, as a worker runs it."""
    spawn = multiprocessing.get_context("spawn")
    queue: Any = spawn.Queue()
    stop = spawn.Event()
    sequencer = spawn.Process(target=_sequence, args=(queue, stop))
    sequencer.start()
    logs = [_controller() for _ in range(2)]  # five writers meet in each log
    # At their own pace first: that is what an append adds. Then as fast as they can: that is when places come latest.
    paced = _run(spawn, writers, seconds, logs, pause=0.05)
    driven = _run(spawn, writers, seconds, logs, pause=0.0)
    time.sleep(1.5)
    stop.set()
    seen = queue.get()
    sequencer.join()
    bare, added = statistics.median(paced["bare"]), statistics.median(paced["full"]) - statistics.median(paced["bare"])
    calls = {name: statistics.median(run["append"]) for name, run in (("paced", paced), ("driven", driven))}
    lag = {name: _lags(run["commits"], seen) for name, run in (("paced", paced), ("driven", driven))}
    _tell(
        "append", writers=writers, added_ms=round(added, 3), bare_transaction_ms=round(bare, 3),
        append_call_ms=round(calls["paced"], 3), append_call_driven_ms=round(calls["driven"], 3),
        driven_per_second=round(len(driven["commits"]) / seconds),
    )  # fmt: skip
    worst = {name: [round(statistics.median(one), 3), round(max(one), 3)] for name, one in lag.items()}
    _tell("place", entries=sum(map(len, lag.values())), **{f"{name}_lag_s": told for name, told in worst.items()})
    if short:
        return bool(added <= OF_TRANSACTION * bare)
    return bool(added <= APPEND_MS and max(map(max, lag.values())) <= LAG_S)


def _controller() -> UUID:
    from mandata.infra.clock import new_id

    return new_id()


def _run(spawn: Any, writers: int, seconds: float, logs: list[UUID], *, pause: float) -> dict[str, list[Any]]:
    queue = spawn.Queue()
    began = spawn.Event()
    work = [
        spawn.Process(target=_writer, args=(queue, began, logs[number % len(logs)], seconds, pause))
        for number in range(writers)
    ]
    for one in work:
        one.start()
    for _ in work:
        queue.get()  # ready
    began.set()
    told = [queue.get() for _ in work]
    for one in work:
        one.join()
    return {name: [value for one in told for value in one[name]] for name in told[0]}


def _writer(queue: Any, began: Event, log: UUID, seconds: float, pause: float) -> None:
    """Transactions with one row of their own, every other with an append; times in milliseconds."""
    import django

    django.setup()
    from mandata.foundation.actors import SYSTEM
    from mandata.infra import bulk
    from mandata.infra.clock import new_id, now
    from mandata.infra.tenancy import scope
    from mandata.record import services

    told: dict[str, list[Any]] = {"bare": [], "full": [], "append": [], "commits": []}
    chance = random.Random(log.int)
    columns = {"id": "uuid", "holder": "uuid", "sealed": "bytea"}

    def transaction(append: bool) -> None:
        start = time.perf_counter()
        with scope(log):
            bulk.insert("record_payload", columns, [(new_id(), log, b"x" * 100)])
            if append:
                inner = time.perf_counter()
                entry = services.append(kind="bench.happened", body={"number": 1}, actor=SYSTEM, at=now())
                told["append"].append((time.perf_counter() - inner) * 1000)
        if append:
            told["commits"].append((str(entry), time.time()))
        told["full" if append else "bare"].append((time.perf_counter() - start) * 1000)

    for number in range(20):
        transaction(append=number % 2 == 1)
    told = {name: [] for name in told}
    queue.put("ready")
    began.wait()
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        transaction(append=number % 2 == 1)
        number += 1
        if pause:
            time.sleep(chance.random() * 2 * pause)
    queue.put(told)


def _sequence(queue: Any, stop: Event) -> None:
    """The worker's loop; remembers when which entries had their places."""
    import django

    django.setup()
    from mandata.cli.worker import LOOPS
    from mandata.infra import bulk
    from mandata.infra.clock import now
    from mandata.infra.tenancy import INSTANCE, scope
    from mandata.record import services

    every = next(loop.every for loop in LOOPS if loop.name == "record")
    seen: dict[str, float] = {}
    marks: dict[UUID, int] = {}
    while not stop.wait(every):
        while services.sequence_due(at=now()) >= 500:
            pass
        at = time.time()
        with scope(INSTANCE):
            logs = [log for (log,) in bulk.execute("select distinct subject from record_entry", []) if log]
        for log in logs:
            with scope(log):
                statement = "select index, entry::text from record_leaf where controller_id = %s and index >= %s"
                rows = bulk.execute(statement, [log, marks.get(log, 0)])
            seen.update({entry: at for _, entry in rows if log in marks or len(rows) < 50_000})
            marks[log] = max([marks.get(log, 0), *(index + 1 for index, _ in rows)])
    queue.put(seen)


def _lags(commits: list[Any], seen: dict[str, float]) -> list[float]:
    """Seconds from each commit to its place. Raises KeyError where one never got any."""
    return [seen[entry] - at for entry, at in commits]


if __name__ == "__main__":
    sys.exit(main())
