"""Whether an audit may take place: notice, frequency, who, independence, terms, conduct (AUD-1, AUD-2)."""

from datetime import datetime
from typing import Final

from mandata.agreements.rules import windows
from mandata.agreements.rules.checks import duties as checks
from mandata.agreements.rules.facts.duties import AuditFacts
from mandata.agreements.rules.gates.telling import told
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Ahead, Frequency
from mandata.agreements.rules.verdicts import Prepared, Verdict, prepared

_SERIOUS: Final = "serious_reason"


def audits(terms: Terms, facts: AuditFacts) -> tuple[Verdict, ...]:
    """Every check on an audit that the agreement's clauses make; a request is answered with all of them."""
    on = prepared(terms)
    return (*_told(on, terms, facts), *_who(on, facts), *_often(on, terms, facts), *_conduct(on, facts))


def _told(on: Prepared, terms: Terms, facts: AuditFacts) -> list[Verdict]:
    value = terms.find("audit.notice", Ahead)
    if value is None:
        return []
    since = windows.earliest(terms, "audit.notice", facts.told_at)
    found = [on.decide(checks.AHEAD, facts.on >= since, {"since": told(since)})]
    if value.channels == ("writing",):
        found.append(on.plain(checks.AUDIT_FORM, facts.written))
    return found


def _who(on: Prepared, facts: AuditFacts) -> list[Verdict]:
    found = []
    for key, check in (("audit.inspector", checks.WHO), ("audit.assessors", checks.ASSESSOR)):
        if on.holds(key):
            agreed = on.codes(key)
            found.append(on.decide(check, facts.by in agreed, {"by": facts.by, "agreed": ", ".join(sorted(agreed))}))
    grounds = on.codes("audit.refusal")
    said = (("not_independent", not facts.independent), ("competitor", facts.competitor), ("similar", facts.similar))
    against = [code for code, true in said if true and code in grounds]
    if grounds:
        found.append(on.decide(checks.INDEPENDENT, not against, {"ground": ", ".join(against)}))
    elif facts.competitor:
        found.append(on.plain(checks.COMPETITOR, False))
    return found


def _often(on: Prepared, terms: Terms, facts: AuditFacts) -> list[Verdict]:
    regular = terms.find("compliance.assessments", Frequency)
    if regular is not None:
        return [on.decide(checks.REGULARLY, True, {"times": regular.times, "per": str(regular.per)})]
    value = terms.find("audit.frequency", Frequency)
    agreed_first = on.chosen("audit.extra") == "agreed"
    if value is None:
        return [on.plain(checks.EXTRA, facts.terms_agreed)] if agreed_first else []
    recent = sorted(one for one in facts.earlier if one <= facts.on < windows.after(value.per, one, terms.reckoning))
    free = len(recent) < value.times or facts.serious_reason
    since: datetime | None = windows.after(value.per, recent[-value.times], terms.reckoning) if not free else None
    counted: dict[str, str | int] = {"earlier": len(recent), "per": str(value.per), "times": value.times}
    found = [on.decide(checks.OFTEN, free, {**counted, "since": told(since)})]
    if agreed_first and recent:
        found.append(on.plain(checks.EXTRA, facts.terms_agreed))
    return found


def _conduct(on: Prepared, facts: AuditFacts) -> list[Verdict]:
    made = (
        ("audit.agreement", checks.SETTLED, facts.terms_agreed),
        ("audit.bound", checks.BOUND, facts.bound),
        ("audit.site", checks.ON_SITE, facts.site_justified or not facts.on_site),
        ("audit.disturbance", checks.UNDISTURBED, not facts.disturbs),
        ("audit.secrecy", checks.SECRET, facts.shown_to != "other"),
    )
    found = [on.plain(check, allowed) for key, check, allowed in made if on.holds(key)]
    if on.holds("audit.report") and facts.by == "independent":
        found.append(on.plain(checks.REPORTED, True))
    if on.holds("audit.certificates") and facts.certificates:
        found.append(on.plain(checks.CERTIFIED, True))
    return found
