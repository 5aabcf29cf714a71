"""Answers on whether an agreement applies, binds, prevails, changes or ends, and on instructions and publication.

A verdict that is allowed says yes to the question asked; its evidence holds the instants and figures of the answer.
"""

from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from mandata.agreements.rules import windows
from mandata.agreements.rules.checks import concluding as checks
from mandata.agreements.rules.facts.concluding import (
    ApplyFacts,
    ChangeFacts,
    ConcludeFacts,
    EndFacts,
    InstructFacts,
    PrevailFacts,
    PublishFacts,
    ReadFacts,
    RolesFacts,
)
from mandata.agreements.rules.gates.telling import told
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Dated, Sum
from mandata.agreements.rules.verdicts import Verdict, prepared

_CHAIN: Final = frozenset({"customer_controller_or_processor"})


def applies(terms: Terms, facts: ApplyFacts) -> tuple[Verdict, ...]:
    """AGR-11: an agreement with a territory does not apply where both sides are outside and nothing reaches in."""
    on = prepared(terms)
    law: dict[str, str | int] = {"law": ", ".join(terms.items("agreement.law"))}
    if not on.holds("agreement.territory"):
        return (on.decide(checks.LAW, True, law),)
    inside = facts.controller_in_eea or facts.processor_in_eea
    reached = (
        inside or facts.offers_into_eea or facts.monitors_in_eea or on.chosen("agreement.territory") == "everywhere"
    )
    return (on.decide(checks.APPLIES, reached, law),)


def roles(terms: Terms, facts: RolesFacts) -> tuple[Verdict, ...]:
    """AGR-2, AGR-5: who is who; an upstream controller only where the agreement knows one and it has authorised us."""
    on = prepared(terms)
    rule = on.chosen("agreement.roles") or ""
    customer, operator = ("processor", "sub-processor") if facts.upstream else ("controller", "processor")
    if rule == "business_provider" and not facts.upstream:
        customer, operator = "business, controller", "service provider"
    known = not facts.upstream or rule in _CHAIN or on.holds("agreement.upstream")
    found = [on.decide(checks.ROLES, known, {"customer": customer, "operator": operator, "roles": rule})]
    if facts.upstream:
        found.append(on.plain(checks.UPSTREAM, facts.authorised))
    return tuple(found)


def concluded(terms: Terms, facts: ConcludeFacts) -> tuple[Verdict, ...]:
    """AGR-1: whether what the customer did concludes the agreement, in this version and language."""
    on, agreed = prepared(terms), terms.items("agreement.acceptance")
    found = [on.decide(checks.CONCLUDED, facts.by in agreed, {"by": facts.by, "agreed": ", ".join(agreed)})]
    date = terms.find("agreement.effective", Dated)
    if date is not None and facts.at is not None:
        begins = datetime.combine(date.date, time(), ZoneInfo(terms.head.zone))
        found.append(on.decide(checks.EFFECTIVE, facts.at >= begins, {"date": date.date.isoformat()}))
    if facts.language:
        offered = {"language": facts.language, "languages": ", ".join(terms.head.languages)}
        found.append(on.decide(checks.OFFERED, facts.language in terms.head.languages, {**offered}))
    return tuple(found)


def reads(terms: Terms, facts: ReadFacts) -> tuple[Verdict, ...]:
    """AGR-2: which language version decides."""
    on = prepared(terms)
    rule = on.chosen("agreement.language") or "accepted"
    decides = facts.accepted if rule == "accepted" else rule
    return (
        on.decide(checks.DECIDES, facts.language == decides, {"language": facts.language, "decides": decides or rule}),
    )


def prevails(terms: Terms, facts: PrevailFacts) -> tuple[Verdict, ...]:
    """AGR-3: whether this agreement prevails over another document of the parties."""
    on = prepared(terms)
    rule = on.chosen("agreement.precedence") or ""
    ranks = (
        rule == "agreement_first"
        or (rule == "protection_first" and facts.matter == "data_protection")
        or (rule == "contract_first" and facts.over == "other")
    )
    return (on.decide(checks.PREVAILS, ranks, {"over": facts.over, "matter": facts.matter, "rule": rule}),)


