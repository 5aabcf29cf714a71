"""A controller was deleted at the end of its agreement; a backup from before it is restored: it is deleted again."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mandata.holdings import tenants
from mandata.infra.postgres import Server
from tests.backups import ended
from tests.backups.site import Site
from tests.forgetting.raiding import Loot
from tests.forgetting.scanner import in_bytes, scan
from tests.forgetting.spellings import needles

pytestmark = [pytest.mark.timeout(900), pytest.mark.req("RET-4", "RET-7")]

SOUGHT = needles({"address": ended.ADDRESS, "name": ended.LAST}, {"address": ended.ADDRESS})


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two controllers and a full backup; then one of the two is deleted and certified. `before`: it, as it was;
    `early-keys`: the copies of the keys as they were then."""
    site = Site(tmp_path_factory.mktemp("ended"))
    try:
        site.found(3)
        site.before = site.do("doomed")
        site.settle()
        site.full = site.backup("--full")
        shutil.copytree(site.store / "keys", site.folder / "early-keys")
        site.do("end", controller=site.before["id"])
        site.settle()
        yield site
    finally:
        Server(site.var / "postgres").destroy()


@pytest.fixture
def machine(lived: Site, tmp_path: Path) -> Iterator[Site]:
    """A machine with nothing on it."""
    made = Site.elsewhere(lived, tmp_path)
    yield made
    if (made.var / "postgres").exists():
        Server(made.var / "postgres").destroy()


def _require_gone(said: dict[str, Any]) -> None:
    assert said["open"]
    assert (said["left"], said["vault"], said["epochs"]) == ({}, False, [])
    assert (said["clear"], said["sealed"]) == ([], [])


def test_a_restore_older_than_the_deletion_deletes_again_and_the_record_verifies(lived: Site, machine: Site) -> None:
    assert "audience_subscriber" in lived.before["sealed"], "the backup has the person"
    report = machine.restore("--at", lived.full["finished_at"])
    assert report["replayed"]["controllers"] == 1 and not report["findings"]
    _require_gone(machine.do("rest", controller=lived.before["id"]))
    assert f"{lived.before['id']}" in machine.run("verify"), "the whole record holds"
    said = machine.do("rest", controller=lived.before["id"], go_on=True)
    _require_gone(said)
    assert said["state"] == "certified"
    assert said["record"].count("retention.deleted") == 1, "the entry came back with the record"
    others = machine.look()
    assert sorted(others["people"]) == sorted(lived.told_of["people"])
    assert None not in others["people"].values(), "the other controller's people open as before"


def test_a_copy_of_the_keys_from_before_the_deletion_opens_nothing_after_the_restore(
    lived: Site, machine: Site, tmp_path: Path
) -> None:
    machine.store = Path(shutil.copytree(lived.store, tmp_path / "store"))
    shutil.rmtree(machine.store / "keys")
    shutil.copytree(lived.folder / "early-keys", machine.store / "keys")
    machine.restore("--at", lived.full["finished_at"])
    _require_gone(machine.do("rest", controller=lived.before["id"]))


def test_nobody_of_it_is_in_any_byte_of_the_installation_nor_of_its_copies(lived: Site) -> None:
    """The folder with the database's files, its write-ahead log, the outside log and the spool, and the copies opened
    with every identity that there is."""
    folders = [lived.var, lived.outside, Server(lived.var / "postgres").folder.resolve()]
    assert [str(hit) for hit in scan(folders, SOUGHT)] == []
    clear: dict[str, bytes] = {}
    for content in Loot(lived.store, [lived.identity, lived.recovery]).data():
        clear |= in_bytes(content, SOUGHT)
    assert clear == {}
    assert tenants.KIND in "".join(path.read_text() for path in lived.outside.iterdir() if path.is_file())
