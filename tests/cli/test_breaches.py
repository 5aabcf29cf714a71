"""`mandata breaches`: from the opening to the register, from the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from mandata.cli.breaches import app
from mandata.infra.clock import now
from tests.incidents.cast import bound, forgotten, peopled
from tests.world import World


@pytest.fixture(autouse=True)
def _own_desk(database: object) -> Iterator[None]:
    yield
    forgotten()


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "mandata.cli", "breaches", *arguments]
    settings = {**os.environ, "COLUMNS": "120"}
    return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120, check=False)


def told(*arguments: str) -> list[dict[str, Any]]:
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("command", [one.name for one in app.registered_commands])
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    shown = CliRunner().invoke(app, [str(command), "--help"])
    assert shown.exit_code == 0 and f"mandata breaches {command}" in shown.stdout


@pytest.mark.req("BRE-1", "BRE-5")
def test_from_the_opening_to_the_register(world: World) -> None:
    house = bound(world, "Counted Bakery")
    peopled(house, ["a@inbox.example"])
    (made,) = told("open", "A stolen copy", "--aware", now().isoformat())
    wanted = json.dumps({"controllers": [str(house.id)], "holdings": ["subscribers"]})
    (counted,) = told("scope", made["id"], "--filter", wanted)
    assert (counted["name"], counted["subjects"]) == ("Counted Bakery", 1)
    assert told("tell", made["id"]) == [{"notices": 1}]
    assert "A stolen copy" in run("list").stdout
    assert any(row["title"] == "A stolen copy" for row in told("register"))
    assert run("scope", made["id"], "--filter", "{").returncode == 1
    assert run("open", "x", "--aware", "yesterday").returncode == 1
