"""`mandata subprocessors`: the register and its changes from the command line."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from mandata.cli.subprocessors import app
from mandata.infra.clock import now
from tests.world import World

DAY = f"{now() + timedelta(days=60):%Y-%m-%d}"


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "mandata.cli", "subprocessors", *arguments]
    settings = {**os.environ, "COLUMNS": "120"}
    return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=60, check=False)


def told(*arguments: str) -> list[dict[str, Any]]:
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("command", [one.name for one in app.registered_commands])
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    shown = CliRunner().invoke(app, [str(command), "--help"])
    assert shown.exit_code == 0 and f"mandata subprocessors {command}" in shown.stdout


@pytest.mark.req("SPR-1", "SPR-2")
def test_from_the_first_entry_to_an_announced_change(world: World) -> None:
    relay = ("Swift Relay Ltd", "--role", "delivery of e-mail", "--country", "US", "--contract-on", "2026-01-02")
    told("add", *relay, "--purpose", "sending", "--purpose", "bounces", "--contact", "dpo@relay.example")
    assert told("list") == [], "planned, and nobody was told"
    told("mechanism", relay[0], "--kind", "privacy_shield", "--since", "2016-08-01", "--struck-down", "2020-07-16")
    (first,) = told("announce", relay[0], "--planned", DAY)
    assert told("announce", relay[0], "--planned", DAY)[0]["change"] == first["change"]
    (shown,) = told("list")
    assert (shown["purposes"], shown["tier"], shown["chain"]) == (["sending", "bounces"], 1, [relay[0]])
    assert shown["covered"] is False and shown["mechanisms"][0]["struck_down"] == "2020-07-16"
    assert shown["announced"][0]["id"] == first["change"]
    words = run("list").stdout
    assert "privacy_shield (lapsed)" in words and "NO TRANSFER MECHANISM" in words and "add announced" in words
    told("withdraw", first["change"])
    told("end", relay[0])
    assert told("list", "--ended")[0]["state"] == "ended"


@pytest.mark.req("SPR-4")
def test_the_contract_is_filed_later_and_another_country_is_not_a_correction(world: World) -> None:
    told("add", "Later Ltd", "--role", "statistics", "--country", "DE", "--active")
    assert told("list")[0]["contract_on"] is None
    (done,) = told(
        "correct", "Later Ltd", "--contract-on", "2026-01-02", "--evidence", "folder 7", "--purpose", "reports"
    )
    assert done["corrected"] == ["contract_evidence", "contract_on", "purposes"]
    (shown,) = told("list")
    assert (shown["contract_on"], shown["purposes"], shown["role"]) == ("2026-01-02", ["reports"], "statistics")
    nothing = run("correct", "Later Ltd")
    assert nothing.returncode == 2 and "--contract-on" in nothing.stderr
    told("end", "Later Ltd")


def test_what_is_refused_is_told_in_words_with_a_remedy(world: World) -> None:
    for wrong in (
        ("add", "Nowhere Ltd", "--role", "x", "--country", "Mars"),
        ("announce", "Nobody Ltd", "--planned", DAY),
        ("end", "Nobody Ltd"),
    ):
        failed = run(*wrong)
        assert failed.returncode == 1 and failed.stderr.strip() and "Traceback" not in failed.stderr
    assert run("withdraw", "what").returncode == 2
