"""The write-ahead log and the outside log on their way to the store; a store that is away, a spool that is full."""

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mandata.backups.services import shipping
from mandata.backups.services.settings import Target
from mandata.backups.services.shipping import Shipper
from mandata.infra import age, outside
from mandata.infra.clock import now
from mandata.infra.postgres import Spool, archiving, place, spool
from mandata.infra.stores import Away, FolderStore
from tests.backups.house import ROOT, House, keygen

HOST = "aaaaaaaaaaaa"


@pytest.fixture
def target(tmp_path: Path) -> Target:
    public = keygen(tmp_path / "key")
    (tmp_path / "store").mkdir(exist_ok=True)
    return Target("store", FolderStore(tmp_path / "store"), age.recipients(public))


def _opened(tmp_path: Path, name: str) -> bytes:
    """With Debian's own programs."""
    path = tmp_path / "store" / name
    command = f"age -d -i '{tmp_path / 'key'}' '{path}' | gunzip"
    return subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True, capture_output=True).stdout


def _log(folder: Path, number: int, text: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{HOST}-{number:08d}-202611{20 + number}.log"
    with path.open("ab") as stream:
        stream.write(text)
    return path


def _stored(tmp_path: Path, area: str) -> list[str]:
    return sorted(
        path.relative_to(tmp_path / "store").as_posix() for path in (tmp_path / "store" / area).rglob("*.age")
    )


@pytest.mark.req("SEC-3")
def test_a_growing_file_of_the_outside_log_is_shipped_in_pieces_that_make_it_up(tmp_path: Path, target: Target) -> None:
    path, texts = _log(tmp_path / "out", 1, b"first\n"), [b"first\n"]
    shipper = Shipper(target, None, tmp_path / "out")
    assert shipper.ship() == 1
    assert shipper.ship() == 0
    for text in (b"second\n" * 1000, b"third\n"):
        _log(tmp_path / "out", 1, text)
        texts.append(text)
        assert shipper.ship() == 1
    # Another process goes on where this one was.
    another = Shipper(target, None, tmp_path / "out")
    assert another.ship() == 0
    _log(tmp_path / "out", 1, b"fourth\n")
    assert another.ship() == 1
    pieces = _stored(tmp_path, "outside")
    assert len(pieces) == 4
    assert b"".join(_opened(tmp_path, piece) for piece in pieces) == path.read_bytes()


def test_a_piece_that_a_killed_process_put_twice_or_not_at_all_leaves_no_hole(tmp_path: Path, target: Target) -> None:
    path = _log(tmp_path / "out", 1, b"abcdef\n")
    Shipper(target, None, tmp_path / "out").ship()
    _log(tmp_path / "out", 1, b"ghijkl\n")
    target.store.put(f"outside/{path.name}/000000000000009-000000000000014.gz.age", [b"of nobody"])
    assert Shipper(target, None, tmp_path / "out").ship() == 1
    assert f"outside/{path.name}/000000000000007-000000000000014.gz.age" in _stored(tmp_path, "outside")


def test_a_file_that_grows_no_more_becomes_one_piece(tmp_path: Path, target: Target) -> None:
    shipper = Shipper(target, None, tmp_path / "out")
    for text in (b"a\n", b"b\n", b"c\n"):
        path = _log(tmp_path / "out", 1, text)
        shipper.ship()
    assert len(_stored(tmp_path, "outside")) == 3
    _log(tmp_path / "out", 2, b"d\n")
    shipper.ship()
    (one, two) = _stored(tmp_path, "outside")
    assert one == f"outside/{path.name}/000000000000000-000000000000006.gz.age"
    assert (_opened(tmp_path, one), _opened(tmp_path, two)) == (b"a\nb\nc\n", b"d\n")
    assert shipper.ship() == Shipper(target, None, tmp_path / "out").ship() == 0


def test_real_lines_of_the_outside_log_come_back(tmp_path: Path, target: Target, world: object) -> None:
    from mandata.infra.tenancy import INSTANCE, scope

    with scope(INSTANCE):
        outside.write("backups.tried", {"n": 1}, {"n": 2})
    folder = outside.files()[-1].parent
    Shipper(target, None, folder).ship()
    back = tmp_path / "back"
    back.mkdir()
    for name in _stored(tmp_path, "outside"):
        with (back / name.split("/")[1]).open("ab") as stream:
            stream.write(_opened(tmp_path, name))
    assert [line.body["n"] for line in outside.read(back, kinds=("backups.",))][-2:] == [1, 2]


def _await(done: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.req("SEC-3")
def test_finished_files_of_the_write_ahead_log_leave_the_spool_once_the_store_has_them(
    house: House, tmp_path: Path, target: Target
) -> None:
    waiting = spool(house.server.folder)
    assert waiting is not None
    house.sql("create table if not exists going as select 1")
    house.sql("select pg_switch_wal()")
    _await(waiting.waiting)
    before = {path.name.removesuffix(".gz"): gzip.decompress(path.read_bytes()) for path in waiting.waiting()}
    assert all(len(text) == 16 * 1024 * 1024 for text in before.values())
    system = house.sql("select system_identifier from pg_control_system()")
    assert Shipper(target, waiting, tmp_path / "none").ship() >= len(before)
    assert not set(before) & {path.name.removesuffix(".gz") for path in waiting.waiting()}
    for name, text in before.items():
        assert _opened(tmp_path, f"wal/{system}/{name}.gz.age") == text
    house.sql("drop table going")


def test_a_file_of_a_killed_shipper_is_shipped_again_under_the_same_name(tmp_path: Path, target: Target) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    page = bytes(24) + (77).to_bytes(8, "little") + bytes(1000)
    for _ in range(2):
        (folder / "000000010000000000000001.gz").write_bytes(gzip.compress(page))
        assert Shipper(target, Spool(folder), tmp_path / "none").ship() == 1
    (folder / "00000002.history.gz").write_bytes(gzip.compress(b"1\t0/2000000\n"))
    (folder / "000000020000000000000002.gz").write_bytes(gzip.compress(page))
    shipper = Shipper(target, Spool(folder), tmp_path / "none")
    assert shipper.ship() + shipper.ship() == 2
    assert _stored(tmp_path, "wal") == [
        "wal/77/000000010000000000000001.gz.age",
        "wal/77/00000002.history.gz.age",
        "wal/77/000000020000000000000002.gz.age",
    ]
    assert list(folder.iterdir()) == []


def test_a_link_in_the_spool_is_not_followed(tmp_path: Path, target: Target) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / "000000010000000000000001.gz").symlink_to(tmp_path / "key")
    with pytest.raises(OSError, match="symbolic"):
        Shipper(target, Spool(folder), tmp_path / "none").ship()


class _AwayStore(FolderStore):
    away = True

    def put(self, name: str, chunks: object) -> int:
        if self.away:
            raise Away("The store is away.")
        return super().put(name, chunks)  # type: ignore[arg-type]


def test_while_the_store_is_away_everything_waits_and_it_is_said_now_and_then(
    tmp_path: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = _AwayStore(tmp_path / "store")
    path = _log(tmp_path / "out", 1, b"x\n")
    said: list[str] = []
    logger = type("Log", (), {name: lambda _self, event, **_told: said.append(event) for name in ("error", "warning")})
    monkeypatch.setattr(shipping, "_log", logger())
    monkeypatch.setattr(shipping, "_locked", lambda: True)
    monkeypatch.setattr(shipping, "_shipper", Shipper(Target("x", store, target.recipients), None, tmp_path / "out"))
    monkeypatch.setattr(shipping, "_said", None)
    monkeypatch.setattr(shipping, "env", lambda: _Settings(tmp_path))
    for minutes in (0, 1, 5, 11, 12):
        assert shipping.ship_due(at=now() + timedelta(minutes=minutes)) == 0
    assert said == ["store.away", "store.away"]
    store.away = False
    assert shipping.ship_due(at=now()) == 1
    assert said[2:] == ["store.back"]
    assert _opened(tmp_path, _stored(tmp_path, "outside")[0]) == path.read_bytes()


class _Settings:
    backup_store, backup_spool = "x", 1

    def __init__(self, folder: Path) -> None:
        self.var = folder


def test_a_full_spool_holds_up_nobody_and_the_next_backup_closes_the_gap(house: House) -> None:
    where, waiting = place.find(house.server.folder), spool(house.server.folder)
    assert where is not None
    assert waiting is not None
    house.backup("--full")
    archiving.prepare(where, 0)
    try:
        for _ in range(2):
            house.sql("create table if not exists filling as select 1")
            house.sql("select pg_switch_wal()")
            house.sql("drop table filling")
        _await(lambda: len(waiting.lost()) >= 2)
        assert house.sql("select failed_count from pg_stat_archiver") == 0
    finally:
        archiving.prepare(where, 100)
    assert house.told("backup", "--due")[0]["kind"] == "incremental"
    assert waiting.lost() == []
    assert house.told("backup", "--due") == []


@pytest.mark.req("SEC-3")
def test_the_worker_takes_what_is_due_and_ships_both_logs(house: House) -> None:
    worker = house.start("worker", DATABASE_URL=house.urls.app, MANDATA_LOG_LEVEL="info")
    try:
        house.sql("create table if not exists moving as select 1")
        house.sql("select pg_switch_wal()")
        _await(lambda: list(house.store.glob("wal/*/*.age")))
        _await(lambda: list(house.store.glob("backups/*/manifest.json")), 150)
    finally:
        worker.terminate()
        _out, err = worker.communicate(timeout=150)
    assert worker.returncode == 0, err[-3000:]
    assert house.told("backup", "list")[0]["kind"] == "full"
    assert "backup.started" in err
    house.sql("drop table moving")


def test_only_one_process_of_a_host_ships(house: House) -> None:
    code = (
        "import django, sys; django.setup()\n"
        "from mandata.backups.services import shipping\n"
        "print(shipping._locked(), flush=True); sys.stdin.read()\n"
    )
    told = house.environment(DJANGO_SETTINGS_MODULE="mandata.project.settings", DATABASE_URL=house.urls.app)
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code], env=told, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    try:
        answers = [one.stdout.readline().strip() for one in both if one.stdout]
    finally:
        for one in both:
            one.communicate()
    assert sorted(answers) == ["False", "True"]
    assert os.environ.get("MANDATA_BACKUP_STORE") is None
