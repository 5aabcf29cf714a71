"""Asking an agreement by the command line's own functions: ``mandata due``, ``mandata duties``, ``mandata decide``."""

import json
from functools import cache
from typing import Any

from typer.testing import CliRunner

from mandata.cli.main import app

RUN = CliRunner()


def due(agreement: str, duty: str, since: str) -> dict[str, str]:
    """What ``mandata due --json`` prints."""
    ran = RUN.invoke(app, ["due", "--agreement", agreement, "--duty", duty, "--since", since, "--json"])
    assert ran.exit_code == 0, ran.output
    found: dict[str, str] = json.loads(ran.stdout)
    return found


def before(agreement: str, duty: str, effect: str) -> dict[str, str]:
    """The same of a notice that has to come ahead of an effect: before when it has to be delivered."""
    ran = RUN.invoke(app, ["due", "--agreement", agreement, "--duty", duty, "--effect", effect, "--json"])
    assert ran.exit_code == 0, ran.output
    found: dict[str, str] = json.loads(ran.stdout)
    return found


@cache
def duties(agreement: str) -> dict[str, dict[str, Any]]:
    """What ``mandata duties --json`` prints, by duty."""
    ran = RUN.invoke(app, ["duties", "--agreement", agreement, "--json"])
    assert ran.exit_code == 0, ran.output
    return {found["duty"]: found for found in map(json.loads, ran.stdout.splitlines())}


def decide(act: str, agreement: str, /, **facts: Any) -> dict[str, Any]:
    """What ``mandata decide --json`` prints."""
    told = json.dumps({"agreement": agreement, **facts})
    ran = RUN.invoke(app, ["decide", act, "--facts", "-", "--json"], input=told)
    assert ran.exit_code == 0, ran.output
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def says(answer: dict[str, Any], verdict: str, clause: str, source: str, /, **evidence: str | int) -> None:
    """Checks an answer of ``decide``: its verdict, the clause that decides, the seed's section, and what it shows."""
    assert (answer["verdict"], answer["clause"], answer["source"]) == (verdict, clause, source), answer
    assert {name: answer["evidence"].get(name) for name in evidence} == evidence, answer
    assert bool(answer["remedy"]) == (verdict == "refused")
