"""Answers on what help costs, and who answers for damage. Sums are exact; VAT is never in them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from mandata.agreements.rules import prices, windows
from mandata.agreements.rules.checks import money as checks
from mandata.agreements.rules.facts.money import ChargeFacts, IndemnityFacts, LiabilityFacts
from mandata.agreements.rules.gates.telling import sum_of, told
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Cap, Interest, Money, Rate, Rates
from mandata.agreements.rules.verdicts import Prepared, Verdict, prepared

_AUDITS: Final = frozenset({"audits", "audit"})
_LATE: Final = frozenset({"late_payment", "cancelled_order"})


def charges(terms: Terms, facts: ChargeFacts) -> tuple[Verdict, ...]:
    """AST-4, AUD-4: whether help is paid for, and how much; audits by their own clauses."""
    on, work = prepared(terms), {"work": facts.work}
    if facts.work in on.codes("assistance.free"):
        return (on.decide(checks.FREE, False, {**work}),)
    if facts.work in _LATE:
        late = _late(on, terms, facts)
        if late is not None:
            return (late,)
    if facts.work in _AUDITS:
        audit = _audit(on, terms, facts)
        if audit is not None:
            return (audit,)
    paid = on.codes("assistance.paid")
    if facts.work in paid or (facts.beyond_usual and "beyond_usual" in paid):
        return _paid(on, terms, facts)
    if "beyond_usual" in paid and facts.work not in _AUDITS:
        return (on.decide(checks.USUAL, False, {**work}),)
    if on.holds("assistance.costs"):
        amount = sum_of(facts.costs)
        return (on.decide(checks.COSTS, True, {**work, "amount": amount}),)
    if on.holds("assistance.pricelist") and not on.holds("assistance.paid"):
        return (on.decide(checks.LISTED, facts.beyond_usual, {**work}),)
    return (on.decide(checks.PAID, False, {**work, "amount": "0"}),)


def _late(on: Prepared, terms: Terms, facts: ChargeFacts) -> Verdict | None:
    """What a late payment or a cancelled order costs by the agreement; None where it says nothing of it."""
    if facts.work == "cancelled_order" and on.holds("fee.cancellation"):
        return on.decide(checks.CANCELLED, facts.owed > 0, {"amount": sum_of(facts.owed)})
    value = terms.find("fee.interest", Interest)
    if facts.work != "late_payment" or value is None or facts.due_at is None or facts.at is None:
        return None
    days = _day(terms, facts.due_at), _day(terms, facts.at)
    amount = prices.interest(value, facts.owed, due_on=days[0], paid_on=days[1])
    return on.decide(checks.INTEREST, amount > 0, {"amount": sum_of(amount)})


def _paid(on: Prepared, terms: Terms, facts: ChargeFacts) -> tuple[Verdict, ...]:
    limit = terms.find("assistance.rate", Rate)
    if limit is None:
        listed = on.chosen("assistance.pricelist") or "agreed"
        evidence = {"work": facts.work, "amount": sum_of(facts.costs) if facts.costs else listed}
        return (on.decide(checks.PAID, True, {**evidence}),)
    hour = facts.rate if facts.rate is not None else limit.hour.amount
    found = prices.price(prices.limited(limit, facts.rate), hours=facts.hours, costs=facts.costs)
    amount = sum_of(found.net.amount, limit.hour.currency)
    rate = {"rate": sum_of(hour, limit.hour.currency), "limit": sum_of(limit.hour.amount, limit.hour.currency)}
    return (
        on.decide(checks.PAID, True, {"work": facts.work, "amount": amount}),
        on.decide(checks.LIMITED, hour <= limit.hour.amount, {**rate}),
    )


def _audit(on: Prepared, terms: Terms, facts: ChargeFacts) -> Verdict | None:
    rates = terms.find("audit.rates", Rates)
    if rates is not None:
        try:
            hour = _man_hour(terms, rates, facts)
        except prices.NoIndex as unknown:
            return on.decide(checks.INDEX, False, {"year": unknown.year})
        found = prices.price(hour, hours=facts.hours, costs=facts.costs)
        sums = {"rate": sum_of(hour.amount, hour.currency), "amount": sum_of(found.net.amount, hour.currency)}
        return on.decide(checks.AUDITED, True, {**sums})
    if on.holds("audit.costs"):
        return on.decide(checks.AUDIT_COSTS, True, {"amount": sum_of(facts.costs)})
    return on.plain(checks.AUDIT_AGREED, True) if on.chosen("audit.extra") == "agreed" else None


def _man_hour(terms: Terms, rates: Rates, facts: ChargeFacts) -> Money:
    """The rate of this audit; without the year of the contract and a date, the one that the agreement states."""
    if facts.contract_year is None or facts.at is None:
        return rates.first if facts.audit_of_year <= 1 else rates.further
    increases = {facts.contract_year + number: percent for number, percent in enumerate(facts.indexation)}
    return prices.man_hour(
        rates,
        nth=max(facts.audit_of_year, 1),
        contract_year=facts.contract_year,
        on=_day(terms, facts.at),
        increases=increases,
    )


def _day(terms: Terms, at: datetime) -> date:
    return at.astimezone(ZoneInfo(terms.head.zone)).date()


def liable(terms: Terms, facts: LiabilityFacts) -> tuple[Verdict, ...]:
    """AGR-8: whether damages are owed, and up to which sum."""
    on = prepared(terms)
    made = (
        ("liability.fault", checks.FAULT, facts.fault in ("wilful", "gross_negligence")),
        ("liability.majeure", checks.MAJEURE, not facts.majeure or facts.in_default),
        ("liability.whom", checks.WHOM, facts.claimant == "controller"),
        ("liability.systems", checks.SYSTEMS, facts.cause != "systems"),
        ("subprocessor.chosen", checks.CHOSEN, facts.cause != "chosen"),
        ("liability.instruction", checks.INSTRUCTED, not facts.defect_told),
    )
    told_fault = {"fault": facts.fault}
    freed = [on.decide(check, False, {**told_fault}) for key, check, right in made if on.holds(key) and not right]
    if freed:
        return tuple(freed)
    found = [_sum_owed(on, terms, facts)]
    if on.holds("liability.fault"):
        found.insert(0, on.decide(checks.FAULT, True, {**told_fault}))
    if facts.cause == "subprocessor" and "liable" in on.codes("subprocessor.duties"):
        found.insert(0, on.plain(checks.SUBPROCESSOR, True))
    return tuple(found)


def _sum_owed(on: Prepared, terms: Terms, facts: LiabilityFacts) -> Verdict:
    cap, owed = terms.find("liability.cap", Cap), sum_of(facts.claim)
    spared = on.codes("liability.except")
    outside = facts.cause if facts.cause in spared else facts.fault if facts.fault in spared else ""
    if (cap is not None or on.holds("liability.main")) and outside:
        return on.decide(checks.UNCAPPED, True, {"cause": outside, "owed": owed})
    limit = _limit(terms, cap, facts)
    limited = {"owed": sum_of(min(facts.claim, limit)), "limit": sum_of(limit)}
    if cap is not None:
        told_cap = {**limited, "base": cap.base, "period": str(cap.period)}
        return on.decide(checks.CAPPED, limit > 0, {**told_cap})
    if on.holds("liability.main"):
        return on.decide(checks.WITHIN, limit > 0, {**limited})
    return on.decide(checks.UNLIMITED, facts.claim > 0, {"owed": owed})


def _limit(terms: Terms, cap: Cap | None, facts: LiabilityFacts) -> Decimal:
    """The sum stated, or the fees that the clause counts back from the event."""
    if cap is None or facts.event_at is None or not facts.payments:
        return facts.fees
    fees = (
        prices.Fee(one.amount, _day(terms, one.payable_at), None if one.paid_at is None else _day(terms, one.paid_at))
        for one in facts.payments
    )
    return prices.cap(cap, fees, _day(terms, facts.event_at))


def indemnified(terms: Terms, facts: IndemnityFacts) -> tuple[Verdict, ...]:
    """AGR-9: whether the controller answers for a third party's claim, and whether the way to it was kept."""
    on = prepared(terms)
    grounds = on.codes("indemnity.grounds")
    found = [on.decide(checks.GROUND, facts.ground in grounds, {"ground": facts.ground})]
    if on.holds("indemnity.exclusion"):
        found.append(on.plain(checks.OWN_BREACH, not facts.own_breach))
    if on.holds("indemnity.notice"):
        length = windows.period(terms, "indemnity.notice")
        until = None
        if facts.known_at is not None and length is not None:
            until = windows.after(length, facts.known_at, terms.reckoning)
        timely = until is None or facts.told_at is None or facts.told_at < until
        found.append(on.decide(checks.TOLD, facts.told_in_writing and timely, {"until": told(until)}))
    if on.holds("indemnity.conduct"):
        found.append(on.plain(checks.COOPERATION, facts.cooperation))
    if on.holds("indemnity.settlement") and facts.settled:
        found.append(on.plain(checks.SETTLEMENT, facts.consent or not facts.settlement_burdens))
    return tuple(found)
