"""What a store may hold against us: what cannot be read, what grows beyond all bounds; and a restore killed late."""

import gzip
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pyrage import x25519

from mandata.backups import fetching, restoring
from mandata.backups.restoring import Progress
from mandata.backups.rules import manifest
from mandata.foundation.errors import Fault
from mandata.infra import age
from mandata.infra.environment import read
from mandata.infra.postgres.place import make
from mandata.infra.postgres.recovering import Recovery, _Answering
from mandata.infra.stores import FolderStore
from tests.backups.test_keeping import NOW, _one

SEGMENT = "000000010000000000000007"


@pytest.mark.req("RET-7")
def test_a_manifest_that_cannot_be_read_does_not_lie_in_the_way_of_the_others(tmp_path: Path) -> None:
    store, good = FolderStore(tmp_path), _one(1, 1)
    bad = manifest.named(uuid4())
    store.put(bad, [b"{"])
    with pytest.raises(Fault, match="manifest"):
        fetching.manifests(store)
    store.put(good.name, [manifest.write(good)])
    assert [one.id for one in fetching.manifests(store)] == [good.id]


@pytest.mark.req("RET-7")
def test_a_file_of_the_write_ahead_log_that_grows_without_end_is_refused_in_flat_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, store = x25519.Identity.generate(), FolderStore(tmp_path)
    monkeypatch.setattr(fetching, "_LONGEST_WAL", 4 * 1024 * 1024)
    for name, size in ((SEGMENT, 4), ("000000010000000000000008", 5)):
        packed = gzip.compress(bytes(size * 1024 * 1024))
        store.put(manifest.wal_name("77", name), age.encrypt([packed], [identity.to_public()]))
    wal = fetching.Wal(store, "77", [identity])
    assert sum(map(len, wal(SEGMENT) or [])) == 4 * 1024 * 1024
    with pytest.raises(Fault, match="no file of the write-ahead log"):
        list(wal("000000010000000000000008") or [])
    assert (wal("000000010000000000000009"), wal.absent) == (None, ["000000010000000000000009"])


def test_nobody_else_reads_a_file_of_the_write_ahead_log_while_it_is_written(tmp_path: Path) -> None:
    where = make(tmp_path / "postgres")
    modes = list[int]()
    folder = where.root / "restore"
    folder.mkdir()

    def serve(_name: str):  # type: ignore[no-untyped-def]
        yield b"first"
        modes.append(stat.S_IMODE((folder / "given" / ".part").stat().st_mode))

    with _Answering(folder, where, serve) as answering:
        answering._give(SEGMENT)
        assert (folder / "given" / SEGMENT).read_bytes() == b"first"
    assert modes == [0o600]


@pytest.mark.req("RET-7", "SEC-3")
def test_a_restore_killed_right_behind_the_recovery_knows_the_databases_state_all_the_same(tmp_path: Path) -> None:
    recovery = Recovery(tmp_path / "postgres")
    recovery.place.data.mkdir(mode=0o700)
    (recovery.place.data / "PG_VERSION").write_text("18\n")
    assert recovery.done
    (recovery.place.run / "restore.log").write_text(
        "LOG:  last completed transaction was at log time 2026-11-22 11:58:30.5+00\n"
    )
    begun = NOW - timedelta(hours=9)
    at = Progress(uuid4(), str(tmp_path), None, NOW, "recover", state_at=begun)
    settings = read({"MANDATA_VAR": str(tmp_path)})
    restoring._recover(settings, at, FolderStore(tmp_path), [_one(1, 1)], [], lambda _step: None)
    assert at.state_at == datetime(2026, 11, 22, 11, 58, 30, 500_000, tzinfo=UTC)
