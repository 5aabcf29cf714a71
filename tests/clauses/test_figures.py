"""Every figure, currency, choice and reading of Everymail's and Acomware's terms stands in its clause.

Periods are in the tables' own tests, asked by the command line; here are the values that no period holds.
"""

from dataclasses import fields
from typing import Any

import pytest

from mandata.agreements import library
from mandata.agreements.rules.terms import Mark

FIGURES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("everymail", "assistance.rate", "EVE 5", {"hour": "USD 150", "limit": "True"}),
    ("everymail", "liability.cap", "EVE 7", {"base": "fees_paid_or_payable", "period": "12 months", "before": "event"}),
    ("acomware", "agreement.effective", "ACO 7.11", {"date": "2018-05-25"}),
    (
        "acomware",
        "audit.rates",
        "ACO 6.u.g",
        {
            "first": "CZK 500",
            "further": "CZK 1500",
            "index": "cz_cpi",
            "rises": "yearly_july",
            "vat_apart": "True",
        },
    ),
    ("acomware", "audit.frequency", "ACO 6.u.g", {"times": "1", "per": "12 months"}),
    ("acomware", "fee.interest", "ACO 3.2", {"share": "0.15 %", "per": "1 day"}),
    ("acomware", "publication.doubt", "ACO 7.7", {"money": "CZK 50000"}),
    ("acomware", "engine.maintenance", "ACO 4.7", {"weekday": "sunday", "clock": "12:00", "period": "16 hours"}),
    ("acomware", "change.window", "ACO 7.5", {"period": "1 month"}),
    ("ecomail", "liability.cap", "ECO 8.6", {"base": "fees_paid", "period": "6 months"}),
]

CHOICES = [
    ("everymail", "agreement.roles", "EVE preamble, 2", "business_provider"),
    ("everymail", "agreement.precedence", "EVE preamble", "agreement_first"),
    ("everymail", "instruction.beyond", "EVE 3", "written"),
    ("everymail", "subprocessor.chain", "EVE 4.g", "published_too"),
    ("everymail", "end.deletion", "EVE 4.d", "by_function"),
    ("everymail", "processing.household", "EVE 1.c", "covered"),
    ("everymail", "processing.location", "EVE 9.c", "opt_out"),
    ("everymail", "processing.cookies", "EVE 9", "policy"),
    ("everymail", "restriction.sell", "EVE 4.h", "never"),
    ("everymail", "restriction.purpose", "EVE 4.i", "specified"),
    ("everymail", "restriction.relationship", "EVE 4.j", "direct"),
    ("everymail", "restriction.combine", "EVE 4.k", "never"),
    ("everymail", "indemnity.settlement", "EVE 6", "consent"),
    ("acomware", "agreement.language", "ACO 7.2", "cs"),
    ("acomware", "agreement.precedence", "ACO 7.4", "contract_first"),
    ("acomware", "subprocessor.chosen", "ACO 6.u.a", "not_ours"),
    ("acomware", "audit.secrets", "ACO 6.u.g", "general_terms"),
    ("acomware", "liability.fault", "ACO 7.3", "intent_or_gross"),
    ("acomware", "fee.cancellation", "ACO 3.3", "full_price"),
    ("acomware", "own.number", "ACO-Att (personal identification number)", "volunteered_or_required"),
]

LISTS = [
    ("everymail", "processing.purposes", "EVE 8", 6),
    ("everymail", "processing.content", "EVE 9", 6),
    ("everymail", "liability.except", "EVE 7", 5),
    ("everymail", "indemnity.grounds", "EVE 6.a, 6.b, 6.c, 6.d, 6.e", 5),
    ("acomware", "audit.inspector", "ACO 6.u.g", 3),
    ("acomware", "sending.refusal", "ACO 4.3", 10),
    ("acomware", "change.reasons", "ACO 7.5", 8),
    ("acomware", "own.categories", "ACO-Att (types of data)", 14),
    ("acomware", "disclosure.recipients", "ACO 3.4, 7.1", 8),
]


@pytest.mark.parametrize(("name", "key", "source", "values"), FIGURES, ids=[f"{c[0]}-{c[1]}" for c in FIGURES])
@pytest.mark.req("AGR-2")
def test_a_figure_is_the_seeds(name: str, key: str, source: str, values: dict[str, Any]) -> None:
    clause = library.load(name).clause(key)
    said = {field.name: str(getattr(clause.value, field.name)) for field in fields(clause.value)}
    assert clause.source == source and clause.mark in (Mark.SEED, Mark.UNCLEAR)
    assert {key: said[key] for key in values} == values


@pytest.mark.parametrize(("name", "key", "source", "value"), CHOICES, ids=[f"{c[0]}-{c[1]}" for c in CHOICES])
@pytest.mark.req("AGR-2")
def test_a_choice_is_the_seeds(name: str, key: str, source: str, value: str) -> None:
    terms = library.load(name)
    assert (terms.source(key), terms.chosen(key), terms.clause(key).mark) == (source, value, Mark.SEED)


@pytest.mark.parametrize(("name", "key", "source", "count"), LISTS, ids=[f"{c[0]}-{c[1]}" for c in LISTS])
@pytest.mark.req("AGR-2")
def test_a_list_is_the_seeds(name: str, key: str, source: str, count: int) -> None:
    terms = library.load(name)
    assert (terms.source(key), len(terms.items(key))) == (source, count)


@pytest.mark.parametrize(
    ("name", "key", "taken", "other"),
    [
        ("everymail", "breach.notify", "becoming aware", "its confirmation"),
        ("everymail", "subprocessor.objection", "receipt of the notice", "the publication"),
        ("acomware", "audit.rates", "every year", "once"),
        ("acomware", "engine.maintenance", "from noon", "from midnight"),
        ("acomware", "rights.archive", "the shorter", "3 to 4 years"),
        ("ccpa-7051", "compliance.unable", "Unconfirmed", "draft of 2022"),
    ],
)
def test_an_unclear_reading_says_which_was_taken_and_which_was_not(name: str, key: str, taken: str, other: str) -> None:
    clause = library.load(name).clause(key)
    assert clause.mark in (Mark.UNCLEAR, Mark.OPEN)
    assert taken in clause.note and other in clause.note


@pytest.mark.parametrize("name", ["everymail", "acomware", "ccpa-7051"])
def test_what_is_open_or_ours_says_why_in_a_note_or_by_its_requirement(name: str) -> None:
    for clause in library.load(name).clauses.values():
        if clause.mark is Mark.OPEN:
            assert clause.note, clause.key
