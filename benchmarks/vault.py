"""How fast fields are sealed and opened, and how long a controller's key takes to get a new value.

    python -m benchmarks.vault [--fields 200000] [--keys 1000000] [--short]

Prints JSON lines: fields of 160 bytes sealed and opened on one core, each under a key of its own, bare and with the
keys fetched from the database; an epoch turned with all its keys wrapped anew while a writer goes on making keys; a
recovery copy written and installed. Exit code 1 where a limit does not hold. In full: 100,000 fields/s a core, a
million keys in 60 s. With `--short`, ratios to references of the same run only: AES-GCM of the library alone, and a
bare loop of opening and wrapping with its UPDATE.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.ground import database

FIELDS_A_SECOND, TURN_SECONDS, KEYS = 100_000, 60.0, 1_000_000
OF_AESGCM, OF_BARE = 0.2, 2.5
GROWTH_MIB = 24.0
CHUNK = 5_000
PLACE = "audience_subscriber.identity"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fields", type=int, default=200_000)
    parser.add_argument("--keys", type=int, default=KEYS)
    parser.add_argument("--short", action="store_true", help="20,000 fields, 40,000 keys.")
    chosen = parser.parse_args()
    fields, keys = (20_000, 40_000) if chosen.short else (chosen.fields, chosen.keys)
    folder = Path(tempfile.mkdtemp(prefix="mandata-bench-"))
    server = database(folder)
    try:
        controller = _fill(keys)
        held = [
            _seal(controller, fields, short=chosen.short),
            _turn(controller, keys, short=chosen.short),
            _copy(keys),
        ]
        return 0 if all(held) else 1
    finally:
        from django.db import connections

        connections.close_all()
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _tell(bench: str, **figures: Any) -> None:
    print(json.dumps({"bench": f"vault.{bench}", **figures}), flush=True)


def _fill(keys: int) -> UUID:
    from mandata.infra.clock import new_id, new_ids, now
    from mandata.infra.tenancy import scope
    from mandata.vault import services

    controller = new_id()
    with scope(controller):
        services.begin(at=now())
    for first in range(0, keys, CHUNK):
        with scope(controller):
            services.Vault.open().create(new_ids(min(CHUNK, keys - first)))
    return controller


def _cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor time, because other processes share the cores; and what the work returned."""
    began = time.process_time()
    made = work()
    return time.process_time() - began, made


