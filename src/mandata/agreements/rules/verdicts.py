"""A gate's answer: permit or refuse, by which clause, why, and what would mend it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.words import ENGLISH, Words, fill

Evidence = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Check:
    """One question that a gate asks: its code, the clause it executes, its words, and the place where a refusal is
    mended.

    ``permitted``, ``refused`` and ``remedy`` are message ids with the verdict's evidence as placeholders.
    """

    code: str
    clause: str
    title: str
    permitted: str
    refused: str
    remedy: str
    place: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one check.

    ``evidence`` is what it was decided on, free of personal data; ``remedy`` is empty when permitted.
    """

    code: str
    title: str
    allowed: bool
    clause: str
    source: str
    reason: str
    remedy: str
    place: str
    evidence: Evidence = field(default_factory=lambda: MappingProxyType({}))

    def said(self, words: Words = ENGLISH) -> tuple[str, str, str]:
        """Title, reason and remedy in a language."""
        filling = {name: str(value) for name, value in self.evidence.items()}
        return (
            words.gettext(self.title),
            fill(words.gettext(self.reason), filling),
            fill(words.gettext(self.remedy), filling) if self.remedy else "",
        )


def decide(terms: Terms | None, check: Check, allowed: bool, **evidence: str | int) -> Verdict:
    """The verdict on one check.

    A clause that the terms do not hold leaves clause and source empty: then the law alone speaks.
    """
    known = terms is not None and check.clause in terms.clauses
    return Verdict(
        code=check.code,
        title=check.title,
        allowed=allowed,
        clause=check.clause if known else "",
        source=terms.source(check.clause) if terms is not None else "",
        reason=check.permitted if allowed else check.refused,
        remedy="" if allowed else check.remedy,
        place=check.place,
        evidence=MappingProxyType(evidence),
    )


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """One answer for an act: the first refusal, else the first permit.

    Raises ValueError for none, because silence permits nothing.
    """
    found = list(verdicts)
    if not found:
        raise ValueError("no check was made, so nothing is permitted")
    return next((verdict for verdict in found if not verdict.allowed), found[0])


def refusals(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Those that refuse, in order."""
    return tuple(verdict for verdict in verdicts if not verdict.allowed)
