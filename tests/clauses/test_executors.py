"""Every clause that says a gate, legal time or the acceptance carries it out is indeed read there."""

import ast
from pathlib import Path

import pytest

from mandata.agreements import library
from mandata.agreements.rules import duties
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.gates.answers import ALIASES, QUESTIONS

RULES = Path(duties.__file__).parent


def texts() -> set[str]:
    """Every text in the rules' own code, the descriptions of the clauses apart."""
    files = [file for file in RULES.rglob("*.py") if "clauses" not in file.parts]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


READ = texts()


@pytest.mark.parametrize("key", [key for key, spec in CATALOGUE.items() if any(by[:5] == "gate:" for by in spec.by)])
def test_a_gate_reads_the_clause_that_it_carries_out(key: str) -> None:
    assert key in READ
    for by in CATALOGUE[key].by:
        act = by.removeprefix("gate:")
        assert act == by or act in QUESTIONS or act in ALIASES


@pytest.mark.parametrize("name", library.names())
def test_what_legal_time_carries_out_is_a_duty_and_only_that(name: str) -> None:
    terms = library.load(name)
    timed = {duty.clause for duty in duties.duties(terms)}
    assert {key for key in terms.clauses if "due" in CATALOGUE[key].by} <= timed


@pytest.mark.parametrize("key", [key for key, spec in CATALOGUE.items() if "acceptance" in spec.by])
def test_the_acceptance_reads_the_clause_that_it_carries_out(key: str) -> None:
    assert key in READ or key.startswith("question.")
