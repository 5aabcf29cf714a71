"""What audits and help cost, what late payment costs, and where a limit of damages lies."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.agreements import library
from mandata.agreements.rules import prices
from mandata.agreements.rules.prices import Fee
from mandata.agreements.rules.values import Cap, Interest, Money, Period, Rate, Rates, Share, Unit

V = TypeVar("V", Cap, Interest, Rate, Rates)


def held(agreement: str, key: str, kind: type[V]) -> V:
    """A clause's value, which the agreement is known to hold."""
    found = library.load(agreement).find(key, kind)
    assert found is not None
    return found


RATES, INTEREST = held("acomware", "audit.rates", Rates), held("acomware", "fee.interest", Interest)
EVE_CAP, ECO_CAP = held("everymail", "liability.cap", Cap), held("ecomail", "liability.cap", Cap)
EVE_RATE = held("everymail", "assistance.rate", Rate)

CPI = {2018: Decimal("2.1"), 2019: Decimal("2.8"), 2020: Decimal("3.2")}
days = st.dates(date(2018, 1, 1), date(2032, 12, 31))
percents = st.decimals(Decimal("-3"), Decimal("20"), places=1)
indices = st.fixed_dictionaries(dict.fromkeys(range(2018, 2036), percents))
sums = st.decimals(Decimal("0.01"), Decimal("100000"), places=2)


@pytest.mark.req("AUD-4")
@pytest.mark.parametrize(
    ("nth", "on", "hour"),
    [
        (1, date(2018, 9, 1), "500"),  # the contract's own year
        (2, date(2018, 9, 1), "1500"),
        (1, date(2019, 6, 30), "500"),
        (1, date(2019, 7, 1), "510.50"),  # 500 x 1.021
        (1, date(2020, 7, 1), "524.79"),  # x 1.028 = 524.794
        (2, date(2021, 7, 1), "1624.76"),  # 1500 x 1.021 x 1.028 x 1.032 = 1624.762
    ],
)
def test_the_rates_rise_each_july_by_the_index_of_the_year_before(nth: int, on: date, hour: str) -> None:
    found = prices.man_hour(RATES, nth=nth, contract_year=2018, on=on, increases=CPI)
    assert found == Money(Decimal(hour), "CZK")


@pytest.mark.req("AUD-4")
def test_the_other_reading_rises_once() -> None:
    once = Rates(RATES.first, RATES.further, RATES.index, "once_july")
    assert prices.man_hour(once, nth=1, contract_year=2018, on=date(2029, 1, 1), increases=CPI).amount == Decimal(
        "510.50"
    )


@pytest.mark.req("AUD-4")
def test_a_rise_without_its_index_is_not_guessed() -> None:
    with pytest.raises(prices.NoIndex, match="2021") as refused:
        prices.man_hour(RATES, nth=1, contract_year=2018, on=date(2022, 7, 1), increases=CPI)
    assert refused.value.year == 2021
    with pytest.raises(ValueError, match="counted from 1"):
        prices.man_hour(RATES, nth=0, contract_year=2018, on=date(2018, 7, 1))


@pytest.mark.req("AUD-4")
def test_hours_costs_and_vat_are_told_apart() -> None:
    found = prices.price(
        Money(Decimal(500), "CZK"), hours=Decimal("3.5"), costs=Decimal("249.995"), vat_percent=Decimal(21)
    )
    assert (found.work.amount, found.costs.amount, found.net.amount) == (
        Decimal(1750),
        Decimal("250.00"),
        Decimal("2000.00"),
    )
    assert found.vat == Money(Decimal("420.00"), "CZK")
    assert found.gross.amount == Decimal("2420.00")
    assert prices.price(Money(Decimal(500), "CZK"), hours=Decimal(2)).gross.amount == 1000


@given(on=days, contract_year=st.integers(2016, 2031), rule=st.sampled_from(["yearly_july", "once_july"]))
def test_rises_are_counted_as_the_calendar_says(on: date, contract_year: int, rule: str) -> None:
    julys = [date(year, 7, 1) for year in range(contract_year + 1, 2040)]
    past = [july.year - 1 for july in julys if july <= on]
    assert prices.rises(rule, contract_year, on) == tuple(past if rule == "yearly_july" else past[:1])


@given(on=days, index=indices, nth=st.integers(1, 5))
def test_a_rate_never_falls_and_the_further_one_is_three_times_the_first(
    on: date, index: dict[int, Decimal], nth: int
) -> None:
    def hour(day: date, number: int) -> Decimal:
        return prices.man_hour(RATES, nth=number, contract_year=2018, on=day, increases=index).amount

    assert hour(on, nth) >= (RATES.first if nth == 1 else RATES.further).amount
    assert hour(on + timedelta(days=400), nth) >= hour(on, nth)
    assert abs(hour(on, 2) - 3 * hour(on, 1)) <= Decimal("0.02")  # each is rounded once
    assert hour(on, 2) == hour(on, 7)


