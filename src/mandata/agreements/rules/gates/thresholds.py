"""Shares that must not be exceeded, weighed (DLV-3, AUDI-3): within, above it with few cases, above it with many.

Share, period and minimum are terms. Of each that an agreement does not state the house's holds, as the library marks it
"ours": what a provider puts up with does not depend on what two parties agreed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from mandata.agreements.rules.checks import acts as checks
from mandata.agreements.rules.gates.acts import within_share
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Counted, Period, Share
from mandata.agreements.rules.verdicts import Check, Verdict, decide
from mandata.foundation.periods import Unit

Level = Literal["", "warned", "stopped"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A threshold: what is checked, how it is counted, the event from which its answer runs, and the house's figures
    with the check that speaks for them."""

    kind: str
    check: Check
    count: str
    event: str
    answer: str
    ours: Check
    share: Share
    counted: Counted


THRESHOLDS: Final[Mapping[str, Measured]] = {
    one.kind: one
    for one in (
        Measured(
            "complaints",
            checks.COMPLAINTS,
            "sending.complaints_count",
            "complaints_counted",
            "sending.complaints_answer",
            checks.COMPLAINTS_OURS,
            Share(Decimal("0.05")),
            Counted("messages", Period(30, Unit.DAYS), 10),
        ),
        Measured(
            "nonexistent",
            checks.NONEXISTENT,
            "import.nonexistent_count",
            "nonexistent_counted",
            "import.nonexistent_answer",
            checks.NONEXISTENT_OURS,
            Share(Decimal(5)),
            Counted("import", Period(30, Unit.DAYS), 20),
        ),
    )
}


def counting(terms: Terms | None, kind: str) -> Counted:
    """How a threshold is counted: as the agreement says, else as the house does."""
    measured = THRESHOLDS[kind]
    return (terms.find(measured.count, Counted) if terms else None) or measured.counted


def check_of(terms: Terms | None, kind: str) -> Check:
    """Whose words speak: the clause's, or the house's where there is none."""
    measured = THRESHOLDS[kind]
    return measured.check if terms is not None and measured.check.clause in terms.clauses else measured.ours


def exceeded(terms: Terms | None, kind: str, part: int, whole: int) -> Verdict:
    """The refusal that stands while a threshold is exceeded."""
    return decide(terms, check_of(terms, kind), False, part=part, whole=whole)


def weigh(terms: Terms | None, kind: str, part: int, whole: int) -> tuple[Level, Verdict]:
    """Weigh `part` of `whole`: "" within the share, "warned" above it with fewer cases than the minimum, "stopped" from
    that on; by the agreement, else by the house's rule."""
    measured = THRESHOLDS[kind]
    verdict = within_share(terms, measured.check, part, whole) if terms is not None else None
    if verdict is None:
        within = not measured.share.exceeded_by(part, whole)
        verdict = decide(terms, check_of(terms, kind), within, part=part, whole=whole)
    if verdict.allowed:
        return "", verdict
    return ("stopped" if part >= counting(terms, kind).least else "warned"), verdict