def changes(terms: Terms, facts: ChangeFacts) -> tuple[Verdict, ...]:
    """AGR-4, BIL-2: whether changed terms apply at an instant, each kind of change by its own clause."""
    on = prepared(terms)
    if facts.kind == "supplier" and on.holds("change.suppliers"):
        since = facts.effective_at or facts.told_at
        return (on.decide(checks.SUPPLIED, facts.at >= since, {"since": told(since)}),)
    if facts.kind == "instructions" and on.holds("change.instructions"):
        since = facts.effective_at or facts.told_at
        return (on.decide(checks.INFORMED, facts.at >= since, {"since": told(since)}),)
    prices = facts.kind == "price_list" and on.holds("fee.change")
    since = changed_from(terms, facts, "fee.change" if prices else "change.notice")
    since_told: dict[str, str | int] = {"since": told(since)}
    if not prices and not on.holds("change.notice"):
        return (on.plain(checks.BOTH_SIDES, facts.accepted),)
    found = [on.decide(checks.PRICED if prices else checks.CHANGED, facts.at >= since, since_told)]
    if not prices and on.chosen("change.silence") == "consent_needed":
        found.append(on.plain(checks.CONSENTED, facts.accepted))
    if not prices and on.holds("change.text"):
        found.append(on.plain(checks.FULL_TEXT, facts.full_text))
    if not prices and facts.reason and on.holds("change.reasons"):
        known = facts.reason in on.codes("change.reasons")
        found.append(on.decide(checks.REASON, known, {"reason": facts.reason}))
    return tuple(found)


def changed_from(terms: Terms, facts: ChangeFacts, clause: str) -> datetime:
    """From when on a change applies: after the notice, and not before the dates that the notice itself sets; where it
    sets none, after the usual period.
    """
    found = [windows.earliest(terms, clause, facts.told_at)]
    if clause == "change.notice" and facts.set_period_ends is None and facts.effective_at is None:
        found.append(windows.earliest(terms, "change.window", facts.told_at))
    return max([*found, *(date for date in (facts.effective_at, facts.set_period_ends) if date is not None)])


def ends(terms: Terms, facts: EndFacts) -> tuple[Verdict, ...]:
    """SPR-3, AGR-4, BIL-2: whether the controller may end (the affected service, or all) for a cause."""
    on = prepared(terms)
    if facts.cause == "objection":
        rule = on.chosen("subprocessor.unresolved")
        if rule != "affected_ends":
            return (on.plain(checks.MAY_BE_IMPOSSIBLE if rule == "service_may_end" else checks.UNSETTLED, False),)
        since = facts.since
        if on.holds("subprocessor.resolve"):
            length = windows.period(terms, "subprocessor.resolve")
            since = windows.by(length, facts.since, terms.reckoning) if length else since
        free = facts.at >= since and not facts.resolved and facts.written
        return (on.decide(checks.UNRESOLVED, free, {"since": told(since)}),)
    return _ends_by_change(terms, facts)


def _ends_by_change(terms: Terms, facts: EndFacts) -> tuple[Verdict, ...]:
    on, prices = prepared(terms), facts.cause == "price_list"
    clause = "fee.change" if prices else "change.notice"
    window = "change.window" if on.holds("change.window") and not prices else clause
    until = facts.applies_at or windows.until(terms, window, facts.since)
    if prices and on.holds("fee.change"):
        return (on.decide(checks.WITHDRAWAL, facts.at < until, {"until": told(until)}),)
    if on.holds("change.end"):
        final = windows.until(terms, "change.end", facts.at)
        return (on.decide(checks.DISSENT, facts.at < until, {"until": told(until), "ends": told(final)}),)
    return (on.decide(checks.NO_END, False, {"cause": facts.cause}),)


def instructs(terms: Terms, facts: InstructFacts) -> tuple[Verdict, ...]:
    """INS-1, INS-2, INS-4, INS-5: whether an instruction, or a duty by law, may be carried out."""
    on = prepared(terms)
    if facts.by_law:
        return (on.plain(checks.TOLD_FIRST, facts.told_first or facts.telling_forbidden),)
    return (
        on.plain(checks.WRITTEN, facts.written and facts.named_person),
        on.plain(checks.BEYOND, facts.agreed or not facts.beyond),
        on.plain(checks.LAWFUL, not facts.concern or (facts.pointed_out and facts.confirmed)),
    )


def publishes(terms: Terms, facts: PublishFacts) -> tuple[Verdict, ...]:
    """AGR-10: whether a contract is to be published in the public register; in doubt about its value, it is."""
    on, doubt = prepared(terms), terms.find("publication.doubt", Sum)
    above = doubt is None or (facts.currency == doubt.money.currency and facts.value > doubt.money.amount)
    due = on.holds("publication.register") and facts.obliged and (facts.doubtful or above)
    until = None
    if due and facts.concluded_at is not None:
        length = windows.period(terms, "publication.register")
        until = windows.by(length, facts.concluded_at, terms.reckoning) if length else facts.concluded_at
    late = bool(until and facts.at and facts.published_at is None and facts.at >= until)
    evidence = {"until": told(until), "by": "processor" if late and on.holds("publication.fallback") else "controller"}
    return (on.decide(checks.PUBLISHED, due, {**evidence}),)
