"""The gates: whether an act may happen, decided from the terms and from facts alone.

Each returns one verdict per check, so that a page can show them all; ``combine`` makes one answer of them. A check
whose clause an
agreement does not hold is not made. No gate reads a clock or a database.
"""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules import checks
from mandata.agreements.rules.facts import (
    ExportFacts,
    FieldFacts,
    ImportFacts,
    RightsFacts,
    SendFacts,
    Standing,
    TrackFacts,
)
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Threshold
from mandata.agreements.rules.verdicts import Check, Verdict, combine, decide, refusals

__all__ = [
    "CATEGORIES",
    "Verdict",
    "combine",
    "field_verdicts",
    "may_export",
    "may_import",
    "may_process",
    "may_rights",
    "may_send",
    "may_track",
    "refusals",
    "special_agreed",
    "within_share",
]

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


def may_process(terms: Terms | None, standing: Standing, act: str) -> tuple[Verdict, ...]:
    """What every act needs: an agreement in force, no suspension, and an instruction that names the act (INS-1)."""
    force = terms is not None and standing.accepted and not standing.ended
    found = [decide(terms, checks.IN_FORCE, force)]
    if terms is not None and force:
        found.append(decide(terms, checks.SUSPENDED, not standing.suspended))
        found.append(decide(terms, checks.INSTRUCTED, act in terms.items("instruction.standing"), act=act))
    return tuple(found)


def may_import(terms: Terms | None, facts: ImportFacts) -> tuple[Verdict, ...]:
    """AUDI-2, CAT-1..4, AGR-6: warranties, a permitted and evidenced ground, no refused category."""
    found = list(may_process(terms, facts.standing, "import"))
    if terms is None or refusals(found):
        return tuple(found)
    permitted = terms.items("sending.basis")
    found.append(decide(terms, checks.WARRANTED, facts.warranted))
    declared = bool(facts.bases) and all(basis in permitted for basis in facts.bases)
    found.append(decide(terms, checks.BASIS, declared, bases=", ".join(permitted)))
    if terms.chosen("sending.evidence") == "required":
        found.append(decide(terms, checks.EVIDENCE, facts.evidenced))
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
    found = list(may_process(terms, facts.standing, "send"))
    if terms is None or refusals(found):
        return tuple(found)
    found.append(decide(terms, checks.SUBJECT, bool(facts.subject.strip())))
    found.append(decide(terms, checks.CONTENT, facts.content))
    found.extend(decide(terms, check, allowed) for check, allowed in _sender(terms, facts))
    if terms.chosen("sending.marking") == "newsletter":
        found.append(decide(terms, checks.MARKED, facts.marked))
    for code, check, there in (("link", checks.LINK, facts.link), ("one_click", checks.ONE_CLICK, facts.one_click)):
        if code in terms.items("sending.unsubscribe"):
            found.append(decide(terms, check, there))
    if terms.chosen("sending.domain") == "verified":
        verified = bool(facts.from_domain) and facts.domain_verified
        found.append(decide(terms, checks.DOMAIN, verified, domain=facts.from_domain or "?"))
    held = sum(facts.held.values())
    counts = {f"held_{code}": count for code, count in sorted(facts.held.items())}
    found.append(
        decide(terms, checks.RECIPIENTS, facts.recipients > 0, recipients=facts.recipients, held=held, **counts)
    )
    return tuple(found)


def _sender(terms: Terms, facts: SendFacts) -> list[tuple[Check, bool]]:
    demanded = terms.items("sending.sender")
    found: list[tuple[Check, bool]] = []
    if "name" in demanded:
        found.append((checks.FROM_NAME, bool(facts.from_name.strip())))
    if "reply_address" in demanded:
        found.append((checks.REPLY, bool(facts.reply_address.strip()) and facts.reply_valid))
    if terms.chosen("sending.postal") == "required":
        found.append((checks.POSTAL, bool(facts.postal_address.strip())))
    return found


def may_track(terms: Terms | None, facts: TrackFacts) -> tuple[Verdict, ...]:
    """TRK-1: only kinds of activity that the agreement names are recorded."""
    found = list(may_process(terms, facts.standing, "track"))
    if terms is None or refusals(found):
        return tuple(found)
    missing = [kind for kind in facts.kinds if kind not in terms.items("processing.activity")]
    return (*found, decide(terms, checks.TRACKED, not missing, kinds=", ".join(missing)))


def may_export(terms: Terms | None, facts: ExportFacts) -> tuple[Verdict, ...]:
    """RET-3: the controller may have its data while the agreement is in force, suspended or not, and after its end
    while held.
    """
    survives = terms is not None and (not facts.standing.ended or "return" in terms.items("agreement.survival"))
    return (
        decide(terms, checks.RETURN, facts.standing.accepted and survives),
        decide(terms, checks.HELD, not facts.deleted),
    )


def may_rights(terms: Terms | None, facts: RightsFacts) -> tuple[Verdict, ...]:
    """DSR-2: requests of confirmed data subjects are carried out; neither suspension nor the agreement's end stands
    in their way.
    """
    return (
        decide(terms, checks.CARRIED, terms is not None and facts.standing.accepted),
        decide(terms, checks.CONFIRMED, facts.confirmed, kind=facts.kind),
    )


def within_share(terms: Terms, check: Check, part: int, whole: int) -> Verdict | None:
    """A threshold (``checks.COMPLAINTS``, ``checks.NONEXISTENT``) against counts; None where the agreement sets none
    (AUDI-3, DLV-3).
    """
    threshold = terms.find(check.clause, Threshold)
    if threshold is None:
        return None
    return decide(terms, check, not threshold.share.exceeded_by(part, whole), part=part, whole=whole)
