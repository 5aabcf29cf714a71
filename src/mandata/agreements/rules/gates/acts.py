"""The gates of what is done with a controller's people: import, send, track, profile, export, rights.

Each returns one verdict per check, so that a page can show them all; ``combine`` makes one answer of them. A check
whose clause an agreement does not hold is not made. No gate reads a clock or a database.
"""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.checks import acts as checks
from mandata.agreements.rules.facts.acts import (
    ExportFacts,
    FieldFacts,
    ImportFacts,
    ProcessFacts,
    ProfileFacts,
    RightsFacts,
    SendFacts,
    TrackFacts,
)
from mandata.agreements.rules.gates.processing import capped, instructed, may_process, purposeful
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Threshold
from mandata.agreements.rules.verdicts import Check, Prepared, Verdict, decide, prepared, refusals

_SPECIAL = "processing.special"
CATEGORIES: Final[Mapping[str, str]] = {
    "contact": "processing.contact",
    "identity": "processing.contact",
    "demographic": "processing.contact",
    "activity": "processing.activity",
    "preference": "processing.own",
    "own": "processing.own",
    "special": _SPECIAL,
    "criminal": _SPECIAL,
}
"""A field's category, and the clause under which it may be kept (CAT-1 to CAT-4)."""


def may(terms: Terms | None, facts: ProcessFacts) -> tuple[Verdict, ...]:
    """What every act needs, for an act by its code."""
    return may_process(terms, facts.standing, facts.act, facts.purpose)


def may_import(terms: Terms | None, facts: ImportFacts) -> tuple[Verdict, ...]:
    """AUDI-2, CAT-1..4, AGR-6: warranties, a permitted and evidenced ground, no refused category."""
    found = list(may_process(terms, facts.standing, "import", facts.purpose))
    if terms is None or refusals(found):
        return tuple(found)
    on = prepared(terms)
    permitted = on.codes("sending.basis")
    found.append(on.plain(checks.WARRANTED, facts.warranted))
    declared = bool(facts.bases) and permitted.issuperset(facts.bases)
    found.append(on.decide(checks.BASIS, declared, {"bases": ", ".join(terms.items("sending.basis"))}))
    if on.chosen("sending.evidence") == "required":
        found.append(on.plain(checks.EVIDENCE, facts.evidenced))
    if facts.subjects:
        missing = [code for code in facts.subjects if code not in on.codes("processing.subjects")]
        found.append(on.decide(checks.SUBJECTS, not missing, {"subjects": ", ".join(missing)}))
    found.extend(field_verdicts(terms, facts.fields))
    return tuple(found)


def special_agreed(terms: Terms) -> bool:
    """Whether the processor has expressly agreed to special categories and criminal convictions (Articles 9 and 10
    GDPR).
    """
    return terms.chosen(_SPECIAL) == "agreed"


def field_verdicts(terms: Terms, fields: tuple[FieldFacts, ...]) -> tuple[Verdict, ...]:
    """Whether fields of these categories may be kept at all: asked when a field is created and again by an import
    (CAT-3, CAT-4).
    """
    clauses = {field: CATEGORIES.get(field.category, "") for field in fields}
    special = [field.name for field in fields if clauses[field] == _SPECIAL and not special_agreed(terms)]
    unknown = [field.name for field in fields if clauses[field] != _SPECIAL and clauses[field] not in terms.clauses]
    return (
        decide(terms, checks.SPECIAL, not special, fields=", ".join(special)),
        decide(terms, checks.CATEGORY, not unknown, fields=", ".join(unknown)),
    )


def may_send(terms: Terms | None, facts: SendFacts) -> tuple[Verdict, ...]:
    """CAM-2, DLV-1, AUDI-2: everything a campaign needs before it is launched, all of it answered even when one
    refuses.
    """
    found = list(may_process(terms, facts.standing, "send", facts.purpose))
    if terms is None or refusals(found):
        return tuple(found)
    on = prepared(terms)
    found.append(on.plain(checks.SUBJECT, bool(facts.subject.strip())))
    found.append(on.plain(checks.CONTENT, facts.content))
    _sender(on, facts, found)
    if on.chosen("sending.marking") == "newsletter":
        found.append(on.plain(checks.MARKED, facts.marked))
    ways = on.codes("sending.unsubscribe")
    if "link" in ways:
        found.append(on.plain(checks.LINK, facts.link))
    if "one_click" in ways:
        found.append(on.plain(checks.ONE_CLICK, facts.one_click))
    found += sending_domain(terms, facts.from_domain, verified=facts.domain_verified, shared=facts.domain_shared)
    counts: dict[str, str | int] = {"recipients": facts.recipients, "held": sum(facts.held.values())}
    counts |= {f"held_{code}": count for code, count in sorted(facts.held.items())}
    found.append(on.decide(checks.RECIPIENTS, facts.recipients > 0, counts))
    return (*found, *capped(on, facts.standing, facts.recipients))


