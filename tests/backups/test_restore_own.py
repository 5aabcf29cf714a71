"""An own server, Debian's PostgreSQL 15: a dump is restored into it, and what other means restored is replayed."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mandata.backups import loading
from mandata.infra.postgres import Server
from tests.backups.site import Site
from tests.backups.test_own_server import PROGRAMS, fifteen

pytestmark = pytest.mark.timeout(900)
__all__ = ["fifteen"]


@pytest.fixture(scope="module")
def own(fifteen: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on that server; a dump of it, a copy of its database from then, and what happened afterwards."""
    site = Site(tmp_path_factory.mktemp("own"))
    site.settings |= {
        "DATABASE_URL": f"postgresql://mandata_app:secret@{fifteen}",
        "OWNER_DATABASE_URL": f"postgresql://mandata_owner:secret@{fifteen}",
        "MANDATA_BACKUP_DATABASE_URL": f"postgresql://dumper:secret@{fifteen}",
        "MANDATA_POSTGRES_PROGRAMS": str(PROGRAMS),
    }
    site.admin = f"postgresql://postgres@{fifteen.rpartition('/')[0]}/postgres"
    site.found(8)
    site.__dict__.update(site.do("begin"))
    site.full = site.backup("--dump")
    with psycopg.connect(site.admin, autocommit=True) as connection:
        connection.execute("create database older template mandata")
    site.__dict__.update(site.do("go_on", campaign=site.campaign, unfrozen=site.unfrozen))
    yield site


def _require_forgotten(site: Site) -> None:
    after = site.look()
    people = site.told_of["people"]
    assert after["open"] and people[7] not in after["people"] and None not in after["people"].values()
    assert after["restricted"] == [people[6]] and after["unsubscribed"] == [people[5]]
    assert after["suppressed"] == site.before["suppressed"] and after["erasures"] == site.before["erasures"]
    assert after["campaigns"] == {site.campaign: "held", site.unfrozen: "held"} and after["uploads"] == 0
    states = {number: state for which, _, number, state in after["messages"] if which == site.campaign}
    assert [states[number] for number in site.sent] == ["sent"] * 3 + ["unknown"] * 2
    assert after["entries"] >= site.before["entries"]


@pytest.mark.req("RET-7", "RET-4")
def test_a_dump_is_restored_into_an_own_server_and_everything_since_is_replayed(own: Site) -> None:
    arguments = ["restore", "--identity", str(own.identity)]
    assert "There is a database already in DATABASE_URL" in own.run(*arguments, code=1)
    report = own.restore("--over")
    assert report["backup"] == own.full["id"] and report["replayed"]["erasures"] == 1 and not report["findings"]
    _require_forgotten(own)


def test_a_dump_that_was_changed_in_the_store_leaves_nothing_half_loaded(own: Site) -> None:
    (part,) = (own.store / "backups" / own.full["id"]).glob("database.dump.gz.*.age")
    kept = part.read_bytes()
    part.write_bytes(kept[:-20000])
    try:
        arguments = ["restore", "--identity", str(own.identity), "--keys-identity", str(own.recovery), "--over"]
        said = own.run(*arguments, code=1)
        assert "decrypt" in said or "is not what was" in said or "cannot be loaded" in said, said
        with psycopg.connect(own.settings["OWNER_DATABASE_URL"]) as connection:
            found = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
        assert found == (0,)
    finally:
        part.write_bytes(kept)
    own.restore("--over")
    _require_forgotten(own)


@pytest.mark.req("RET-7")
def test_a_loaded_dump_is_shut_from_its_first_moment_on(own: Site, fifteen: str) -> None:
    server = fifteen.rpartition("/")[0]
    with psycopg.connect(own.admin, autocommit=True) as connection:
        connection.execute("create database loaded owner mandata_owner")
    dumped = subprocess.run(
        [PROGRAMS / "pg_dump", "-Fc", f"postgresql://postgres@{server}/older"], capture_output=True, check=True
    )
    owner = f"postgresql://mandata_owner:secret@{server}/loaded"
    loading.load(PROGRAMS, owner, [dumped.stdout])
    with psycopg.connect(owner) as connection:
        assert connection.execute("select count(*) from infra_restoring").fetchone() == (1,)


@pytest.mark.req("RET-7")
def test_what_other_means_put_in_place_opens_only_after_a_replay(own: Site, fifteen: str) -> None:
    with psycopg.connect(own.admin, autocommit=True) as connection:
        connection.execute("drop database mandata with (force)")
        connection.execute("create database mandata template older owner mandata_owner")
    said = own.run("track", "--listen", "127.0.0.1:1", code=1)
    assert "older" in said and "mandata restore --replay" in said
    (report,) = own.told("restore", "--replay")
    assert report["kind"] == "replay" and report["backup"] is None and report["replayed"]["erasures"] == 1
    _require_forgotten(own)


@pytest.mark.req("RET-7")
def test_a_dump_of_an_own_server_also_comes_back_on_an_empty_machine_of_ours(own: Site, tmp_path: Path) -> None:
    machine = Site.elsewhere(own, tmp_path)
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "MANDATA_BACKUP_DATABASE_URL", "MANDATA_POSTGRES_PROGRAMS"):
        machine.settings[name] = ""
    try:
        report = machine.restore()
        assert report["backup"] == own.full["id"] and not report["findings"]
        _require_forgotten(machine)
    finally:
        Server(machine.var / "postgres").destroy()
