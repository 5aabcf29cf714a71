"""`mandata decide`: what an agreement says to an act or a question, for facts of anybody's making."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mandata.agreements import library
from mandata.agreements.rules.gates.answers import QUESTIONS
from mandata.cli.main import app

KEYS = {"act", "agreement", "verdict", "clause", "source", "reason", "remedy", "evidence", "checks"}


def run(*arguments: str, facts: object = None) -> Result:
    given = facts if isinstance(facts, str) else json.dumps(facts)
    return CliRunner().invoke(app, ["decide", *arguments], input=None if facts is None else given)


def decided(act: str, **facts: Any) -> dict[str, Any]:
    ran = run(act, "--facts", "-", "--json", facts=facts)
    assert ran.exit_code == 0, ran.output
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("act", QUESTIONS)
def test_the_example_of_every_act_can_be_decided(act: str) -> None:
    example = run(act, "--example")
    assert example.exit_code == 0
    ran = run(act, "--facts", "-", "--json", facts=example.stdout)
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    assert set(found) == KEYS
    assert (found["act"], found["agreement"]) == (act, "ecomail")
    assert found["verdict"] in ("allowed", "refused")
    assert found["checks"]
    for check in found["checks"]:
        assert set(check) == (KEYS - {"act", "agreement", "checks"}) | {"check", "title"}


@pytest.mark.req("SPR-2", "SPR-5")
def test_the_answer_names_the_clause_its_source_the_reason_and_what_helps() -> None:
    facts = {"recipient": "Example Mail Ltd.", "at": "2026-03-27T22:30:00+01:00"}
    told = "2026-03-10T09:00:00+01:00"
    found = decided("disclose", agreement="imagicle", told_at=told, **facts)
    assert (found["verdict"], found["clause"], found["source"]) == ("refused", "subprocessor.notice", "IMA 3(d)")
    assert found["evidence"] == {"recipient": "Example Mail Ltd.", "until": "2026-04-09T22:00:00Z"}
    assert found["reason"] == "The notice period has not run: it ends on 2026-04-09T22:00:00Z."
    assert found["remedy"].startswith("Wait until then")
    assert [one["check"] for one in found["checks"] if one["verdict"] == "refused"] == ["disclose.notice"]


def test_a_refusal_is_an_answer_and_only_check_makes_it_an_exit_code() -> None:
    assert run("track", "--facts", "-", facts={"agreement": "icewarp", "kinds": ["opens"]}).exit_code == 0
    assert run("track", "--facts", "-", "--check", facts={"agreement": "icewarp", "kinds": ["opens"]}).exit_code == 1
    assert run("track", "--facts", "-", "--check", facts={"agreement": "ecomail", "kinds": ["opens"]}).exit_code == 0


def test_words_for_people_name_every_check_and_speak_czech() -> None:
    ran = run("track", "--facts", "-", "--agreement", "icewarp", facts={"kinds": ["opens"]})
    assert ran.stdout.startswith("track under icewarp: refused, by instruction.standing (ICE VII.1.a, II.1)")
    assert "What helps: Give a written instruction" in ran.stdout
    czech = run("track", "--facts", "-", "--agreement", "icewarp", "--language", "cs", facts={"kinds": ["opens"]})
    assert "Smlouva neobsahuje pokyn k tomuto úkonu (track)." in czech.stdout


@pytest.mark.parametrize(
    ("facts", "problem", "remedy"),
    [
        ({"knds": ["opens"]}, "There is no fact knds.", "Did you mean kinds?"),
        ({"zzz": 1}, "There is no fact zzz.", "It may hold kinds, standing, purpose."),
        ({}, "The fact kinds is missing.", "Write a list, each a text. `mandata decide track --example` prints facts"),
        ({"kinds": "opens"}, "kinds is no list.", "Write a list, each a text."),
        ({"kinds": [1]}, "kinds[0] = 1 has the wrong type.", "Write a text."),
        ({"kinds": [], "standing": {"acepted": True}}, "There is no fact standing.acepted.", "Did you mean accepted?"),
        ({"kinds": [], "standing": {}}, "The fact standing.accepted is missing.", "Write true or false."),
        ({"kinds": [], "standing": {"accepted": 1}}, "standing.accepted = 1 has the wrong type.", "true or false"),
        ([], "The facts are no JSON object.", "--example"),
        ("{", "The facts are no JSON:", "--example"),
        ({"kinds": [], "agreement": "imagicl"}, "There is no agreement imagicl", "Did you mean imagicle?"),
        ({"kinds": [], "agreement": 7}, "agreement is no text.", "mandata duties"),
        ({"kinds": []}, "Name one agreement.", "--agreement NAME"),
    ],
)
def test_facts_that_cannot_be_used_are_named_with_what_may_stand_there(
    facts: object, problem: str, remedy: str
) -> None:
    named = isinstance(facts, dict) and ("agreement" in facts or facts == {"kinds": []})
    ran = run("track", "--facts", "-", *([] if named else ["--agreement", "ecomail"]), facts=facts)
    assert ran.exit_code == 1
    said = " ".join(ran.output.split())
    assert problem in said
    assert remedy in said


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"at": "2026-03-27T22:30:00"}, "has no offset"),
        ({"at": "tomorrow"}, "is no instant"),
        ({"kind": "adviser "}, "Did you mean adviser?"),
        ({"authorised": "maybe"}, "Write one of none, named, class, list, notice, written, chosen."),
        ({"mechanisms": [{"kind": "scs"}]}, "Did you mean scc?"),
        ({"mechanisms": [{"knd": "scc"}]}, "There is no fact mechanisms[0].knd. Did you mean kind?"),
    ],
)
def test_instants_and_codes_are_read_strictly(change: dict[str, Any], problem: str) -> None:
    facts = {"agreement": "imagicle", "recipient": "X", "at": "2026-03-27T22:30:00+01:00", **change}
    ran = run("disclose", "--facts", "-", facts=facts)
    assert ran.exit_code == 1
    assert problem in " ".join(ran.output.split())


@pytest.mark.parametrize("hours", ["2", 2, 2.0, "2.50"])
def test_sums_are_numbers_or_texts(hours: object) -> None:
    assert decided("charge", agreement="everymail", work="assessments", hours=hours, rate=100)["verdict"] == "allowed"


@pytest.mark.parametrize("hours", ["many", -1, True, "nan"])
def test_a_sum_that_is_none_is_refused(hours: object) -> None:
    facts = {"agreement": "everymail", "work": "assessments", "hours": hours}
    assert run("charge", "--facts", "-", facts=facts).exit_code == 1


def test_an_unknown_act_lists_the_acts_and_no_act_says_what_each_asks() -> None:
    ran = run("disclos", "--facts", "-", facts={})
    assert ran.exit_code == 2
    said = " ".join(ran.output.split())
    assert "Did you mean disclose?" in said
    listed = run("--json")
    assert [json.loads(line)["act"] for line in listed.stdout.splitlines()] == list(QUESTIONS)
    assert run("send").exit_code == 2


def test_an_agreement_of_ones_own_decides_from_its_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        library.source("icewarp").replace('"import", "send", "export"', '"import", "send", "track", "export"')
    )
    ran = run("track", "--facts", "-", "--file", str(mine), "--check", facts={"kinds": ["usage"]})
    assert ran.exit_code == 0, ran.output
    mine.write_text("[terms]\nformat = 9\n")
    ran = run("track", "--facts", "-", "--file", str(mine), facts={"kinds": []})
    assert ran.exit_code == 1
    assert "mine.toml:" in ran.output


def test_it_answers_without_a_database_or_django_and_fast(tmp_path: Path) -> None:
    script = (
        "import sys; from mandata.cli.main import app\n"
        "try: app(['decide', 'track', '--facts', sys.argv[1], '--json'])\n"
        "except SystemExit: pass\n"
        "assert not any(name.partition('.')[0] in ('django', 'psycopg') for name in sys.modules), 'loaded'\n"
    )
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps({"agreement": "ecomail", "kinds": ["opens"]}))
    environment = {**os.environ, "MANDATA_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    began = time.process_time(), os.times()
    ran = subprocess.run([sys.executable, "-c", script, str(facts)], env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["verdict"] == "allowed"
    spent = os.times()
    assert spent.children_user + spent.children_system - began[1].children_user - began[1].children_system < 2


@pytest.mark.parametrize("act", QUESTIONS)
def test_every_fact_of_every_act_can_be_listed(act: str) -> None:
    ran = run(act, "--list-facts", "--json")
    assert ran.exit_code == 0, ran.output
    found = {one["fact"]: one for one in map(json.loads, ran.stdout.splitlines())}
    needed = {name for name, one in found.items() if one["needed"]}
    assert needed <= set(QUESTIONS[act].example) <= set(found)
    assert all(one["wanted"] for one in found.values())


def test_kinds_of_help_that_no_clause_knows_are_refused_with_those_that_are() -> None:
    ran = run("charge", "--facts", "-", facts={"agreement": "acomware", "work": "right"})
    assert ran.exit_code == 1
    assert "rights" in ran.output