def _seal(controller: UUID, fields: int, *, short: bool) -> bool:
    """Seal and open fields; beside it, AES-256-GCM by the library, a key object each, and nothing else."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from mandata.infra import bulk
    from mandata.infra.tenancy import scope
    from mandata.vault.services import Vault

    with scope(controller):
        statement = "select holder from vault_subject_key limit %s"
        holders = [holder for (holder,) in bulk.execute(statement, [fields], binary=True)]
        vault = Vault.open()
        fetching, keys = _cpu(lambda: vault.keys(holders))
        plain = dict.fromkeys(holders, b"x" * 160)
        sealing, sealed = _cpu(lambda: vault.seal_many(PLACE, keys, plain))
        fetched, opened = _cpu(lambda: vault.unseal_many(PLACE, sealed))
        opening, _ = _cpu(
            lambda: [vault.unseal_with(one, PLACE, sealed[one], key=keys[one]) for one in holders],
        )
    noise, data = os.urandom(12), b"a" * 60
    reference, _ = _cpu(lambda: [AESGCM(key).encrypt(noise, b"x" * 160, data) for key in keys.values()])
    rates = {name: len(holders) / seconds for name, seconds in (("seal", sealing), ("open", opening))}
    ratio = min(rates.values()) * reference / len(holders)
    _tell(
        "fields", fields=len(holders), sealed_per_second=round(rates["seal"]), opened_per_second=round(rates["open"]),
        opened_with_keys_fetched_per_second=round(len(holders) / fetched),
        keys_fetched_per_second=round(len(holders) / fetching), of_aesgcm=round(ratio, 3),
    )  # fmt: skip
    fast = ratio >= OF_AESGCM if short else min(rates.values()) >= FIELDS_A_SECOND
    return bool(opened == plain and fast)


def _turn(controller: UUID, keys: int, *, short: bool) -> bool:
    """Turn twice (rows without and with room beside them), a writer making keys meanwhile; beside it, the bare work."""
    from mandata.infra import bulk
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope
    from mandata.vault.turning import turn

    turn(controller, at=now())  # so that the table has its room, for the reference as for the turn
    bare = _timed(lambda: _bare(controller))
    stop, made = threading.Event(), [0]
    writer = threading.Thread(target=_write, args=(controller, stop, made))
    writer.start()
    began, burnt = time.perf_counter(), time.process_time()
    done = turn(controller, at=now())
    seconds, cpu = time.perf_counter() - began, time.process_time() - burnt
    stop.set()
    writer.join()
    with scope(controller):
        epochs = bulk.execute("select epoch, count(*) from vault_subject_key group by epoch", [])
    whole = sum(count for _, count in epochs) == keys + made[0] and [epoch for epoch, _ in epochs] == [done.epoch]
    _tell(
        "turn", keys=done.keys, seconds=round(seconds, 2), per_second=round(done.keys / seconds),
        own_cpu_seconds=round(cpu, 2), bare_seconds=round(bare, 2), of_bare=round(seconds / bare, 2),
        made_meanwhile=made[0], whole=whole,
    )  # fmt: skip
    return whole and (seconds <= OF_BARE * bare + 1.0 if short else seconds / keys <= TURN_SECONDS / KEYS)


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _bare(controller: UUID) -> None:
    """Opening and wrapping in a loop, and UPDATE by key, as one would write it first."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from mandata.infra import bulk
    from mandata.infra.tenancy import scope
    from mandata.vault import rules
    from mandata.vault.providers import provider

    key = AESGCM(provider().epoch_key(controller, provider().epochs()[-1][1]))
    after = UUID(int=0)
    select = "select holder, wrapped from vault_subject_key where holder > %s order by holder limit %s"
    update = (
        "update vault_subject_key k set wrapped = n.wrapped from unnest(%s::uuid[], %b::bytea[]) n (holder, wrapped)"
        " where k.holder = n.holder"
    )
    while True:
        with scope(controller):
            rows = bulk.execute(select, [after, CHUNK], binary=True)
            if not rows:
                return
            after = rows[-1][0]
            opened = [rules.unwrap(key, controller, holder.bytes, wrapped) for holder, wrapped in rows]
            wrapped = [
                rules.wrap(key, controller, row[0].bytes, one, os.urandom(12))
                for row, one in zip(rows, opened, strict=True)
            ]
            bulk.execute(update, [[row[0] for row in rows], wrapped])


def _write(controller: UUID, stop: threading.Event, made: list[int]) -> None:
    from django.db import connection

    from mandata.infra.clock import new_ids
    from mandata.infra.tenancy import scope
    from mandata.vault.services import Vault

    while not stop.wait(0.1):
        with scope(controller):
            made[0] += len(Vault.open().create(new_ids(50)))
    connection.close()


def _copy(keys: int) -> bool:
    """Write a recovery copy, unencrypted, and install it; what counts is that memory stays flat."""
    from mandata.infra.clock import now
    from mandata.vault import recovery

    writing = _timed(lambda: [None for _ in recovery.bundle(now())])
    tracemalloc.start()
    size = sum(map(len, recovery.bundle(now())))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    began = time.perf_counter()
    done = recovery.install(recovery.bundle(now()), at=now(), state_at=now() - timedelta(minutes=2))
    seconds = time.perf_counter() - began
    _tell(
        "recovery", keys=done.rows, bytes=size, written_seconds=round(writing, 2),
        installed_seconds=round(seconds, 2), peak_mib=round(peak / 2**20, 1),
    )  # fmt: skip
    return done.rows >= keys and done.gone == done.replaced == 0 and peak / 2**20 <= GROWTH_MIB


if __name__ == "__main__":
    sys.exit(main())
