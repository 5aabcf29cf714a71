"""Who may accept an agreement, and what is asked before."""

from dataclasses import replace
from typing import Any

import pytest

from mandata.agreements import library
from mandata.agreements.rules import evidence
from mandata.agreements.rules.acceptance import ADVICE, AcceptFacts, advised, may_accept
from mandata.agreements.rules.verdicts import combine, refusals

TERMS = library.load("ecomail")
YES = AcceptFacts(
    language="en",
    answers={"age": "yes", "consumer": "no", "eea": "yes"},
    warranted=True,
    shown=b"text",
    text=b"text",
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"answers": {"age": "no", "consumer": "no", "eea": "yes"}}, ["accept.age"]),
        ({"answers": {"age": "yes", "consumer": "yes", "eea": "no"}}, []),
        ({"answers": {"age": "yes"}}, ["accept.answer", "accept.answer"]),
        ({"answers": {"age": "maybe", "consumer": "no", "eea": "yes"}}, ["accept.answer"]),
        ({"language": "de"}, ["accept.language"]),
        ({"warranted": False}, ["accept.warranties"]),
        ({"text": b"other"}, ["accept.text"]),
        ({"named": False}, ["accept.parties"]),
    ],
)
@pytest.mark.req("AGR-1", "AGR-6", "AGR-11", "SVC-1", "SVC-5")
def test_an_agreement_is_accepted_only_with_answers_warranties_and_the_text_that_was_read(
    change: dict[str, Any], expected: list[str]
) -> None:
    verdicts = may_accept(TERMS, replace(YES, **change))
    assert [verdict.code for verdict in refusals(verdicts)] == expected


@pytest.mark.req("SVC-1")
def test_who_is_too_young_is_refused_by_the_clause_on_age() -> None:
    verdict = combine(may_accept(TERMS, replace(YES, answers={"age": "no", "consumer": "no", "eea": "yes"})))
    assert (verdict.clause, verdict.source) == ("question.age", "ECO 1.4")
    assert verdict.said()[1] == "The service is not for persons under 16 years of age."


@pytest.mark.req("AGR-11")
def test_who_stands_outside_the_agreements_scope_is_refused() -> None:
    text = library.source("ecomail").replace('advise = "no"', 'refuse = "no"')
    terms = library.checked(text, "altered.toml")
    outside = replace(YES, answers={"age": "yes", "consumer": "no", "eea": "no"})
    assert combine(may_accept(terms, outside)).code == "accept.scope"


@pytest.mark.req("SVC-5")
def test_a_consumer_and_who_is_outside_the_eea_are_advised() -> None:
    assert advised(TERMS, {"age": "yes", "consumer": "yes", "eea": "no"}) == ("consumer", "eea")
    assert advised(TERMS, {"age": "yes", "consumer": "no", "eea": "yes"}) == ()
    assert set(ADVICE) == {"consumer", "eea"}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("", ""),
        ("unknown", ""),
    ],
)
def test_the_network_is_kept_and_not_the_address(address: str, expected: str) -> None:
    assert evidence.network(address) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1", "Safari, iOS"),
        ("curl/8.0", "other"),
        ("", "other"),
    ],
)
def test_the_family_of_the_browser_is_kept_and_not_its_build(header: str, expected: str) -> None:
    assert evidence.agent(header) == expected
