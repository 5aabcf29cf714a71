"""Whoever has every file that ever lay in the store, every identity and the live keys reads nobody who was erased."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mandata.infra.postgres import Server
from tests.backups.house import ROOT
from tests.backups.site import Site
from tests.forgetting import raiding
from tests.forgetting.raiding import Loot
from tests.forgetting.scanner import in_bytes
from tests.forgetting.spellings import needles

pytestmark = pytest.mark.timeout(900)


@dataclass
class Raid:
    """What the thief has."""

    site: Site
    aside: Path
    person: str
    stayer: str
    of: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    copies: dict[str, list[str]] = field(default_factory=dict)

    @property
    def loot(self) -> Loot:
        """Everything that was ever put into the store, with both identities."""
        return Loot(self.aside, [self.site.identity, self.site.recovery])

    def ask(self, verb: str, **arguments: str) -> Any:
        """Have a verb of `raiding` done in the live installation."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.forgetting.raiding", verb, json.dumps(arguments)],
            env=self.site.environment(), cwd=ROOT, capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    def keep(self, moment: str) -> None:
        """Put everything aside that lies in the store now, and the live keys; nothing put aside goes again."""
        shutil.copytree(self.site.store, self.aside, dirs_exist_ok=True)
        self.keys[moment] = self.ask("live_keys")
        self.copies[moment] = [path.name for path in (self.site.store / "keys").iterdir()]

    def opens(self, person: str, contents: Iterator[bytes], moment: str) -> str:
        """What opens of somebody with these contents and the live keys of a moment."""
        shop = str(self.site.told_of["shop"])
        return raiding.opens(self.of[person], person, shop, contents, self.keys[moment])


@pytest.fixture(scope="module")
def raid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Raid]:
    """A backup, an erasure, a backup, a turn, a backup; at each moment everything is put aside."""
    folder = tmp_path_factory.mktemp("raid")
    site = Site(folder)
    site.found(4)
    people = site.told_of["people"]
    made = Raid(site, folder / "aside", people[3], people[1])
    for person in (made.person, made.stayer):
        made.of[person] = made.ask("known", controller=site.told_of["shop"], person=person)
    site.settle()
    site.backup("--full")
    made.keep("before")
    site.do("erase", number=3)
    site.backup("--incremental")
    site.settle()
    made.keep("erased")
    site.do("turn")
    site.settle()
    site.backup("--full")
    made.of["stayer now"] = made.ask("known", controller=site.told_of["shop"], person=made.stayer)
    made.keep("turned")
    yield made
    Server(site.var / "postgres").destroy()


@pytest.mark.req("RET-7", "SEC-3")
def test_the_backups_hold_what_was_sealed_and_nobody_in_the_clear(raid: Raid) -> None:
    marks = needles({}, {}) | {
        bytes.fromhex(raid.of[raid.person]["sealed"])[-32:]: "sealed",
        bytes.fromhex(raid.of[raid.person]["wrapped"])[-32:]: "wrapped",
    }
    sought = needles({"erased": raid.of[raid.person]["address"], "stayer": raid.of[raid.stayer]["address"]}, {})
    held: set[str] = set()
    clear: dict[str, bytes] = {}
    for content in raid.loot.data():
        held |= set(in_bytes(content, marks))
        clear |= in_bytes(content, sought)
    assert held == {"sealed", "wrapped"}, "the thief does have what is to be opened"
    assert clear == {}


@pytest.mark.req("RET-7", "SEC-3", "RET-4")
def test_after_the_turn_no_file_no_identity_and_no_live_key_opens_the_erased(raid: Raid) -> None:
    assert raid.opens(raid.person, raid.loot.keys(raid.copies["turned"]), "turned") == ""
    assert _opens_now(raid), "the same search opens who was not erased, so that it would have found the key"


def _opens_now(raid: Raid) -> str:
    """The stayer's key as it is wrapped now, and the identity as it lay in the first backup."""
    known = {**raid.of["stayer now"], "sealed": raid.of[raid.stayer]["sealed"]}
    shop = str(raid.site.told_of["shop"])
    return raiding.opens(known, raid.stayer, shop, raid.loot.keys(raid.copies["turned"]), [])


@pytest.mark.req("RET-7")
def test_before_the_turn_the_erased_may_still_open_and_a_restore_erases_first(raid: Raid) -> None:
    opened = raid.opens(raid.person, iter(()), "erased")
    assert raid.of[raid.person]["address"] in opened, "this is the window, and it ends with the turn"


def test_a_copy_of_the_keys_that_somebody_kept_aside_is_the_exception_that_the_documentation_names(raid: Raid) -> None:
    assert raid.of[raid.person]["address"] in raid.opens(raid.person, raid.loot.keys(), "turned")
    assert set(raid.copies["before"]).isdisjoint(raid.copies["turned"]), "the store itself keeps none"
    told = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    assert "Versioned buckets" in told and "Own copies of recovery copies" in told
