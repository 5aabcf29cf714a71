"""An agreement file that cannot be carried out, or is none, is refused whole: with file, line and remedy."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from mandata.agreements import library
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.duties import Timed
from mandata.agreements.rules.gates.answers import ALIASES, QUESTIONS
from mandata.agreements.rules.spec import ACTS, EXECUTORS
from mandata.agreements.rules.terms import BadTerms
from mandata.agreements.rules.values import Period
from mandata.agreements.rules.whole import longer
from mandata.cli.main import app
from tests.agreements.bad_files import BAD, within

RUN = CliRunner()


@pytest.mark.parametrize(("text", "at", "says", "helps"), [pytest.param(*case[1:], id=case[0]) for case in BAD])
@pytest.mark.req("AGR-2")
def test_what_nobody_could_carry_out_is_refused_with_file_line_and_remedy(
    text: Callable[[], str], at: str, says: str, helps: str
) -> None:
    content = text()
    with pytest.raises(BadTerms) as refused:
        library.checked(content, "mine.toml")
    error = refused.value
    assert (error.file, str(error).startswith(f"mine.toml:{error.line}: ")) == ("mine.toml", True)
    assert says in error.problem
    assert helps in error.remedy
    assert at in content.split("\n")[error.line - 1], content.split("\n")[error.line - 1]


def test_there_are_more_than_a_dozen_kinds_of_bad_files() -> None:
    assert len({case[0] for case in BAD}) == len(BAD) > 30


def test_nothing_of_a_refused_file_is_loaded(tmp_path: Path) -> None:
    before = {name: library.load(name).digest for name in library.names()}
    file = tmp_path / "mine.toml"
    file.write_text(within("imagicle", "end.grace", '"90 days"', '"20 days"'), encoding="utf-8")
    for command in (
        ["duties", "--file", str(file), "--json"],
        ["due", "--file", str(file), "--duty", "breach.notify", "--since", "2026-03-27T22:30:00+01:00", "--json"],
        ["agreement", "show", str(file)],
    ):
        ran = RUN.invoke(app, command)
        assert ran.exit_code == 1, command
        assert ran.stdout == ""
        assert f"{file}:" in ran.stderr
        assert "at least as long" in ran.stderr
    assert {name: library.load(name).digest for name in library.names()} == before


def test_a_bad_file_is_named_by_the_command_that_checks(tmp_path: Path) -> None:
    bad, good, binary = tmp_path / "bad.toml", tmp_path / "good.toml", tmp_path / "binary.toml"
    bad.write_text(within("imagicle", "rights.extension", "told =", "tolled ="), encoding="utf-8")
    good.write_text(library.source("imagicle"), encoding="utf-8")
    binary.write_bytes(b"\x00\xff" * 1000)
    ran = RUN.invoke(app, ["agreement", "check", str(bad), str(good), str(binary), "--json"])
    assert ran.exit_code == 1
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [answer["holds"] for answer in answers] == [False, True, False]
    assert answers[0]["remedy"] == "Did you mean told?"
    assert "tolled" in bad.read_text(encoding="utf-8").split("\n")[answers[0]["line"] - 1]


def test_every_clause_has_executors_and_all_of_them_exist() -> None:
    for key, spec in CATALOGUE.items():
        assert spec.by, key
        assert set(spec.by) <= EXECUTORS, key


def test_the_gates_that_clauses_name_are_the_questions_that_can_be_put() -> None:
    assert set(QUESTIONS) | set(ALIASES) == ACTS
    for target in ALIASES.values():
        assert target in QUESTIONS


def test_every_clause_that_time_executes_holds_a_period() -> None:
    timed = set(get_args(Timed))
    for key, spec in CATALOGUE.items():
        assert ("due" in spec.by) <= (spec.kind in timed), key


def test_every_agreement_that_ships_can_be_carried_out() -> None:
    for name in library.names():
        assert library.checked(library.source(name), f"{name}.toml").name == name


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("1 month", "30 days", False),
        ("30 days", "1 month", False),
        ("32 days", "1 month", True),
        ("3 months", "1 month", True),
        ("1 year", "12 months", False),
        ("73 hours", "3 days", True),
        ("72 hours", "3 days", False),
        ("10 working days", "1 month", False),
        ("2 weeks", "13 days", True),
    ],
)
def test_a_period_is_longer_only_if_it_is_so_in_every_calendar(one: str, other: str, expected: bool) -> None:
    assert longer(Period.parse(one), Period.parse(other)) is expected
