"""The page about agreements lists every clause, kind and code that a file may hold."""

import re
from pathlib import Path

from mandata.agreements import library
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.vocabulary import SHARED

PAGE = (Path(__file__).parents[2] / "docs" / "agreements.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| (?:\*\*)?`([a-z_]+\.[a-z_]+)`(?:\*\*)? \| ([^|]+) \| (\w+) \| ([^|]+) \| ?([^|]*) ?\|$", re.MULTILINE
)


def test_every_clause_is_described_as_it_is() -> None:
    described = {key: (title, kind, by, codes.split()) for key, title, kind, by, codes in ROW.findall(PAGE)}
    expected = {
        key: (spec.title, spec.kind.__name__, ", ".join(spec.by), [f"`{code}`" for code in spec.vocabulary])
        for key, spec in CATALOGUE.items()
    }
    assert described == expected


def test_required_clauses_are_marked() -> None:
    assert set(re.findall(r"\*\*`([a-z_.]+)`\*\*", PAGE)) == {key for key, spec in CATALOGUE.items() if spec.required}


def test_every_agreement_that_ships_is_named() -> None:
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE, re.MULTILINE)) >= set(library.names())


def test_every_kind_of_value_is_explained() -> None:
    for spec in CATALOGUE.values():
        assert re.search(rf"^\| {spec.kind.__name__} \| `", PAGE, re.MULTILINE)


def test_every_code_of_a_key_is_listed() -> None:
    for name in SHARED:
        assert all(f"`{code}`" in PAGE for code in SHARED[name]), name