@given(on=days, index=indices)
def test_the_rounded_rate_is_within_half_a_cent_of_the_exact_one(on: date, index: dict[int, Decimal]) -> None:
    exact = RATES.first.amount
    for year in prices.rises("yearly_july", 2018, on):
        exact *= (100 + max(index[year], Decimal(0))) / 100
    found = prices.man_hour(RATES, nth=1, contract_year=2018, on=on, increases=index).amount
    assert abs(found - exact) <= Decimal("0.005")


@given(hour=sums, hours=st.decimals(0, 200, places=2), costs=sums, vat=st.decimals(0, 30, places=1))
def test_net_is_work_and_costs_and_gross_adds_the_tax(
    hour: Decimal, hours: Decimal, costs: Decimal, vat: Decimal
) -> None:
    found = prices.price(Money(hour, "CZK"), hours=hours, costs=costs, vat_percent=vat)
    assert found.vat is not None
    assert found.net.amount == found.work.amount + found.costs.amount
    assert found.gross.amount == found.net.amount + found.vat.amount
    assert abs(found.vat.amount - found.net.amount * vat / 100) <= Decimal("0.005")


@pytest.mark.req("AST-4")
@given(asked=sums)
def test_no_hour_costs_more_than_the_limit(asked: Decimal) -> None:
    assert prices.limited(EVE_RATE, asked).amount == min(asked, Decimal(150))
    assert prices.limited(EVE_RATE, None).amount == 150


@pytest.mark.req("BIL-9")
@given(owed=sums, due=days, late=st.integers(-30, 900))
def test_interest_runs_for_each_day_of_delay(owed: Decimal, due: date, late: int) -> None:
    found = prices.interest(INTEREST, owed, due_on=due, paid_on=due + timedelta(days=late))
    assert abs(found - owed * Decimal("0.0015") * max(late, 0)) <= Decimal("0.005")
    assert (found == 0) or late > 0


def test_a_week_begun_counts_whole_and_months_are_refused() -> None:
    weekly = Interest(Share(Decimal(1)), Period(1, Unit.WEEKS))
    owed, due = Decimal(1000), date(2026, 3, 2)
    found = [prices.interest(weekly, owed, due_on=due, paid_on=due + timedelta(days=n)) for n in (0, 1, 7, 8)]
    assert found == [0, 10, 10, 20]
    with pytest.raises(ValueError, match="days or weeks"):
        prices.interest(Interest(Share(Decimal(1)), Period(1, Unit.MONTHS)), owed, due_on=due, paid_on=date(2026, 5, 1))


@pytest.mark.req("AGR-8")
@pytest.mark.parametrize(
    ("period", "event", "first"),
    [
        ("12 months", date(2026, 3, 27), date(2025, 3, 27)),
        ("6 months", date(2026, 8, 31), date(2026, 2, 28)),
        ("6 months", date(2028, 8, 31), date(2028, 2, 29)),
        ("1 year", date(2028, 2, 29), date(2027, 2, 28)),
        ("2 weeks", date(2026, 3, 27), date(2026, 3, 13)),
        ("30 days", date(2026, 3, 27), date(2026, 2, 25)),
    ],
)
def test_a_limit_looks_back_from_the_event(period: str, event: date, first: date) -> None:
    assert prices.window(Period.parse(period), event) == (first, event)


@pytest.mark.req("AGR-8")
def test_what_was_paid_counts_for_one_and_what_was_payable_for_the_other() -> None:
    event = date(2026, 3, 27)
    fees = [
        Fee(Decimal(100), date(2025, 3, 26), date(2025, 3, 27)),  # paid on the first day of the twelve months
        Fee(Decimal(10), date(2025, 3, 26), date(2025, 3, 26)),  # paid a day too early
        Fee(Decimal(1000), date(2026, 2, 1), None),  # payable, not paid
        Fee(Decimal(5), date(2026, 3, 27), date(2026, 3, 27)),  # on the day of the event itself
    ]
    assert prices.cap(EVE_CAP, fees, event) == 1100
    assert prices.cap(ECO_CAP, fees, event) == 0
    assert prices.cap(Cap("fees_paid", Period.parse("12 months")), fees, event) == 100


fee_lists = st.lists(st.builds(Fee, sums, days, st.none() | days), max_size=12)


@pytest.mark.req("AGR-8")
@given(fees=fee_lists, event=days)
def test_a_limit_is_no_more_than_all_fees_and_grows_with_its_period(fees: list[Fee], event: date) -> None:
    by_length = [prices.cap(Cap("fees_paid", Period(months, Unit.MONTHS)), fees, event) for months in (1, 6, 12, 24)]
    assert all(shorter <= longer for shorter, longer in pairwise(by_length))
    both = prices.cap(EVE_CAP, fees, event)
    assert by_length[2] <= both <= sum((fee.amount for fee in fees), Decimal(0))
    assert prices.cap(EVE_CAP, list(reversed(fees)), event) == both
