"""What help and audits cost, what late payment costs, and up to which sum damages are owed: exact sums, no clock.

Sources: ACO 6.u.g (audits), ACO 3.2 (interest), EVE 5 (hourly rate), EVE 7 and ECO 8.6 (limits). Index values are given
facts: the increase in percent by calendar year, as the statistical office announced it. Sums are kept exact and rounded
once, half up, to two decimals. Value added tax is never in a rate; it is told apart.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from mandata.agreements.rules.values import Cap, Interest, Money, Period, Rate, Rates, Unit

_CENT: Final = Decimal("0.01")
_HUNDRED: Final = Decimal(100)


class NoIndex(ValueError):
    """The increase of the index for a calendar year is needed and not known. ``year`` says for which."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(f"the increase of the index for {year} is not known")


@dataclass(frozen=True, slots=True)
class Price:
    """What is to be paid: a rate per hour, the work at that rate, costs on top, and VAT apart (None where unknown)."""

    hour: Money
    work: Money
    costs: Money
    vat: Money | None = None

    @property
    def net(self) -> Money:
        """Work and costs without VAT."""
        return Money(self.work.amount + self.costs.amount, self.work.currency)

    @property
    def gross(self) -> Money:
        """With VAT where its rate is known, else the net sum."""
        return Money(self.net.amount + (self.vat.amount if self.vat else 0), self.work.currency)


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee: its amount, when it became payable, and when it was paid (None: not yet)."""

    amount: Decimal
    payable_on: date
    paid_on: date | None = None


def rounded(amount: Decimal) -> Decimal:
    """To two decimals, half up, as invoices are."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def rises(rule: str, contract_year: int, on: date) -> tuple[int, ...]:
    """The calendar years whose index has raised the rates by a day, the oldest first.

    ``contract_year``: the one in which the contract took effect. The first rise comes on 1 July of the next one, by the
    index of the contract's own year; with ``yearly_july`` another one each 1 July, with ``once_july`` none.
    """
    last = on.year if on >= date(on.year, 7, 1) else on.year - 1
    if rule == "once_july":
        last = min(last, contract_year + 1)
    return tuple(year - 1 for year in range(contract_year + 1, last + 1))


def risen(rate: Money, years: Iterable[int], increases: Mapping[int, Decimal]) -> Money:
    """A rate raised by the index of each year, compounded and rounded once at the end.

    An increase below zero lowers nothing: the agreement speaks of rising. Raises NoIndex for a year without a value.
    """
    amount = rate.amount
    for year in years:
        if year not in increases:
            raise NoIndex(year)
        amount *= 1 + max(increases[year], Decimal(0)) / _HUNDRED
    return Money(rounded(amount), rate.currency)


def man_hour(
    rates: Rates, *, nth: int, contract_year: int, on: date, increases: Mapping[int, Decimal] | None = None
) -> Money:
    """What a man-hour of the ``nth`` audit in a calendar year costs on a day (ACO 6.u.g), without VAT.

    Raises NoIndex where a rise has come whose index is not given, ValueError for an audit before the first.
    """
    if nth < 1:
        raise ValueError("audits are counted from 1")
    base = rates.first if nth == 1 else rates.further
    return risen(base, rises(rates.rises, contract_year, on), increases or {})


def price(hour: Money, *, hours: Decimal, costs: Decimal = Decimal(0), vat_percent: Decimal | None = None) -> Price:
    """Hours at a rate, with costs in the same currency, and VAT on both apart where its rate in percent is known."""
    work, spent = rounded(hour.amount * hours), rounded(costs)
    vat = None if vat_percent is None else Money(rounded((work + spent) * vat_percent / _HUNDRED), hour.currency)
    return Price(hour, Money(work, hour.currency), Money(spent, hour.currency), vat)


def limited(rate: Rate, asked: Decimal | None) -> Money:
    """The rate per hour that may be charged: the one asked, but with a limit never more than it (EVE 5)."""
    if asked is None or (rate.limit and asked > rate.hour.amount):
        return rate.hour
    return Money(asked if rate.limit else rate.hour.amount, rate.hour.currency)


def interest(value: Interest, owed: Decimal, *, due_on: date, paid_on: date) -> Decimal:
    """Late interest on a sum: each ``per`` of delay counts that has begun, none where it was paid in time (ACO 3.2).

    ``due_on`` is the last day on which payment is in time. Raises ValueError for a period in another unit than
    days or weeks.
    """
    length = {Unit.DAYS: 1, Unit.WEEKS: 7}.get(value.per.unit)
    if length is None:
        raise ValueError("late interest runs by days or weeks")
    late, step = max((paid_on - due_on).days, 0), length * value.per.amount
    begun = -(-late // step)
    return rounded(owed * value.share.percent / _HUNDRED * begun)


def window(period: Period, event: date) -> tuple[date, date]:
    """The days that a limit counts: from the first one on, up to and without the day of the event.

    Where the month has no such day, its last one counts: six months before 31 August begin on 28 or 29 February.
    """
    if period.unit in (Unit.MONTHS, Unit.YEARS):
        return _months_before(event, period.amount * (12 if period.unit is Unit.YEARS else 1)), event
    days = {Unit.DAYS: 1, Unit.WEEKS: 7}.get(period.unit)
    if days is None:
        raise ValueError("fees are counted over days, weeks, months or years")
    return event - timedelta(days=days * period.amount), event


def _months_before(event: date, months: int) -> date:
    year, month = divmod(event.year * 12 + event.month - 1 - months, 12)
    return date(year, month + 1, min(event.day, monthrange(year, month + 1)[1]))


def cap(value: Cap, fees: Iterable[Fee], event: date) -> Decimal:
    """The sum to which damages are limited: the fees of the period just before an event (AGR-8).

    ``fees_paid`` counts what was paid in that time; ``fees_paid_or_payable`` also what became payable in it, each fee
    once.
    """
    first, end = window(value.period, event)

    def counts(fee: Fee) -> bool:
        paid = fee.paid_on is not None and first <= fee.paid_on < end
        return paid or (value.base == "fees_paid_or_payable" and first <= fee.payable_on < end)

    return sum((fee.amount for fee in fees if counts(fee)), Decimal(0))
