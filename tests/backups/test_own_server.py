"""An own server: Debian's PostgreSQL 15 (full base backup, dump), and one of 18 that is not the embedded one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest

from mandata.backups.rules import manifest
from mandata.infra.postgres import Server, programs
from mandata.infra.postgres.account import account
from tests.backups.house import House
from tests.ports import free_port

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
_ROLES = """
create role mandata_owner login password 'secret'; create role mandata_app login password 'secret';
create role saver login replication password 'secret';
create role dumper login bypassrls password 'secret'; grant pg_read_all_data to dumper;
create role nobody login password 'secret';
"""


@pytest.fixture(scope="module")
def fifteen() -> Iterator[str]:
    """A server of the distribution, as an operator would set it up; its address without a role."""
    folder, who = Path(f"/tmp/mo{os.getpid()}"), account()
    folder.mkdir(mode=0o777)
    shutil.chown(folder, who.uid, who.gid)
    port = free_port()
    data = str(folder / "data")
    made = who.run(
        [str(PROGRAMS / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    )
    assert made.returncode == 0, made.stdout
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    control = [str(PROGRAMS / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log")]
    started = who.run([*control, "-o", options, "start"])
    assert started.returncode == 0, started.stdout
    with psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", autocommit=True) as connection:
        connection.execute(_ROLES)
        connection.execute("create database mandata owner mandata_owner template template0 encoding 'UTF8'")
    yield f"127.0.0.1:{port}/mandata"
    who.run([*control, "-m", "immediate", "stop"])
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def own(fifteen: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose database is that server's."""
    house = House(tmp_path_factory.mktemp("own"))
    house.settings |= {
        "DATABASE_URL": f"postgresql://mandata_app:secret@{fifteen}",
        "OWNER_DATABASE_URL": f"postgresql://mandata_owner:secret@{fifteen}",
        "MANDATA_BACKUP_DATABASE_URL": f"postgresql://saver:secret@{fifteen}",
    }
    with house.lent():
        yield house


def _opened(house: House, backup: str, content: str, command: str) -> str:
    parts = " ".join(
        f"<(age -d -i '{house.identity}' '{path}')"
        for path in sorted(house.store.glob(f"backups/{backup}/{content}.gz.*.age"))
    )
    done = subprocess.run(
        ["bash", "-c", f"cat {parts} | gunzip | {command}"], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.req("SEC-3")
def test_a_server_of_15_gives_full_base_backups_that_other_peoples_programs_open(own: House, tmp_path: Path) -> None:
    taken = own.backup()
    assert (taken["kind"], taken["postgres"][:3]) == ("full", "15.")
    assert "gives none (17 or later" in taken["why"]
    one = manifest.read((own.store / manifest.named(UUID(taken["id"]))).read_bytes())
    assert (one.embedded, one.content, one.timeline) == (False, "base.tar", 1)
    assert "PG_VERSION" in _opened(own, taken["id"], "base.tar", "tar -t")
    _opened(own, taken["id"], "base.tar", f"tar -x -C '{tmp_path}'")
    checked = subprocess.run(
        [PROGRAMS / "pg_verifybackup", "-n", tmp_path], capture_output=True, text=True, check=False
    )
    assert "backup successfully verified" in checked.stdout, checked.stderr
    said = own.run("backup", "--incremental", code=1)
    assert "An incremental backup is not possible: PostgreSQL 15" in said
    assert own.told("backup", "verify", taken["id"], "--identity", str(own.identity))[0]["good"]


@pytest.mark.req("SEC-3")
def test_a_role_that_bypasses_row_level_security_gets_a_dump(own: House, fifteen: str) -> None:
    taken = own.backup(MANDATA_BACKUP_DATABASE_URL=f"postgresql://dumper:secret@{fifteen}")
    assert taken["kind"] == "dump"
    listed = _opened(own, taken["id"], "database.dump", f"{programs()}/pg_restore --list")
    assert "TABLE DATA public record_entry" in listed
    assert own.told("backup", "verify", taken["id"], "--identity", str(own.identity))[0]["good"]


@pytest.mark.parametrize(
    ("role", "options", "says"),
    [
        ("nobody", [], "so a dump by it would be empty"),
        ("nobody", ["--full"], "may not take a base backup"),
        ("saver", ["--dump"], "so a dump by it would be empty"),
        ("stranger", [], "cannot be reached for a backup"),
    ],
)
def test_a_role_that_cannot_is_told_what_it_needs(
    own: House, fifteen: str, role: str, options: list[str], says: str
) -> None:
    url = f"postgresql://{role}:secret@{fifteen}"
    said = own.run("backup", *options, code=1, MANDATA_BACKUP_DATABASE_URL=url)
    assert says in said
    assert "secret" not in said


def test_without_a_role_for_backups_it_refuses(own: House) -> None:
    assert "no role is named" in own.run("backup", code=1, MANDATA_BACKUP_DATABASE_URL="")


def test_where_programs_are_missing_that_is_told(own: House, tmp_path: Path) -> None:
    assert "There is no" in own.run("backup", code=1, MANDATA_POSTGRES_PROGRAMS=str(tmp_path))


def test_the_distributions_programs_can_be_named(own: House) -> None:
    assert own.backup(MANDATA_POSTGRES_PROGRAMS=str(PROGRAMS))["kind"] == "full"


@pytest.mark.req("SEC-3")
def test_an_own_server_of_18_gives_incremental_backups(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("eighteen")
    server = Server(folder / "server", durable=False)
    server.start()
    try:
        urls = server.provision()
        with psycopg.connect(urls.superuser) as connection:
            connection.execute("create role saver login replication password 'secret'")
            connection.execute("grant connect on database mandata to saver")
        port = urlsplit(urls.app).port
        house = House(folder / "house")
        house.settings |= {
            "DATABASE_URL": urls.app,
            "OWNER_DATABASE_URL": urls.owner,
            "MANDATA_BACKUP_DATABASE_URL": f"postgresql://saver:secret@127.0.0.1:{port}/mandata",
        }
        with house.lent():
            assert [house.backup()["kind"] for _ in range(2)] == ["full", "incremental"]
            assert all(row["good"] for row in house.told("backup", "verify", "--identity", str(house.identity)))
    finally:
        server.destroy()
