"""Answers on breaches, sub-processors to come, objections, audits, longer answers, keeping and moving data.

A verdict that is allowed says yes to the question asked; its evidence holds the instants and figures of the answer.
"""

from datetime import datetime
from typing import Final

from mandata.agreements.rules import windows
from mandata.agreements.rules.checks import duties as checks
from mandata.agreements.rules.checks import sharing
from mandata.agreements.rules.facts.acts import DiscloseFacts
from mandata.agreements.rules.facts.duties import (
    EngageFacts,
    ExtendFacts,
    KeepFacts,
    NotifyFacts,
    ObjectFacts,
    RelocateFacts,
)
from mandata.agreements.rules.gates.sharing import ends, subprocessor, third_country
from mandata.agreements.rules.gates.telling import told
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Ahead, Extension, Window, Within
from mandata.agreements.rules.verdicts import Prepared, Verdict, prepared

_AVAILABLE: Final = {"content": "content.available", "template": "content.templates"}
"""Kinds of data whose time during the agreement is a clause of its own; after the end they are data like any other."""


def notifies(terms: Terms, facts: NotifyFacts) -> tuple[Verdict, ...]:
    """BRE-1, BRE-7: whether a breach is to be notified under the agreement, by whom and by when."""
    on, value = prepared(terms), terms.find("breach.notify", Within)
    sides = value.who if value else "processor"
    found = [on.decide(checks.SIDE, sides in ("either", facts.by), {"side": facts.by})]
    reached = facts.personal_data and _reached(on, facts)
    threshold = checks.THRESHOLD if on.holds("breach.threshold") else checks.CERTAIN
    found.append(on.plain(threshold, reached))
    if on.holds("breach.exception") or facts.telling_forbidden:
        found.append(on.plain(checks.EXCEPTION, not facts.telling_forbidden))
    strict = statutory = None
    length = windows.period(terms, "breach.notify")
    if facts.aware_at is not None:
        strict = windows.by(length, facts.aware_at, terms.reckoning) if length else facts.aware_at
        statutory = windows.after(length, facts.aware_at, terms.reckoning) if length else facts.aware_at
    owed = all(one.allowed for one in found)
    times = {"strict": told(strict), "statutory": told(statutory)}
    return (*(one for one in found if not one.allowed), on.decide(checks.OWED, owed, {**times}))


def _reached(on: Prepared, facts: NotifyFacts) -> bool:
    rule = on.chosen("breach.threshold") or ""
    if rule == "reasonable_belief":
        return True
    if rule == "notifiable_and_significant":
        return facts.certain and facts.notifiable and facts.significant_risk
    return facts.certain


def engages(terms: Terms, facts: EngageFacts) -> tuple[Verdict, ...]:
    """SPR-2: whether a sub-processor may start at an instant, and from when on it may."""
    on = prepared(terms)
    asked = DiscloseFacts(
        recipient=facts.recipient,
        at=facts.at,
        authorised=facts.authorised,
        classes=facts.classes,
        told_at=facts.told_at,
        objection=facts.objection,
        contract=facts.contract,
    )
    if facts.authorised == "chosen":
        return (on.remembered(sharing.CHOSEN, ("recipient", facts.recipient)),)
    found = subprocessor(on, terms, asked)
    notice, window = ends(terms, asked)
    since = max(notice, window) if notice and window else None
    starts = on.decide(
        checks.STARTS, all(one.allowed for one in found), {"recipient": facts.recipient, "since": told(since)}
    )
    said = [*_way(on, terms, facts), *(one for one in found if not one.allowed)]
    return (*said, starts)


def _way(on: Prepared, terms: Terms, facts: EngageFacts) -> list[Verdict]:
    """By which way notice came, and that of lower tiers is told as well: where it is asked."""
    found, value = [], terms.find("subprocessor.notice", Ahead)
    if facts.lower_tier and on.holds("subprocessor.chain"):
        found.append(on.plain(checks.CHAIN, facts.told_at is not None))
    if facts.channel and value is not None:
        known = {"channel": facts.channel, "agreed": ", ".join(value.channels)}
        found.append(on.decide(checks.CHANNEL, facts.channel in value.channels, {**known}))
    return found


def objects(terms: Terms, facts: ObjectFacts) -> tuple[Verdict, ...]:
    """SPR-3: whether an objection is in time; where the agreement sets no period, it always is."""
    on, value = prepared(terms), terms.find("subprocessor.objection", Window)
    open_end = value is None or value.period is None
    until = None if open_end else windows.until(terms, "subprocessor.objection", facts.received_at)
    timely = until is None or facts.at < until
    found = [on.decide(checks.NO_PERIOD if until is None else checks.IN_TIME, timely, {"until": told(until)})]
    if value is not None and value.form == "writing":
        found.append(on.plain(checks.FORM, facts.written))
    return tuple(found)


def extends(terms: Terms, facts: ExtendFacts) -> tuple[Verdict, ...]:
    """DSR-3: an answer may take longer if the person was told so, with reasons, inside the first period."""
    on, value = prepared(terms), terms.find("rights.extension", Extension)
    if value is None:
        return (on.decide(checks.EXTENDED, False, {"told": "–", "until": "–"}),)
    by = windows.by(value.told, facts.received_at, terms.reckoning)
    until = windows.by(value.total, facts.received_at, terms.reckoning)
    allowed = facts.told_at < by and (facts.at is None or facts.at < until)
    found = [on.decide(checks.EXTENDED, allowed, {"told": told(by), "until": told(until)})]
    return (*found, on.plain(checks.REASONED, facts.reasons))


