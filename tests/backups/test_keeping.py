"""What a manifest says, which backups go, what goes with them, and what is due: rules alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mandata.backups.rules import keeping, manifest
from mandata.backups.rules.keeping import Plan
from mandata.backups.rules.manifest import Manifest, Part
from mandata.foundation.errors import Fault

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAN = Plan(every=timedelta(hours=24), full_every=timedelta(days=7), keep=timedelta(days=30))
SEGMENT = 16 * 1024 * 1024


def _one(number: int, days: float, *, after: Manifest | None = None, kind: str = "full", wal: int = 0) -> Manifest:
    """A backup begun so many days before NOW; `wal`: number of the log's file in which it begins."""
    own = UUID(int=number)
    at = NOW - timedelta(days=days)
    return Manifest(
        id=own, kind="incremental" if after else kind, parent=after.id if after else None,
        chain=(*(after.chain if after else ()), own), started_at=at, finished_at=at, mandata="0", embedded=True,
        database="mandata", postgres="18.4", system="77", timeline=1, wal_start=f"0/{wal * SEGMENT + 40:X}",
        wal_stop=f"0/{wal * SEGMENT + 80:X}", segment_size=SEGMENT, content="base.tar", size=1, sha256="", stored=1,
        parts=(Part("base.tar.gz.00000.age", 1, ""),), heads={}, migrations={}, epochs={},
    )  # fmt: skip


def test_a_manifest_is_read_as_it_was_written_and_a_changed_one_is_refused() -> None:
    first = _one(1, 3)
    whole = replace(_one(2, 1, after=first), heads={"0": 7}, epochs={"a": [1, 2]}, migrations={"vault": "0003_x"})
    read = manifest.read(manifest.write(whole))
    assert manifest.write(read) == manifest.write(whole)
    assert (read.id, read.full, read.chain, read.started_at) == (
        whole.id,
        first.id,
        (first.id, whole.id),
        whole.started_at,
    )
    for bad in (b"", b"{}", b"[]", manifest.write(whole).replace(b'"incremental"', b'"partial"'), b'{"format": 2}'):
        with pytest.raises(Fault):
            manifest.read(bad)


def test_the_file_of_a_position_is_named_as_postgresql_names_it() -> None:
    assert manifest.segment(1, "0/2000028", SEGMENT) == "000000010000000000000002"
    assert manifest.segment(3, "2A/FF000000", SEGMENT) == "000000030000002A000000FF"
    assert manifest.segment(1, "1/0", 64 * 1024 * 1024) == "000000010000000100000000"


@pytest.mark.req("RET-4")
def test_a_chain_goes_as_one_when_its_full_backups_period_has_run() -> None:
    old = _one(1, 30)
    older = [old, _one(2, 29, after=old), _one(3, 25, after=old)]
    young = _one(4, 29.9)
    newest = [young, _one(5, 1, after=young)]
    assert [one.id.int for one in keeping.expired([*older, *newest], PLAN, NOW)] == [3, 2, 1]
    assert keeping.expired(newest, PLAN, NOW) == []


@pytest.mark.req("RET-4")
def test_the_newest_chain_stays_however_old_and_that_is_said() -> None:
    old = _one(1, 90)
    chain = [old, _one(2, 80, after=old)]
    assert keeping.expired(chain, PLAN, NOW) == []
    assert keeping.overdue(chain, PLAN, NOW)
    assert not keeping.overdue([_one(3, 1)], PLAN, NOW)
    assert [one.id.int for one in keeping.expired([*chain, _one(3, 1)], PLAN, NOW)] == [2, 1]


def test_an_incremental_one_that_has_lost_what_it_rests_on_goes() -> None:
    lost = _one(2, 1, after=_one(1, 2))
    assert keeping.restorable([lost]) == []
    assert keeping.expired([lost, _one(3, 0.5)], PLAN, NOW) == [lost]
    assert keeping.newest_chain([lost]) is None


