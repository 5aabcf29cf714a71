"""What a piece of help costs, line by line, and what a month comes to. Pure, exact, without VAT until the end.

Whether anything is paid for is decided by the agreement (`agreements.rules.gates.money.charges`); here it becomes a
sum. An hour never costs more than the agreement's limit (EVE 5); what is free is never billed, whatever was booked;
each line is rounded once, half up, and VAT once on each currency's sum. Sources: AST-4, AUD-4; EVE 5, ACO 6.u.c, g,
ICE VII.2, ECO-A 3.4, IMA 3(h).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final

from mandata.agreements.rules import prices
from mandata.agreements.rules.facts.money import ChargeFacts
from mandata.agreements.rules.gates.money import charges
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Money, Rate, Rates

_HUNDRED: Final = Decimal(100)
FREE, BILLED, QUOTE, WAITS = "free", "billed", "quote", "waits"
"""States of a line: not charged; charged; a price is still to be stated; the index of a year is still unknown."""


@dataclass(frozen=True, slots=True)
class Booked:
    """Work as it stands in a time sheet. `hour`: what an hour is to cost by hand or by the price list, None where
    nobody stated it; `costs`: purposeful costs in the same `currency`; `audit_of_year` counts audits from 1.
    """

    kind: str
    day: date
    minutes: int
    beyond_usual: bool = False
    hour: Money | None = None
    costs: Decimal = Decimal(0)
    currency: str = ""
    audit_of_year: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """What a piece of work comes to: its state, the rate, the sum of the time, costs; by which check and clause."""

    state: str
    hour: Money | None
    work: Decimal
    costs: Decimal
    currency: str
    code: str
    clause: str
    source: str
    missing_year: int | None = None

    @property
    def net(self) -> Decimal:
        """Time and costs, without VAT."""
        return self.work + self.costs


@dataclass(frozen=True, slots=True)
class Total:
    """A currency's sum: net, VAT apart (None where its rate is not known), and both."""

    currency: str
    net: Decimal
    vat: Decimal | None

    @property
    def gross(self) -> Decimal:
        """With VAT where its rate is known."""
        return self.net + (self.vat or Decimal(0))


def bill(
    terms: Terms,
    booked: Booked,
    *,
    contract_year: int | None = None,
    increases: Mapping[int, Decimal] | None = None,
) -> Line:
    """What a piece of work comes to under an agreement.

    `contract_year`: in which the contract took effect; `increases`: percent by calendar year, for rates that rise.
    """
    facts = ChargeFacts(
        work=booked.kind,
        hours=Decimal(booked.minutes) / 60,
        rate=booked.hour.amount if booked.hour else None,
        costs=booked.costs,
        audit_of_year=booked.audit_of_year,
        at=datetime.combine(booked.day, time(12), UTC),
        beyond_usual=booked.beyond_usual,
    )
    verdict = charges(terms, facts)[0]
    told = (verdict.code, verdict.clause, verdict.source)
    if not verdict.allowed:
        return Line(FREE, None, Decimal(0), Decimal(0), booked.currency, *told)
    try:
        hour = _hour(terms, booked, verdict.code, contract_year, increases or {})
    except prices.NoIndex as unknown:
        return Line(WAITS, None, Decimal(0), Decimal(0), booked.currency, *told, missing_year=unknown.year)
    if hour is None:
        return Line(QUOTE, None, Decimal(0), Decimal(0), booked.currency, *told)
    return Line(BILLED, hour, _time(hour, booked.minutes), prices.rounded(booked.costs), hour.currency, *told)


def _time(hour: Money, minutes: int) -> Decimal:
    """Multiplied before it is divided, so that a sixtieth is never cut off and half a cent rounds up."""
    return prices.rounded(hour.amount * minutes / 60)


def _hour(
    terms: Terms, booked: Booked, code: str, contract_year: int | None, increases: Mapping[int, Decimal]
) -> Money | None:
    rates = terms.find("audit.rates", Rates)
    if code == "charge.audit" and rates is not None:
        if contract_year is None:
            return rates.first if booked.audit_of_year <= 1 else rates.further
        return prices.man_hour(
            rates,
            nth=max(booked.audit_of_year, 1),
            contract_year=contract_year,
            on=booked.day,
            increases=increases,
        )
    limit = terms.find("assistance.rate", Rate)
    if limit is None:
        return booked.hour
    asked = booked.hour.amount if booked.hour and booked.hour.currency == limit.hour.currency else None
    return prices.limited(limit, asked)


def readings(
    rates: Rates, *, nth: int, contract_year: int, on: date, increases: Mapping[int, Decimal]
) -> dict[str, Money | int]:
    """What a man-hour costs under each reading of when rates rise ("yearly_july", "once_july"); a year whose index is
    missing stands in the place of the sum. For clauses that can be read in two ways (ACO 6.u.g)."""
    found: dict[str, Money | int] = {}
    base = rates.first if nth <= 1 else rates.further
    for rule in ("yearly_july", "once_july"):
        try:
            found[rule] = prices.risen(base, prices.rises(rule, contract_year, on), increases)
        except prices.NoIndex as unknown:
            found[rule] = unknown.year
    return found


def totals(lines: Iterable[Line], vat_percent: Decimal | None) -> tuple[Total, ...]:
    """The sums by currency of what is billed; VAT reckoned once on each."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        if line.state == BILLED:
            sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.net
    return tuple(
        Total(currency, net, None if vat_percent is None else prices.rounded(net * vat_percent / _HUNDRED))
        for currency, net in sorted(sums.items())
    )
