"""Every question's decision table, and what must hold of all gates whatever the facts."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.agreements import library
from mandata.agreements.language import words
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.checks import BY_CODE
from mandata.agreements.rules.facts import (
    UNKNOWN,
    AccessFacts,
    CombineFacts,
    DiscloseFacts,
    Mechanism,
    Standing,
    TransferFacts,
    Written,
)
from mandata.agreements.rules.facts.reading import read
from mandata.agreements.rules.gates import may_access, may_combine, may_disclose, may_process, may_transfer
from mandata.agreements.rules.gates.answers import ALIASES, IN_FORCE, QUESTIONS, decisive
from mandata.agreements.rules.verdicts import Verdict, refusals
from tests.agreements.decisions import TABLE, Row

NAMES = library.names()
NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)


def answer(act: str, agreement: str, facts: Mapping[str, Any]) -> tuple[Verdict, ...]:
    question = QUESTIONS[act]
    given_ = {"standing": IN_FORCE} if question.is_act else None
    return question.ask(library.load(agreement), read(question.facts, {**question.example, **facts}, given=given_))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.act}-{row.agreement}-{row.check}")
@pytest.mark.req("INS-1", "INS-2", "INS-6", "SPR-2", "SPR-5", "SPR-6", "SPR-7", "SPR-8", "TRF-3", "TRF-4", "PPL-1")
@pytest.mark.req("AUD-1", "AST-4", "AGR-3", "AGR-4", "AGR-8", "AGR-11", "CCP-3", "CAT-8", "INS-4", "INS-5", "RET-2")
def test_the_facts_decide_by_the_clause(row: Row) -> None:
    verdicts = answer(row.act, row.agreement, row.facts)
    found = decisive(QUESTIONS[row.act], verdicts)
    assert (found.allowed, found.code) == (row.allowed, row.check)
    terms = library.load(row.agreement)
    if found.clause:
        assert found.source == terms.source(found.clause)
    assert bool(found.remedy) is not row.allowed
    assert not re.search(r"{\w+}", "".join(found.said()))


def test_every_question_has_its_table_and_every_agreement_answers_every_one() -> None:
    assert {row.act for row in TABLE} == set(QUESTIONS)
    for name in NAMES:
        for question in QUESTIONS.values():
            decisive(question, answer(question.name, name, {}))


def test_every_clause_that_names_a_gate_names_one_that_exists() -> None:
    named = {by.partition(":")[2] for spec in CATALOGUE.values() for by in spec.by if by.startswith("gate:")}
    assert named - set(QUESTIONS) - set(ALIASES) == set()


def test_every_check_is_told_with_its_own_evidence() -> None:
    for row in TABLE:
        for verdict in answer(row.act, row.agreement, row.facts):
            assert verdict.check.code.partition(":")[0] in {code.partition(":")[0] for code in BY_CODE} or (
                verdict.code in ("keep.content", "keep.template") or verdict.code.startswith("keep.held:")
            )
            for language in ("en", "cs"):
                assert not re.search(r"{\w+}", "".join(verdict.said(words(language))))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("act", [one.name for one in QUESTIONS.values() if one.is_act])
@pytest.mark.req("INS-1")
def test_silence_permits_nothing(name: str, act: str) -> None:
    question = QUESTIONS[act]
    facts: Any = replace(read(question.facts, dict(question.example)), standing=UNKNOWN)
    assert refusals(question.ask(library.load(name), facts))
    assert refusals(question.ask(None, facts))  # type: ignore[arg-type]


STANDINGS = st.builds(
    Standing,
    accepted=st.booleans(),
    ended=st.booleans(),
    suspended=st.booleans(),
    halted=st.booleans(),
    written=st.lists(
        st.builds(
            Written,
            number=st.integers(1, 9),
            acts=st.tuples(st.sampled_from(["send", "track", "transfer", "block"])),
            purpose=st.sampled_from(["", "research", "sell"]),
            agreed=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
)
PURPOSES = st.sampled_from(["service", "support", "research", "", "sell", "sharing"])
INSTANTS = st.sampled_from([NOW + timedelta(days=days) for days in (-400, -40, -1, 0, 1, 40)])
MAYBE = st.none() | INSTANTS
MECHANISMS = st.lists(
    st.builds(Mechanism, st.sampled_from(["adequacy", "scc", "bcr", "privacy_shield"]), since=MAYBE, until=MAYBE),
    max_size=2,
).map(tuple)
ACTS = st.sampled_from(["send", "track", "import", "profile", "block", "transfer"])
COUNTRIES = st.sampled_from(["CZ", "US", "GB", "IT"])
AGREEMENTS = st.sampled_from(NAMES).map(library.load)
BOOLS = st.booleans()

DISCLOSURES = st.builds(
    DiscloseFacts,
    recipient=st.sampled_from(["Twilio Inc.", "Nobody Ltd."]),
    at=st.just(NOW),
    kind=st.sampled_from(["subprocessor", "adviser", "authority", "other"]),
    authorised=st.sampled_from(["none", "named", "class", "list", "notice", "written", "chosen"]),
    classes=st.sampled_from([(), ("group",), ("specialists",)]),
    told_at=MAYBE,
    objection=st.sampled_from(["none", "open", "withdrawn", "ended"]),
    contract=BOOLS,
    struck=BOOLS,
    country=COUNTRIES,
    ground=st.sampled_from(["", "law"]),
    instructed=BOOLS,
    mechanisms=MECHANISMS,
    act=ACTS,
    standing=STANDINGS,
    purpose=PURPOSES,
)
TRANSFERS = st.builds(
    TransferFacts, country=COUNTRIES, at=st.just(NOW), instructed=BOOLS, mechanisms=MECHANISMS, act=ACTS,
    regions=st.sampled_from([(), ("CZ",), ("US", "CZ")]), opposed=BOOLS, standing=STANDINGS, purpose=PURPOSES,
)  # fmt: skip
ACCESSES = st.builds(
    AccessFacts, at=st.just(NOW), reason=st.sampled_from(["", "ticket"]), country=COUNTRIES, confidential=BOOLS,
    trained_at=MAYBE, trained_until=MAYBE, product=st.sampled_from(["", "mail", "hotel"]),
    products=st.sampled_from([(), ("mail", "hotel")]), ticket=st.sampled_from(["", "17"]), mechanisms=MECHANISMS,
    standing=STANDINGS, purpose=PURPOSES,
)  # fmt: skip
COMBINATIONS = st.builds(
    CombineFacts,
    source=st.sampled_from(["own", "other_controller", "processor", "third_party"]),
    same_customer=BOOLS,
    result=st.sampled_from(["persons", "counts"]),
    standing=STANDINGS,
    purpose=PURPOSES,
)
GATES = {
    DiscloseFacts: may_disclose,
    TransferFacts: may_transfer,
    AccessFacts: may_access,
    CombineFacts: may_combine,
}
PROHIBITIONS: dict[str, Any] = {
    "struck": True,
    "contract": False,
    "objection": "open",
    "mechanisms": (),
    "opposed": True,
    "confidential": False,
    "trained_at": None,
    "reason": "",
    "ground": "",
    "same_customer": False,
    "result": "persons",
    "purpose": "sell",
}
STOPS: list[dict[str, Any]] = [{"accepted": False}, {"ended": True}, {"halted": True}, {"suspended": True}]


@given(
    terms=AGREEMENTS,
    facts=DISCLOSURES | TRANSFERS | ACCESSES | COMBINATIONS,
    more=st.sets(st.sampled_from(sorted(PROHIBITIONS)), min_size=1),
    stop=st.none() | st.sampled_from(STOPS),
)
@pytest.mark.req("INS-1", "INS-6", "SPR-5", "TRF-3")
def test_an_added_prohibition_never_turns_refused_into_allowed(
    terms: Any, facts: Any, more: set[str], stop: dict[str, Any] | None
) -> None:
    gate: Any = GATES[type(facts)]
    known = {name: PROHIBITIONS[name] for name in more if name in type(facts).__slots__}
    worse = replace(facts, **known)
    if stop is not None:
        worse = replace(worse, standing=replace(facts.standing, **stop))
    if refusals(gate(terms, facts)):
        assert refusals(gate(terms, worse))


@given(terms=AGREEMENTS, standing=STANDINGS, act=ACTS, purpose=PURPOSES)
def test_whatever_is_permitted_rests_on_an_agreement_a_purpose_and_an_instruction(
    terms: Any, standing: Standing, act: str, purpose: str
) -> None:
    found = may_process(terms, standing, act, purpose)
    if refusals(found):
        return
    assert standing.accepted and not standing.ended and not standing.stopped
    evidence = {name: value for one in found for name, value in one.evidence.items()}
    assert evidence["purpose"] == purpose and evidence["instruction"]
    assert purpose not in ("", "sell", "sharing")


@given(terms=AGREEMENTS, facts=COMBINATIONS)
@pytest.mark.req("CCP-3", "BIL-12")
def test_nothing_about_persons_ever_crosses_from_one_controller_to_another(terms: Any, facts: CombineFacts) -> None:
    if not refusals(may_combine(terms, facts)) and facts.source != "own":
        assert (facts.source, facts.same_customer, facts.result) == ("other_controller", True, "counts")


def test_the_same_text_decides_alike_and_a_changed_text_at_once() -> None:
    source = library.source("ecomail")
    standing = Standing(accepted=True)
    before = library.checked(source, "one.toml")
    assert not refusals(may_process(before, standing, "track"))
    after = library.checked(
        source.replace('"import", "send", "track", "export"', '"import", "send", "export"'), "two.toml"
    )
    assert refusals(may_process(after, standing, "track"))
    assert not refusals(may_process(before, standing, "track"))