@pytest.mark.parametrize(
    ("full", "last", "gap", "due"),
    [
        (None, None, False, "full"),
        (0.5, None, False, ""),
        (0.5, None, True, "incremental"),
        (3, 0.9, False, ""),
        (3, 1.0, False, "incremental"),
        (7.0, 0.1, False, "full"),
    ],
)
def test_what_is_due(full: float | None, last: float | None, gap: bool, due: str) -> None:
    taken = [] if full is None else [_one(1, full)]
    taken += [] if last is None else [_one(2, last, after=taken[0])]
    assert keeping.due(taken, PLAN, NOW, gap=gap) == due


@pytest.mark.req("RET-4")
def test_a_short_period_asks_for_full_backups_more_often() -> None:
    short = replace(PLAN, keep=timedelta(days=6))
    assert keeping.due([_one(1, 3), _one(2, 0.1, after=_one(1, 3))], short, NOW) == "full"
    assert keeping.due([_one(1, 2.9), _one(2, 0.1, after=_one(1, 2.9))], short, NOW) == ""


def test_of_the_write_ahead_log_goes_what_is_older_than_the_oldest_backup() -> None:
    names = [f"wal/77/00000001{0:08X}{number:08X}.gz.age" for number in range(6)]
    history = "wal/77/00000002.history.gz.age"
    other = "wal/88/000000010000000000000009.gz.age"
    kept = [_one(1, 2, wal=3), _one(2, 1, wal=4)]
    assert keeping.unneeded_wal([*names, history, other], kept) == [*names[:3], other]
    assert keeping.unneeded_wal(names, []) == []
    assert keeping.unneeded_wal(names, [replace(kept[0], wal_start="", kind="dump")]) == []


def test_of_the_outside_log_goes_what_every_backup_knows_but_never_a_hosts_newest_file() -> None:
    old, new = "aaaaaaaaaaaa-00000001-20261101.log", "aaaaaaaaaaaa-00000002-20261120.log"
    alone = "bbbbbbbbbbbb-00000001-20261001.log"
    names = [manifest.outside_name(file, 0, 5) for file in (old, new, alone)]
    assert keeping.unneeded_outside(names, [_one(1, 3)]) == [names[0]]
    assert keeping.unneeded_outside(names, [_one(1, 22)]) == []
    assert keeping.unneeded_outside(names, []) == []
    assert manifest.outside_piece(names[0]) == (old, 0, 5)


def test_of_the_outside_log_nothing_goes_that_was_written_behind_what_stays_whatever_day_the_clock_had() -> None:
    files = [
        f"aaaaaaaaaaaa-{number:08}-{day}.log" for number, day in enumerate((20261101, 20261121, 20250101, 20261122))
    ]
    names = [manifest.outside_name(file, 0, 5) for file in files]
    assert keeping.unneeded_outside(names, [_one(1, 1)]) == names[:1]


def test_what_somebody_else_put_into_the_store_is_left_alone() -> None:
    strange = ["outside/notes.txt", "outside/../x", "outside/a-1-2.log/7.gz.age", "wal/readme", "wal/77/notes.txt"]
    assert not any(map(manifest.is_outside_piece, strange))
    assert keeping.unneeded_outside(strange, [_one(1, 3)]) == []
    assert keeping.unneeded_wal(strange[3:], [_one(1, 3, wal=3)]) == []


def test_a_hole_in_the_write_ahead_log_after_a_backup_is_named() -> None:
    names = [f"wal/77/00000001{0:08X}{number:08X}.gz.age" for number in (3, 4, 6, 7)]
    assert keeping.missing_wal(names, _one(1, 1, wal=3)) == ["000000010000000000000005"]
    assert keeping.missing_wal(names, _one(1, 1, wal=6)) == []
    assert keeping.missing_wal([], _one(1, 1, wal=6)) == []
    across = [f"wal/77/00000001{high:08X}{low:08X}.gz.age" for high, low in ((0, 254), (0, 255), (1, 1))]
    assert keeping.missing_wal(across, _one(1, 1, wal=254)) == ["000000010000000100000000"]
