"""What help costs: never for what is free, never above the limit, exact to the cent."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.agreements import library
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Money, Rate, Rates
from mandata.assistance.rules import billing, codes
from mandata.assistance.rules.billing import Booked

NAMES = ("icewarp", "everymail", "imagicle", "ecomail", "acomware", "gdpr-art28", "ccpa-7051")
TERMS: dict[str, Terms] = {name: library.load(name) for name in NAMES}
MONEY = st.decimals(Decimal("0.01"), Decimal(5000), places=2)
WORK = st.sampled_from(sorted(codes.WORK))


@st.composite
def booked(draw: st.DrawFn) -> Booked:
    """Any line of a time sheet."""
    currency = draw(st.sampled_from(["USD", "CZK", "EUR"]))
    hour = draw(st.none() | MONEY)
    return Booked(
        draw(WORK),
        draw(st.dates(date(2024, 1, 1), date(2032, 12, 31))),
        draw(st.integers(1, codes.MAX_MINUTES)),
        draw(st.booleans()),
        Money(hour, currency) if hour else None,
        draw(st.decimals(0, 1000, places=2)),
        currency,
        draw(st.integers(1, 4)),
    )


@given(name=st.sampled_from(NAMES), one=booked())
@pytest.mark.req("AST-4")
def test_what_an_agreement_declares_free_is_never_billed(name: str, one: Booked) -> None:
    terms = TERMS[name]
    line = billing.bill(terms, one, contract_year=2024, increases={})
    if one.kind in terms.items("assistance.free"):
        assert (line.state, line.net, line.clause) == (billing.FREE, Decimal(0), "assistance.free")
    if line.state != billing.BILLED:
        assert line.net == 0


@given(one=booked())
@pytest.mark.req("AST-4")
def test_an_hour_never_costs_more_than_the_limit(one: Booked) -> None:
    terms = TERMS["everymail"]
    limit = terms.find("assistance.rate", Rate)
    assert limit is not None
    line = billing.bill(terms, one)
    if line.hour is not None:
        assert line.hour.currency == "USD"
        assert line.hour.amount <= limit.hour.amount == 150
        assert line.work <= (Decimal(150) * one.minutes / 60).quantize(Decimal("0.01"), ROUND_HALF_UP)


@given(name=st.sampled_from(NAMES), one=booked(), rises=st.lists(st.decimals(-5, 20, places=2), min_size=9, max_size=9))
@pytest.mark.req("AST-4")
def test_a_line_is_rounded_once_and_half_up(name: str, one: Booked, rises: list[Decimal]) -> None:
    line = billing.bill(TERMS[name], one, contract_year=2023, increases=dict(enumerate(rises, 2023)))
    if line.hour is not None:
        exact = Fraction(line.hour.amount) * one.minutes / 60
        cents = int(exact * 100 + Fraction(1, 2))
        assert line.work == Decimal(cents) / 100
        assert line.net == line.work + one.costs


@given(lines=st.lists(booked(), max_size=12), vat=st.none() | st.decimals(0, 30, places=2))
@pytest.mark.req("AST-4")
def test_a_month_is_the_sum_of_its_lines_with_vat_apart(lines: list[Booked], vat: Decimal | None) -> None:
    made = [billing.bill(TERMS["acomware"], one) for one in lines]
    totals = billing.totals(made, vat)
    assert sum(one.net for one in totals) == sum(line.net for line in made)
    for one in totals:
        assert one.gross == one.net + (one.vat or 0)
        if vat is not None:
            assert one.vat is not None
            assert abs(one.vat - one.net * vat / 100) <= Decimal("0.005")


@pytest.mark.req("AUD-4")
def test_the_hours_of_a_second_audit_after_indexation_cost_what_was_reckoned_by_hand() -> None:
    # A contract of 2023; by March 2026 the rates have risen on 1 July 2024 (by 2023's 10.7 %) and 2025 (2024's 2.4 %).
    increases = {2023: Decimal("10.7"), 2024: Decimal("2.4")}
    one = Booked("audits", date(2026, 3, 2), 150, costs=Decimal("820.00"), currency="CZK", audit_of_year=2)
    line = billing.bill(TERMS["acomware"], one, contract_year=2023, increases=increases)
    assert (line.state, line.code, line.clause) == (billing.BILLED, "charge.audit", "audit.rates")
    assert line.hour == Money(Decimal("1700.35"), "CZK")  # 1500 x 1.107 x 1.024 = 1700.352
    assert line.work == Decimal("4250.88")  # 2.5 h x 1700.35 = 4250.875
    assert line.net == Decimal("5070.88")
    (total,) = billing.totals([line], Decimal(21))
    assert total.vat == Decimal("1064.88")  # 5070.88 x 0.21 = 1064.8848
    first = billing.bill(TERMS["acomware"], Booked("audits", date(2026, 3, 2), 60, currency="CZK"))
    assert first.hour == Money(Decimal("500"), "CZK")


@pytest.mark.req("AUD-4")
def test_an_unclear_rise_is_reckoned_by_both_readings() -> None:
    rates = TERMS["acomware"].find("audit.rates", Rates)
    assert rates is not None
    known = {2023: Decimal("10.7"), 2024: Decimal("2.4")}
    found = billing.readings(rates, nth=1, contract_year=2023, on=date(2026, 3, 2), increases=known)
    assert found == {
        "yearly_july": Money(Decimal("566.78"), "CZK"),  # 500 x 1.107 x 1.024
        "once_july": Money(Decimal("553.50"), "CZK"),
    }
    missing = billing.readings(rates, nth=1, contract_year=2023, on=date(2026, 3, 2), increases={2023: Decimal(1)})
    assert missing["yearly_july"] == 2024


@pytest.mark.req("AUD-4")
def test_a_rise_whose_index_is_unknown_waits_and_is_not_billed() -> None:
    one = Booked("audits", date(2026, 3, 2), 60, currency="CZK")
    line = billing.bill(TERMS["acomware"], one, contract_year=2023, increases={2023: Decimal("10.7")})
    assert (line.state, line.missing_year, line.net) == (billing.WAITS, 2024, Decimal(0))


@pytest.mark.req("AST-4")
def test_each_agreement_charges_what_its_own_clause_says() -> None:
    day, hour = date(2026, 3, 2), Money(Decimal("90.00"), "EUR")

    def state(name: str, kind: str, **more: object) -> str:
        return billing.bill(TERMS[name], Booked(kind, day, 60, **more)).state  # type: ignore[arg-type]

    assert state("everymail", "rights") == state("everymail", "breaches") == billing.FREE
    assert state("everymail", "assessments") == billing.BILLED
    assert state("icewarp", "rights") == billing.QUOTE, "no price is listed yet"
    assert state("icewarp", "rights", hour=hour) == billing.BILLED
    assert state("acomware", "rights") == billing.FREE, "by the usual measures"
    assert state("acomware", "rights", beyond_usual=True, hour=hour) == billing.BILLED
    assert state("imagicle", "rights", hour=hour) == billing.FREE, "nothing but audits is paid for"
    assert state("imagicle", "audits", hour=hour) == billing.BILLED
    assert state("ecomail", "rights", hour=hour) == billing.BILLED, "reasonable costs"
