"""A backup forgets: what was taken before an erasure yields nobody who was erased, once an epoch has turned."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from mandata.backups import fetching, restoring
from mandata.backups.restoring import Asked
from mandata.infra import environment
from mandata.infra import restoring as state
from mandata.infra.postgres import Server
from tests.backups.site import Site

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation: a backup, then an erasure, then a new epoch, then what the worker does by itself."""
    site = Site(tmp_path_factory.mktemp("forgets"))
    site.found(4)
    site.do("settle_all")
    site.full = site.backup("--full")
    site.gone = site.do("erase", number=3)["address"]
    site.do("turn")
    site.do("settle_all")
    yield site
    Server(site.var / "postgres").destroy()


@pytest.fixture
def raided(lived: Site, tmp_path: Path) -> Iterator[Site]:
    """The database as it was before the erasure, put in place past the application, with all the live keys."""
    made = Site.elsewhere(lived, tmp_path)
    settings = environment.read({"MANDATA_VAR": str(made.var)})
    made.var.mkdir()
    until = datetime.fromisoformat(lived.full["finished_at"])
    progress = restoring.begin(settings, Asked(str(lived.store), until=until))
    restoring.bring(settings, progress, fetching.identities(lived.identity), lambda _step: None)
    state.remove_marker(made.var)
    shutil.copytree(lived.var / "keys", made.var / "keys")
    yield made
    Server(made.var / "postgres").destroy()


@pytest.mark.req("RET-7", "SEC-3", "RET-4")
def test_an_old_backup_with_every_file_identity_and_the_live_keys_yields_nobody_who_was_erased(
    lived: Site, raided: Site
) -> None:
    erased, living = lived.told_of["people"][3], lived.told_of["people"][:3]
    live_keys = raided.do("raid")
    assert erased in live_keys["sealed"], "the backup does hold what was sealed"
    assert live_keys["epochs"] > 0 and live_keys["opened"] == {}, "the live keys alone open nobody of an old backup"
    everything = raided.do("raid", recovery=str(lived.recovery), within={"RAIDED_STORE": str(lived.store)})
    assert sorted(everything["opened"]) == sorted(living), "the copy of the keys opens the living, and proves the way"
    assert lived.gone not in str(everything["opened"].values())


@pytest.mark.req("RET-7", "RET-4")
def test_inside_the_epoch_the_erasure_is_replayed_before_anything_can_be_read(lived: Site, tmp_path: Path) -> None:
    machine = Site.elsewhere(lived, tmp_path)
    try:
        report = machine.restore("--at", lived.full["finished_at"])
        after = machine.look()
    finally:
        Server(machine.var / "postgres").destroy()
    assert lived.told_of["people"][3] not in after["people"] and len(after["people"]) == 3
    assert None not in after["people"].values() and report["replayed"]["erasures"] >= 1
