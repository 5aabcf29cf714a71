"""Money, rates, hours of the week and clauses that need each other: what cannot be carried out is refused, by line."""

from collections.abc import Callable

import pytest

from mandata.agreements.rules.terms import BadTerms, parse
from tests.agreements.bad_files import added, changed, within, without

BAD: list[tuple[str, Callable[[], str], str, str, str]] = [
    (
        "money without a currency",
        lambda: within("everymail", "assistance.rate", '"USD 150"', '"150"'),
        'hour = "150"',
        "cannot be used",
        'Write money such as "USD 150"',
    ),
    (
        "no money at all",
        lambda: within("acomware", "publication.doubt", '"CZK 50000"', '"CZK 0"'),
        'money = "CZK 0"',
        "cannot be used",
        "USD 150",
    ),
    (
        "a number for money",
        lambda: within("acomware", "audit.rates", '"CZK 500"', "500"),
        "first = 500",
        "is a number",
        "USD 150",
    ),
    (
        "rates in two currencies",
        lambda: within("acomware", "audit.rates", '"CZK 1500"', '"EUR 60"'),
        'further = "EUR 60"',
        "two currencies",
        "State both in one",
    ),
    (
        "an index that nobody announces",
        lambda: within("acomware", "audit.rates", '"cz_cpi"', '"de_cpi"'),
        'index = "de_cpi"',
        "which nothing executes",
        "cz_cpi",
    ),
    (
        "a rise at no known time",
        lambda: within("acomware", "audit.rates", '"yearly_july"', '"yearly_june"'),
        'rises = "yearly_june"',
        "which nothing executes",
        "Did you mean yearly_july?",
    ),
    (
        "no time of day",
        lambda: within("acomware", "engine.maintenance", '"12:00"', '"12 PM"'),
        'clock = "12 PM"',
        "no time of day",
        "08:30",
    ),
    (
        "more than a week of every week",
        lambda: within("acomware", "engine.maintenance", '"16 hours"', '"8 days"'),
        'period = "8 days"',
        "of every week",
        "at most 7 days",
    ),
    (
        "a doubt about what need not be published",
        lambda: without("acomware", "publication.register"),
        "[publication.",
        "stands without publication.register",
        "State both, or neither",
    ),
    (
        "a rate for nothing that is paid",
        lambda: without("everymail", "assistance.paid"),
        "[assistance.rate]",
        "stands without assistance.paid",
        "State both, or neither",
    ),
    (
        "help both paid and free",
        lambda: within("everymail", "assistance.free", '"rights"', '"rights", "audits"'),
        "items = ",
        "both paid for and free: audits",
        "in one of",
    ),
    (
        "two limits",
        lambda: added("everymail", '[liability.main]\nsource = "X 1"\nvalue = "within_total"\n'),
        "[liability.main]",
        "two limits",
        "Keep one",
    ),
    (
        "an exception to no limit",
        lambda: without("everymail", "liability.cap"),
        "[liability.except]",
        "there is none",
        "Add [liability.cap]",
    ),
    (
        "an extension shorter than the answer",
        lambda: changed("ccpa-7051", ('total = "90 days"', 'total = "40 days"')),
        'total = "40 days"',
        "not longer than the answer",
        "state the sum",
    ),
]


@pytest.mark.parametrize(("text", "line", "problem", "remedy"), [case[1:] for case in BAD], ids=[c[0] for c in BAD])
def test_it_is_refused_with_line_and_remedy(text: Callable[[], str], line: str, problem: str, remedy: str) -> None:
    source = text()
    with pytest.raises(BadTerms) as refused:
        parse(source, "mine.toml")
    assert problem in refused.value.problem
    assert remedy in refused.value.remedy
    assert line in source.splitlines()[refused.value.line - 1]
    assert str(refused.value).startswith(f"mine.toml:{refused.value.line}: ")
