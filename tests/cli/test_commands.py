"""The commands that start nothing: help, settings, faults in words."""

import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from mandata.cli.main import app
from mandata.infra.environment import Environment
from tests.world import World


def _run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "mandata.cli", *arguments],
        env={**os.environ, "COLUMNS": "120", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", [one.name for one in app.registered_commands if not one.hidden])
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    shown = _run(command, "--help")
    assert shown.returncode == 0
    assert "Examples" in shown.stdout
    assert f"mandata {command}" in shown.stdout


def test_settings_explains_every_variable_and_shows_no_secret() -> None:
    shown = _run("settings", DATABASE_URL="postgresql://app:hunter2@db/mandata", MANDATA_DEBUG="true")
    assert shown.returncode == 0
    for entry in fields(Environment):
        assert entry.metadata["name"] in shown.stdout
        assert entry.metadata["text"] in shown.stdout
    assert "hunter2" not in shown.stdout
    assert "(set)" in shown.stdout


def test_settings_as_json_is_one_object_a_line() -> None:
    lines = _run("settings", "--json", MANDATA_DEBUG="true").stdout.splitlines()
    told = {line["name"]: line for line in map(json.loads, lines)}
    assert len(told) == len(fields(Environment))
    assert told["MANDATA_DEBUG"]["now"] == "true"


def test_a_setting_that_cannot_be_read_is_told_with_its_remedy_and_no_trace() -> None:
    failed = _run("settings", MANDATA_DEBUG="perhaps")
    assert failed.returncode == 1
    assert "MANDATA_DEBUG=true" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_an_own_server_that_is_not_there_stops_a_migration_in_words() -> None:
    failed = _run(
        "migrate", DATABASE_URL="postgresql://app:x@127.0.0.1:1/m", OWNER_DATABASE_URL="postgresql://o@127.0.0.1:1/m"
    )
    assert failed.returncode == 1
    assert "DATABASE_URL cannot be reached" in failed.stderr


def test_a_database_whose_keys_are_elsewhere_is_not_started_with_new_ones(world: World, tmp_path: Path) -> None:
    world.controller()
    keys = tmp_path / "not-mounted"
    failed = _run("migrate", "--with-keys", MANDATA_KEYS=str(keys))
    assert failed.returncode == 1, failed.stderr
    assert f"{keys} does not hold their keys" in failed.stderr
    assert "Put the keys folder back" in failed.stderr
    assert {path.name for path in keys.rglob("*.key")} <= {"session.key"}, "no key of data was made in their place"
    assert _run("migrate", "--with-keys").returncode == 0


@pytest.mark.parametrize("listen", ["8000", "127.0.0.1:", "127.0.0.1:70000", "here:there"])
def test_an_address_that_is_none_is_told(listen: str) -> None:
    failed = _run("track", "--listen", listen, DATABASE_URL="postgresql://app:x@127.0.0.1:1/m")
    assert failed.returncode == 1
    assert "host:port" in failed.stderr


def test_wrong_usage_is_exit_code_2() -> None:
    assert _run("up", "--with", "rabbits").returncode == 2
    assert _run("nonsense").returncode == 2


def test_the_command_line_starts_light() -> None:
    script = (
        "import sys, mandata.cli.main\n"
        "print([name for name in ('django', 'psycopg', 'granian', 'procrastinate') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