def keeps(terms: Terms, facts: KeepFacts) -> tuple[Verdict, ...]:
    """RET-1, RET-2, RET-6, CAM-4: whether data of a kind may still be held, is within reach, is available."""
    on = prepared(terms)
    if facts.law.strip():
        return (on.decide(checks.LAW, True, {"law": facts.law}),)
    if facts.needed.strip():
        free = on.chosen("end.deletion") == "unless_needed"
        return (on.decide(checks.NEEDED, free, {"needed": facts.needed}),)
    if facts.kind == "accessible":
        until = _until(terms, "end.access", facts.ended_at, late=True)
        return (on.decide(checks.REACHED, until is None or facts.at < until, {"until": told(until)}),)
    if on.holds("content.settings") and facts.kind in ("content", "template") and facts.ended_at is None:
        kept = facts.set_until is None or facts.at < facts.set_until
        return (on.decide(checks.SET, kept, {"until": told(facts.set_until)}),)
    if on.holds("end.plan") and facts.plan_until is not None:
        return (on.decide(checks.PLANNED, facts.at < facts.plan_until, {"until": told(facts.plan_until)}),)
    if facts.kind in _AVAILABLE and facts.ended_at is None:
        clause = _AVAILABLE[facts.kind]
        until = _until(terms, clause, facts.used_at, late=True)
        check = checks.AVAILABLE._replace(clause=clause, code=f"keep.{facts.kind}")
        found = [on.decide(check, until is None or facts.at < until, {"until": told(until)})]
        return (*found, on.plain(checks.OWN_COPIES, True)) if on.holds("content.backup") else tuple(found)
    clause, until = _limit(terms, on, facts)
    check = checks.KEPT._replace(clause=clause, code=f"keep.held:{clause}")
    return (on.decide(check, until is None or facts.at < until, {"until": told(until), "kind": facts.kind}),)


def _limit(terms: Terms, on: Prepared, facts: KeepFacts) -> tuple[str, datetime | None]:
    """By which clause, and until when, data of a kind may be held; None as long as nothing has ended."""
    held = (("end.silence", facts.reminded_at), ("end.choice", facts.ended_at), ("end.grace", facts.ended_at))
    ways: dict[str, tuple[tuple[str, datetime | None], ...]] = {
        "backup": (("end.grace", facts.ended_at), ("end.backup", facts.deleted_at), ("end.choice", facts.ended_at)),
        "support": (("end.support", facts.ended_at), ("end.choice", facts.ended_at)),
        "engine": (("end.engine", facts.ended_at),),
        "account": (("end.inactivity", facts.used_at),),
        "content": (("end.engine", facts.ended_at), *held),
        "template": (("end.engine", facts.ended_at), *held),
        "database": held,
    }
    for clause, since in ways.get(facts.kind, ()):
        if on.holds(clause) and since is not None:
            # What the controller may still ask for is still held.
            asked = clause == "end.backup" or (clause == "end.grace" and on.holds("end.request"))
            return clause, _until(terms, clause, since, late=asked)
    waiting = next((clause for clause, _since in ways.get(facts.kind, ()) if on.holds(clause)), "end.deletion")
    if facts.kind in ("database", *_AVAILABLE) and facts.ended_at is not None and waiting == "end.silence":
        return waiting, None  # no instruction yet: held until the reminder's period has run
    return waiting, facts.ended_at if waiting == "end.deletion" else None


def _until(terms: Terms, clause: str, since: datetime | None, *, late: bool = False) -> datetime | None:
    """The end of a clause's period: early where we owe deletion, late where the controller relies on it."""
    length = windows.period(terms, clause)
    if since is None or (length is None and late):
        return None
    if length is None:
        return since
    return (windows.after if late else windows.by)(length, since, terms.reckoning)


def relocates(terms: Terms, facts: RelocateFacts) -> tuple[Verdict, ...]:
    """TRF-1, TRF-2: whether data may be stored in another country from an instant on."""
    on, where = prepared(terms), ("country", facts.country)
    found: list[Verdict] = []
    if on.holds("location.change") and not facts.chosen:
        since = None if facts.told_at is None else windows.earliest(terms, "location.change", facts.told_at)
        ahead = since is not None and facts.at >= since
        found.append(on.decide(checks.MOVE_TOLD, ahead, dict([where, ("since", told(since))])))
        if facts.told_at is not None and on.holds("location.opposition"):
            until = windows.until(terms, "location.opposition", facts.told_at)
            found.append(on.decide(checks.MOVE_WINDOW, facts.at >= until, dict([where, ("until", told(until))])))
        found.append(on.decide(checks.MOVE_OPPOSED, facts.opposed_at is None, dict([where])))
    elif on.holds("location.choice"):
        found.append(on.decide(checks.MOVE_CHOSEN, facts.chosen, dict([where])))
    instructed = facts.instructed or facts.chosen
    return (*found, *third_country(on, facts.country, facts.at, facts.mechanisms, instructed=instructed))
