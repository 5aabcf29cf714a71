"""A long record: it verifies in the memory of a short one, and a change in its middle is still found."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from mandata.foundation import merkle
from mandata.foundation.actors import SYSTEM
from mandata.infra import bulk
from mandata.infra.clock import new_ids, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.record import rules, selectors
from tests.record.storm import Storm
from tests.soak.conftest import Scale, Tell
from tests.world import World
from tests.world.processes import Watched

FLAT = 32.0
"""MiB by which the peak of verifying the whole log may lie above that of verifying its first tenth."""
_BATCH, _BATCHES_A_HEAD = 5_000, 10


def write(world: World, log: UUID, start: int, end: int) -> None:
    """Enter what happened, with the bytes that `append` would make, and let the sequencer place it."""
    columns = {"id": "uuid", "at": "timestamptz", "kind": "text", "subject": "uuid", "leaf": "bytea"}
    for turn, first in enumerate(range(start, end, _BATCH), 1):
        at, kind = now(), "test.happened"
        ids = new_ids(min(_BATCH, end - first))
        leaves = [
            rules.leaf(
                log=log, entry=one, at=at, kind=kind, actor=SYSTEM, clause="", subject=None,
                body={"number": number}, commitment=None,
            )
            for number, one in enumerate(ids, first)
        ]  # fmt: skip
        with scope(log):
            rows = [(one, at, kind, None, leaf) for one, leaf in zip(ids, leaves, strict=True)]
            bulk.insert("record_entry", columns, rows)
            hashes = [(one, merkle.leaf_hash(leaf)) for one, leaf in zip(ids, leaves, strict=True)]
            bulk.insert("record_pending", {"entry": "uuid", "hash": "bytea"}, hashes)
        if turn % _BATCHES_A_HEAD == 0:
            world.sequence()
    world.sequence()


def verified(log: UUID) -> tuple[dict[str, Any], float, float]:
    """Run `mandata verify`; return what it says of a log, its peak memory in MiB, and the seconds."""
    began = time.monotonic()
    command = [sys.executable, "-m", "mandata.cli", "verify", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with Watched(process.pid) as watched:
        told, _ = process.communicate()
    found = {line["log"]: line for line in map(json.loads, told.splitlines())}[str(log)]
    assert process.returncode == (0 if found["holds"] else 1)
    return found, watched.peak(), time.monotonic() - began


@pytest.mark.soak
@pytest.mark.req("REC-1")
def test_a_million_entries_verify_in_flat_memory_and_one_that_was_changed_is_named(
    world: World, database: Urls, scale: Scale, tell: Tell
) -> None:
    log = world.controller().id
    with scope(log):
        already = selectors.waiting()
    write(world, log, 0, scale.rows // 10)
    short, short_peak, short_seconds = verified(log)
    write(world, log, scale.rows // 10, scale.rows)
    whole, peak, seconds = verified(log)
    tell(
        entries=scale.rows,
        heads=whole["heads"],
        verify_seconds=[round(short_seconds, 1), round(seconds, 1)],
        peak_mib=[round(short_peak, 1), round(peak, 1)],
    )
    assert short["holds"] and whole["holds"], "untouched, it holds"
    assert (short["size"], whole["size"]) == (scale.rows // 10 + already, scale.rows + already)
    assert peak - short_peak <= FLAT
    middle = scale.rows // 2
    assert _changed(database, log, middle), "the owner changes one in the middle"
    damaged, _, _ = verified(log)
    assert [finding["where"].split(",")[0] for finding in damaged["findings"]] == [f"leaf {middle}"]
    assert _changed(database, log, middle), "and back, for the tests that follow"


@pytest.mark.soak
@pytest.mark.req("REC-1")
def test_a_pack_of_everything_is_written_and_verified_in_flat_memory(
    world: World, scale: Scale, tell: Tell, tmp_path: Path
) -> None:
    log = world.controller().id
    peaks: list[list[float]] = []
    for place, (start, end) in enumerate(((0, scale.rows // 10), (scale.rows // 10, scale.rows))):
        write(world, log, start, end)
        out = tmp_path / f"{place}.zip"
        period = ["--since", "2020-01-01", "--until", "2099-12-31", "--out", str(out)]
        peaks.append([_watched("pack", str(log), *period), _watched("verify", str(out))])
    tell(entries=scale.rows, pack_mib=[one[0] for one in peaks], verify_mib=[one[1] for one in peaks])
    assert max(whole - short for short, whole in zip(*peaks, strict=True)) <= FLAT


def _watched(*arguments: str) -> float:
    """Run a command that must succeed; return its peak memory in MiB."""
    process = subprocess.Popen([sys.executable, "-m", "mandata.cli", *arguments], stdout=subprocess.DEVNULL)
    with Watched(process.pid) as watched:
        assert process.wait() == 0
    return watched.peak()


@pytest.mark.soak
@pytest.mark.req("REC-1")
def test_a_storm_over_writers_sequencer_and_database_leaves_no_gap(scale: Scale, tell: Tell, tmp_path: Path) -> None:
    storm = Storm(tmp_path)
    try:
        storm.rage(scale.kills)
        told, acknowledged = storm.outcome(), storm.acknowledged()
    finally:
        storm.end()
    tell(entries=len(told["entries"]), acknowledged=len(acknowledged), killed=dict(storm.killed))
    assert told["log"] == [len(told["entries"]), 0, []] and told["instance"][1:] == [0, []]
    assert acknowledged <= set(told["entries"])


def _changed(database: Urls, log: UUID, index: int) -> bool:
    """Swap an entry's kind in its column, as somebody with the owner's password could; the second time, back."""
    with psycopg.connect(database.superuser) as superuser:
        done = superuser.execute(
            "update record_entry set kind = case kind when 'test.happened' then 'test.other' else 'test.happened' end"
            " where id = (select entry from record_leaf where controller_id = %(log)s and index = %(index)s)",
            {"log": log, "index": index},
        )
        return done.rowcount == 1
