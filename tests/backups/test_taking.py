"""Backups of the embedded server into a folder: taken, whole, opened by other people's programs, refused, killed."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from mandata.backups.rules import manifest
from mandata.backups.services.source import _LOCK
from mandata.infra.postgres import place, programs
from tests.backups.house import ROOT, House
from tests.disks import disk, enlarge

MARK = "Bartholomew Quillfeather, Perrin Street 7"


def _objects(store: Path) -> set[str]:
    return {path.relative_to(store).as_posix() for path in (store / "backups").rglob("*") if path.is_file()}


def _manifest(house: House, backup: str) -> manifest.Manifest:
    return manifest.read((house.store / manifest.named(UUID(backup))).read_bytes())


def _aged(house: House, days: float) -> None:
    """Let every backup in the store be so many days older."""
    for path in house.store.glob("backups/*/manifest.json"):
        values = json.loads(path.read_text())
        for name in ("started_at", "finished_at"):
            values[name] = (datetime.fromisoformat(values[name]) - timedelta(days=days)).isoformat()
        path.write_text(json.dumps(values))


def _entries(house: House, kind: str) -> int:
    return int(house.sql(f"select count(*) from record_entry where kind = '{kind}'"))


@pytest.mark.req("SEC-3")
def test_a_full_and_an_incremental_backup_are_taken_told_listed_and_verified(house: House) -> None:
    before = _entries(house, "backup.taken")
    full = house.backup("--full")
    house.sql("create table if not exists filler as select n, md5(n::text) from generate_series(1, 50000) n")
    more = house.backup("--incremental")
    assert (full["kind"], full["parent"], more["kind"], more["parent"]) == ("full", None, "incremental", full["id"])
    assert more["size"] < full["size"]
    one, two = _manifest(house, full["id"]), _manifest(house, more["id"])
    assert two.chain == (one.id, two.id)
    assert one.system == two.system == str(house.sql("select system_identifier from pg_control_system()"))
    assert (one.embedded, one.database, one.timeline, one.postgres) == (True, "mandata", 1, full["postgres"])
    assert one.wal_start < one.wal_stop <= two.wal_start < two.wal_stop
    assert one.heads[str(UUID(int=0))] <= two.heads[str(UUID(int=0))]
    assert one.migrations["backups"] >= "0001_initial"
    assert _entries(house, "backup.taken") == before + 2
    assert list(house.store.glob("keys/*")), "the keys lie apart"
    assert house.sql(f"select state from backups_backup where id = '{more['id']}'") == "taken"
    assert [row["id"] for row in house.told("backup", "list")] == [full["id"], more["id"]]
    assert all(row["good"] and not row["opened"] for row in house.told("backup", "verify"))
    opened = house.told("backup", "verify", "--identity", str(house.identity))
    assert [(row["good"], row["opened"], row["bytes"]) for row in opened] == [
        (True, True, one.size),
        (True, True, two.size),
    ]


def test_what_lies_in_a_store_is_told_on_a_machine_without_a_database_and_gives_it_none(
    house: House, tmp_path: Path
) -> None:
    bare = {"MANDATA_VAR": str(tmp_path / "new"), "DATABASE_URL": "", "MANDATA_BACKUP_RECIPIENTS": ""}
    assert "There is no backup in" in house.run("backup", "verify", code=1, **bare)
    taken = house.backup("--full")
    assert taken["id"] in house.run("backup", "list", code=0, **bare)
    assert "whole" in house.run("backup", "verify", code=0, **bare)
    assert not (tmp_path / "new" / "postgres").exists()


def test_without_a_kind_the_next_one_is_taken_and_told_why_it_is_a_full_one(house: House) -> None:
    first = house.backup()
    assert (first["kind"], first["why"]) == ("full", "there is no backup yet that it could continue.")
    second = house.backup()
    assert second["kind"] == "incremental"
    (house.var / "backups" / f"{second['id']}.manifest").unlink()
    third = house.backup()
    assert third["kind"] == "full"
    assert "its list of files is gone" in third["why"]
    shutil.rmtree(house.var / "backups")
    said = house.run("backup", "--incremental", code=1)
    assert "An incremental backup is not possible" in said
    assert "--full" in said


def test_where_postgresql_gives_no_increment_a_full_backup_is_taken_instead(house: House) -> None:
    first = house.backup("--full")
    listing = house.var / "backups" / f"{first['id']}.manifest"
    listing.write_text(listing.read_text().replace('"System-Identifier": ', '"System-Identifier": 1'))
    assert "An incremental backup is not possible" in house.run("backup", "--incremental", code=1)
    taken = house.backup()
    assert taken["kind"] == "full"
    assert "system identifier" in taken["why"]
    assert len(_objects(house.store)) == 6  # nothing half


@pytest.fixture
def mark(house: House) -> Iterator[str]:
    """A text that is in the database in clear."""
    house.sql(f"create table marked as select '{MARK}'::text as mark")
    yield MARK
    house.sql("drop table marked")


@contextmanager
def _restored(house: House, chain: list[str], folder: Path) -> Iterator[None]:
    """Open a chain with Debian's age and gzip, combine and recover it with PostgreSQL's own programs."""
    where = place.find(house.server.folder)
    assert where is not None
    unpacked = [_unpacked(house, backup, folder / backup) for backup in chain]
    data = folder / "data"
    combine = [str(programs() / "pg_combinebackup"), "-o", str(data), *map(str, unpacked)]
    subprocess.run(combine, check=True, capture_output=True)
    wal = folder / "wal"
    wal.mkdir()
    for path in house.store.glob("wal/*/*.age"):
        opened = subprocess.run(["age", "-d", "-i", str(house.identity), str(path)], check=True, capture_output=True)
        (wal / path.name.removesuffix(".age")).write_bytes(opened.stdout)
    subprocess.run(["gunzip", *map(str, wal.glob("*.gz"))], check=True)
    (data / "recovery.signal").touch()
    (data / "postgresql.conf").write_text(
        f"listen_addresses = ''\nunix_socket_directories = '{folder}'\nrestore_command = 'cp {wal}/%f %p'\n"
        f"hba_file = '{data}/pg_hba.conf'\nfsync = off\n"
    )
    (data / "pg_hba.conf").write_text("local all all trust\n")
    folder.chmod(0o777)
    subprocess.run(["chown", "-R", where.account.name, str(data), str(wal)], check=True)
    control = [str(place.binaries(where.account) / "pg_ctl"), "-D", str(data), "-w", "-t", "60"]
    started = where.account.run([*control, "-l", str(folder / "log"), "-o", "-p 55555", "start"])
    assert started.returncode == 0, (started.stdout, (folder / "log").read_text()[-3000:])
    try:
        yield
    finally:
        where.account.run([*control, "-m", "immediate", "stop"])


def _unpacked(house: House, backup: str, folder: Path) -> Path:
    """By hand: age, gzip and tar, as the documentation says."""
    folder.mkdir()
    parts = " ".join(
        f"<(age -d -i '{house.identity}' '{path}')"
        for path in sorted(house.store.glob(f"backups/{backup}/base.tar.gz.*.age"))
    )
    subprocess.run(["bash", "-c", f"cat {parts} | gunzip | tar -x -C '{folder}'"], check=True)
    return folder


@pytest.mark.req("SEC-3")
def test_other_peoples_programs_open_it_and_the_log_brings_it_to_the_last_minute(
    house: House, mark: str, public: Path
) -> None:
    full = house.backup("--full")
    house.sql("create table later as select 1 as n")
    more = house.backup("--incremental")
    house.sql("insert into later values (2)")
    house.sql("select pg_switch_wal()")
    _shipped(house)
    with _restored(house, [full["id"], more["id"]], public):
        url = f"postgresql://postgres@/mandata?host={public}&port=55555"
        with psycopg.connect(url) as connection:
            assert connection.execute("select mark from marked").fetchall() == [(mark,)]
            assert connection.execute("select count(*) from later").fetchall() == [(2,)]
    house.sql("drop table later")


@pytest.fixture
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that the server's account can reach, with a path short enough for a socket."""
    folder = Path(f"/tmp/mb{os.getpid()}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o777)
    yield folder
    shutil.rmtree(folder)


def _shipped(house: House) -> None:
    """Ship what waits, in a process of its own, as the worker does."""
    code = (
        "import django, time; django.setup()\n"
        "from mandata.backups.services import ship_due\n"
        "from mandata.infra.clock import now\n"
        "deadline = time.monotonic() + 20\n"
        "while ship_due(at=now()) or time.monotonic() + 18 > deadline: time.sleep(0.2)\n"
    )
    told = house.environment(DJANGO_SETTINGS_MODULE="mandata.project.settings", DATABASE_URL=house.urls.app)
    subprocess.run([sys.executable, "-c", code], env=told, cwd=ROOT, check=True)


@pytest.mark.req("SEC-3")
def test_nothing_is_in_the_store_or_beside_it_in_clear(house: House, mark: str) -> None:
    house.sql("checkpoint")
    where = place.find(house.server.folder)
    assert where is not None
    assert _holds(where.data, mark), "the search finds nothing"
    house.backup("--full")
    assert not _holds(house.store, mark)
    assert not _holds(house.var / "backups", mark)
    for path in house.store.glob("backups/*/*.age"):
        assert path.read_bytes().startswith(b"age-encryption.org/v1\n-> X25519 ")
    told = "".join(path.read_text() for path in house.store.glob("backups/*/manifest.json"))
    assert "@" not in told


def _holds(folder: Path, text: str) -> bool:
    found = subprocess.run(["grep", "-rqaF", text, str(folder)], check=False)
    return found.returncode == 0


@pytest.mark.parametrize(
    ("missing", "says", "remedy"),
    [
        ("MANDATA_BACKUP_STORE", "No store for backups is named", "MANDATA_BACKUP_STORE"),
        ("MANDATA_BACKUP_RECIPIENTS", "Nobody is named who can open backups", "age-keygen"),
        ("MANDATA_RECOVERY_RECIPIENTS", "Nobody is named who can recover the keys", "MANDATA_RECOVERY_RECIPIENTS"),
    ],
)
@pytest.mark.req("SEC-3")
def test_without_a_store_or_recipients_it_refuses_with_the_remedy(
    house: House, missing: str, says: str, remedy: str
) -> None:
    said = house.run("backup", code=1, **{missing: ""})
    assert says in said
    assert remedy in said
    assert list(house.store.iterdir()) == []


@pytest.mark.req("SEC-3")
def test_a_store_whose_disk_is_not_mounted_is_told_and_not_made_on_another(house: House) -> None:
    house.store.rmdir()
    for command in (["backup"], ["backup", "list"], ["backup", "verify"]):
        said = house.run(*command, code=1)
        assert f"There is no folder {house.store}" in said
        assert "Mount its disk" in said
    assert not house.store.exists()
    assert house.sql("select count(*) from backups_backup where state = 'taking'") == 0


def test_a_recipient_that_is_none_is_told_before_anything_is_written(house: House) -> None:
    assert "is no recipient of age" in house.run("backup", code=1, MANDATA_RECOVERY_RECIPIENTS="age1nobody")
    assert list(house.store.iterdir()) == []


def test_of_two_at_once_one_says_so_or_waits(house: House) -> None:
    with psycopg.connect(house.urls.superuser, autocommit=True) as other:
        other.execute(f"select pg_advisory_lock({_LOCK})".encode())
        said = house.run("backup", "--full", code=1)
        assert "Another backup, or a pruning of backups, is under way" in said
        assert "--wait" in said
        waiting = house.start("backup", "--full", "--wait", "--json")
        deadline = time.monotonic() + 130
        asked = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        while house.sql(asked) == 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert waiting.poll() is None
    out, err = waiting.communicate(timeout=150)
    assert waiting.returncode == 0, err
    assert json.loads(out)["kind"] == "full"


STEPS = [f"put-{number}-{when}" for number in (1, 2, 3, 4) for when in ("before", "after")]


@pytest.mark.req("SEC-3")
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_same_command_finishes_and_nothing_half_is_listed(house: House, step: str) -> None:
    base = house.backup("--full")
    rows = int(house.sql("select count(*) from backups_backup"))
    entries = _entries(house, "backup.taken")
    house.run("backup", "--full", step=step, code=-9)
    whole = step == "put-4-after"  # its manifest was there
    assert len(house.told("backup", "list")) == 1 + whole
    done = house.backup("--full")
    assert [row["id"] for row in house.told("backup", "list")][:: 1 + whole] == [base["id"], done["id"]]
    assert len(_objects(house.store)) == 3 * (2 + whole)
    assert all(row["good"] for row in house.told("backup", "verify", "--identity", str(house.identity)))
    assert int(house.sql("select count(*) from backups_backup")) == rows + 1 + whole
    assert _entries(house, "backup.taken") == entries + 1 + whole
    assert house.sql("select count(*) from backups_backup where state = 'taking'") == 0


@pytest.mark.req("RET-4")
@pytest.mark.parametrize("step", ["", "delete-1-before", "delete-1-after", "delete-2-after", "delete-4-after"])
def test_backups_whose_period_has_run_go_with_all_that_only_they_need(house: House, step: str) -> None:
    old = [house.backup("--full"), house.backup("--incremental")]
    _aged(house, 31)
    house.sql("select pg_switch_wal()")
    new = house.backup("--full")
    _shipped(house)
    first = manifest.segment(1, new["wal_start"], 16 * 1024 * 1024)
    assert any(path.name < first for path in house.store.glob("wal/*/*"))
    before = _entries(house, "backup.pruned")
    if step:
        house.run("backup", "prune", step=step, code=-9)
        assert all(row["restorable"] for row in house.told("backup", "list"))
    house.told("backup", "prune")
    assert [row["id"] for row in house.told("backup", "list")] == [new["id"]]
    assert {name.split("/")[1] for name in _objects(house.store)} == {new["id"]}
    assert not any(path.name < first for path in house.store.glob("wal/*/*"))
    assert any(path.name[:24] == first for path in house.store.glob("wal/*/*"))
    assert _entries(house, "backup.pruned") == before + 2
    states = (
        f"select string_agg(distinct state, ' ') from backups_backup where id in ('{old[0]['id']}', '{old[1]['id']}')"
    )
    assert house.sql(states) == "pruned"
    assert house.told("backup", "prune")[0]["backups"] == []


def test_a_backup_that_somebody_deleted_is_noticed_in_table_and_record(house: House) -> None:
    lost = house.backup("--full")
    shutil.rmtree(house.store / "backups" / lost["id"])
    house.backup("--full")
    assert house.sql(f"select state from backups_backup where id = '{lost['id']}'") == "pruned"
    assert b'"reason":"missing"' in bytes(
        house.sql("select leaf from record_entry where kind = 'backup.pruned' order by id desc limit 1")
    )


@pytest.mark.req("SEC-3")
def test_what_was_changed_or_taken_away_in_the_store_is_found(house: House) -> None:
    full = house.backup("--full")
    more = house.backup("--incremental")
    part = house.store / "backups" / full["id"] / "base.tar.gz.00000.age"
    whole = part.read_bytes()
    part.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    (said, good) = house.told("backup", "verify", code=1)
    assert "base.tar.gz.00000.age was changed" in said["faults"][0]
    assert good["good"]
    assert not house.told("backup", "verify", full["id"], "--identity", str(house.identity), code=1)[0]["good"]
    part.unlink()
    assert "is missing" in house.told("backup", "verify", full["id"], code=1)[0]["faults"][0]
    shutil.rmtree(part.parent)
    (said,) = house.told("backup", "verify", code=1)
    assert said["id"] == more["id"]
    assert said["faults"] == [f"it rests on {full['id']}, which is not there"]
    assert "CANNOT BE RESTORED" in house.run("backup", "list")
    assert "no such backup" in house.run("backup", "verify", full["id"], code=1)


def test_another_identity_opens_nothing(house: House) -> None:
    house.backup("--full")
    (said,) = house.told("backup", "verify", "--identity", str(house.folder / "recovery.key"), code=1)
    assert said["faults"] == ["None of the identities opens it."]


def test_a_full_store_is_told_and_with_room_the_same_command_finishes(house: House, tmp_path: Path) -> None:
    with disk(tmp_path / "disk", 1) as folder:
        said = house.run("backup", "--full", code=1, MANDATA_BACKUP_STORE=str(folder))
        assert "No space left" in said
        assert house.told("backup", "list", MANDATA_BACKUP_STORE=str(folder)) == []
        assert _objects(folder) == set()
        enlarge(folder, 100)
        house.backup("--full", MANDATA_BACKUP_STORE=str(folder))


def test_the_schedule_takes_what_is_due_and_nothing_twice(house: House) -> None:
    assert house.told("backup", "--due")[0]["kind"] == "full"
    assert house.told("backup", "--due") == []
    _aged(house, 1.01)
    assert house.told("backup", "--due")[0]["kind"] == "incremental"
    assert house.told("backup", "--due") == []
    _aged(house, 6.5)
    assert house.told("backup", "--due")[0]["kind"] == "full"
    _aged(house, 40)
    assert house.told("backup", "--due")[0]["kind"] == "full"
    assert len(house.told("backup", "list")) == 1


def test_the_embedded_server_gives_a_dump_too(house: House) -> None:
    taken = house.backup("--dump")
    assert (taken["kind"], taken["parts"], taken["wal_start"]) == ("dump", 1, "")
    assert house.told("backup", "verify", "--identity", str(house.identity))[0]["good"]
    assert house.told("backup", "prune")[0]["backups"] == []
    assert house.backup()["kind"] == "full"  # a dump is nothing that an incremental one could continue


def test_wrong_usage_is_told(house: House) -> None:
    assert "choose one of" in house.run("backup", "--full", "--dump", code=2)
    assert "not for list" in house.run("backup", "--full", "list", code=2)
    assert "is no id of a backup" in house.run("backup", "verify", "nonsense", code=1)


@pytest.mark.req("SEC-3")
def test_memory_stays_flat_however_large_the_database(house: House) -> None:
    small = _peak(house)
    house.sql(
        "create table large as select string_agg(sha512(n::text::bytea)::text, '') as noise "
        "from generate_series(1, 600000) n group by n % 3000"
    )
    try:
        assert house.sql("select pg_total_relation_size('large')") > 60_000_000
        assert _peak(house) - small < 60_000_000
    finally:
        house.sql("drop table large")


def _peak(house: House) -> int:
    """Take a full backup; return the most memory that its process had, in bytes."""
    process = house.start("backup", "--full")
    assert process.stdout is not None
    assert process.stderr is not None
    assert re.search("full", process.stdout.read())
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    assert process.returncode == 0
    return usage.ru_maxrss * 1024
