"""`mandata pack` and `mandata verify FILE.zip`: written here, verified without database and Django."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import UUID

import pytest

from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.record import selectors, services
from tests.world import World


def _run(*arguments: object, database: bool = True) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if database or "DATABASE" not in name}
    command = [sys.executable, "-m", "mandata.cli", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def _pack(log: UUID, out: Path, *more: object) -> "subprocess.CompletedProcess[str]":
    return _run("pack", log, "--since", "2020-01-01", "--until", "2099-12-31", "--out", out, *more)


@pytest.mark.req("REC-1")
def test_a_pack_is_written_entered_in_the_record_and_verified_without_a_database(world: World, tmp_path: Path) -> None:
    customer, out = world.controller(), tmp_path / "all.zip"
    with scope(customer.id):
        for number in range(9):
            services.append(kind="test.happened", body={"number": number}, actor=SYSTEM, at=now())
    world.sequence()
    done = _pack(customer.id, out, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["entries"], told["first"], told["last"]) == (9, 0, 9)
    with scope(customer.id):
        (entered,) = selectors.entries(kind="record.packed")
    assert entered.body["manifest"] == told["digest"]
    verified = _run("verify", out, "--json", database=False)
    assert verified.returncode == 0, verified.stderr
    assert json.loads(verified.stdout)["entries"] == 9
    again = _pack(customer.id, out)
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    world.sequence()
    _tamper(out)
    damaged = _run("verify", out, "--json", database=False)
    assert damaged.returncode == 1
    assert "leaf 4" in {finding["where"] for finding in json.loads(damaged.stdout)["findings"]}
    words = _run("verify", out, database=False)
    assert (words.returncode, "  leaf 4: " in words.stdout) == (1, True)


def _tamper(place: Path) -> None:
    with zipfile.ZipFile(place) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    lines = files["leaves.ndjson"].splitlines(keepends=True)
    lines[4] = lines[4].replace(b'"number":', b'"number":1')
    files["leaves.ndjson"] = b"".join(lines)
    with zipfile.ZipFile(place, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def test_verifying_a_pack_loads_neither_django_nor_a_driver(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from mandata.record import verifier\n"
        "import mandata.cli.verify\n"
        "assert not {'django', 'psycopg', 'cryptography'} & set(sys.modules), sorted(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_what_cannot_be_packed_or_verified_is_told_in_words(world: World, tmp_path: Path) -> None:
    nobody = _pack(new_id(), tmp_path / "a.zip")
    assert (nobody.returncode, "no such controller" in nobody.stderr) == (1, True)
    nothing = _pack(world.controller().id, tmp_path / "b.zip")
    assert (nothing.returncode, "no head in this period" in nothing.stderr) == (1, True)
    assert not list(tmp_path.iterdir()), "nothing half-written is left"
    wrong = _run("pack", new_id(), "--since", "yesterday", "--until", "2026-01-01", "--out", tmp_path / "c.zip")
    assert (wrong.returncode, "is no date" in wrong.stderr) == (1, True)
    (tmp_path / "d.zip").write_text("no pack")
    none = _run("verify", tmp_path / "d.zip", database=False)
    assert (none.returncode, "is no pack" in none.stderr) == (1, True)
    gone = _run("verify", tmp_path / "e.zip", database=False)
    assert (gone.returncode, "There is no file" in gone.stderr) == (1, True)
