"""An agreement written in a form is the agreement that a file would be."""

import tomllib
from dataclasses import fields
from typing import Any

import pytest

from mandata.agreements import library
from mandata.agreements.rules import form
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.form import Kind
from mandata.agreements.rules.write import toml


def _tables(name: str) -> dict[str, Any]:
    return tomllib.loads(library.source(name))


@pytest.mark.parametrize("name", library.names())
def test_every_clause_that_ships_can_be_shown_in_a_form_and_comes_back_the_same(name: str) -> None:
    for area, clauses in _tables(name).items():
        for clause, table in clauses.items() if area != "terms" else ():
            expected = {field: value for field, value in table.items() if value is not False and value != "seed"}
            assert form.table(f"{area}.{clause}", form.filled(table)) == expected


def test_every_clause_has_a_field_for_each_part_of_its_value_with_a_label_and_its_codes() -> None:
    for key in CATALOGUE:
        found = form.fields_of(key)
        assert [field.name for field in found] == [field.name for field in fields(CATALOGUE[key].kind)]
        for field in found:
            assert field.label
            assert bool(field.codes) == (field.kind in (Kind.CODE, Kind.CODES, Kind.SCOPES))


def test_a_wrong_value_stays_as_typed_so_that_reading_names_it() -> None:
    table = form.table(
        "breach.notify", {"source": ["X 1"], "who": ["processor"], "start": ["awareness"], "period": ["soon"]}
    )
    assert table == {"source": "X 1", "who": "processor", "start": "awareness", "period": "soon"}


def test_a_whole_agreement_survives_the_form() -> None:
    document = _tables("ecomail")
    for area, clauses in document.items():
        if area != "terms":
            for name, table in clauses.items():
                clauses[name] = form.table(f"{area}.{name}", form.filled(table))
    assert library.checked(toml(document), "form.toml").clauses == library.load("ecomail").clauses