def sending_domain(terms: Terms | None, domain: str, *, verified: bool, shared: bool) -> tuple[Verdict, ...]:
    """DLV-1: the controller's own domain, or the processor's shared one where the agreement says so. Asked at the
    launch and again for every batch."""
    if terms is None:
        return ()
    on = prepared(terms)
    chosen = on.chosen("sending.domain")
    named: dict[str, str | int] = {"domain": domain or "?"}
    if not chosen:
        return ()
    if shared and chosen != "verified_or_shared":
        return (on.decide(checks.SHARED, False, named),)
    return (on.decide(checks.DOMAIN, bool(domain) and verified, named),)


def _sender(on: Prepared, facts: SendFacts, found: list[Verdict]) -> None:
    demanded = on.codes("sending.sender")
    if "name" in demanded:
        found.append(on.plain(checks.FROM_NAME, bool(facts.from_name.strip())))
    if "reply_address" in demanded:
        found.append(on.plain(checks.REPLY, bool(facts.reply_address.strip()) and facts.reply_valid))
    if on.chosen("sending.postal") == "required":
        found.append(on.plain(checks.POSTAL, bool(facts.postal_address.strip())))


def may_track(terms: Terms | None, facts: TrackFacts) -> tuple[Verdict, ...]:
    """TRK-1: only kinds of activity that the agreement names are recorded."""
    found = may_process(terms, facts.standing, "track", facts.purpose)
    if refusals(found):
        return found
    return (*found, _agreed_kinds(prepared(terms), checks.TRACKED, facts.kinds))


def may_profile(terms: Terms | None, facts: ProfileFacts) -> tuple[Verdict, ...]:
    """TRK-1, DSR-14: individuals are evaluated by agreed kinds of activity only, and no machine decides over them."""
    found = may_process(terms, facts.standing, "profile", facts.purpose)
    if refusals(found):
        return found
    on = prepared(terms)
    return (*found, _agreed_kinds(on, checks.PROFILED, facts.kinds), on.plain(checks.REVIEWED, not facts.decides))


def _agreed_kinds(on: Prepared, check: Check, kinds: tuple[str, ...]) -> Verdict:
    agreed = on.codes("processing.activity")
    missing = [kind for kind in kinds if kind not in agreed]
    return on.decide(check, not missing, {"kinds": ", ".join(missing)}) if missing else on.plain(check, True)


def may_export(terms: Terms | None, facts: ExportFacts) -> tuple[Verdict, ...]:
    """RET-3: the controller may have its data while the agreement is in force, suspended or not, and after its end
    while held.
    """
    on, standing = prepared(terms), facts.standing
    kept = facts.at_end or "return" in on.codes("agreement.survival")
    survives = terms is not None and (not standing.ended or kept)
    found = [on.plain(checks.RETURN, standing.accepted and survives), on.plain(checks.HELD, not facts.deleted)]
    if terms is not None and standing.accepted and not standing.ended:
        found += [purposeful(on, standing, facts.purpose), instructed(on, standing, "export")]
    return (*found, *_handed_out(on, facts))


def _handed_out(on: Prepared, facts: ExportFacts) -> list[Verdict]:
    """Who may ask besides the controller, and by which means; asked only where it matters."""
    agreed, found = on.codes("end.export"), []
    if facts.asked_by != "controller":
        may = facts.asked_by == "reseller" and "by_reseller" in agreed
        found.append(on.decide(checks.ASKED, may, {"asked_by": facts.asked_by}))
    if facts.means == "named_store":
        found.append(on.plain(checks.STORED, on.holds("end.return")))
    elif facts.means == "function" and on.chosen("end.deletion") == "by_function":
        found.append(on.decide(checks.BY_FUNCTION, True, {"means": facts.means}))
    elif facts.means:
        found.append(on.decide(checks.MEANS, facts.means in agreed, {"means": facts.means}))
    return found


def may_rights(terms: Terms | None, facts: RightsFacts) -> tuple[Verdict, ...]:
    """DSR-2: requests of confirmed data subjects are carried out; neither a stop nor the agreement's end stands in
    their way, because the law itself asks for it.
    """
    on = prepared(terms)
    confirmed = on.decide(checks.CONFIRMED, facts.confirmed, {"kind": facts.kind})
    found = [on.plain(checks.CARRIED, terms is not None and facts.standing.accepted), confirmed]
    if facts.documents != "none" or on.holds("rights.verify"):
        found.append(on.plain(checks.LEAST, facts.documents != "more"))
    if facts.excessive and on.holds("rights.refusal"):
        ways = ", ".join(sorted(on.codes("rights.refusal")))
        found.append(on.decide(checks.REASONABLE, False, {"ways": ways}))
    return tuple(found)


def within_share(terms: Terms, check: Check, part: int, whole: int) -> Verdict | None:
    """A threshold (``checks.COMPLAINTS``, ``checks.NONEXISTENT``) against counts; None where the agreement sets none
    (AUDI-3, DLV-3).
    """
    threshold = terms.find(check.clause, Threshold)
    if threshold is None:
        return None
    return decide(terms, check, not threshold.share.exceeded_by(part, whole), part=part, whole=whole)
