"""Shares that must not be exceeded, weighed (DLV-3, AUDI-3): within, above it with few cases, above it with many."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from mandata.agreements.rules.checks import acts as checks
from mandata.agreements.rules.gates.acts import within_share
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Counted, Period
from mandata.agreements.rules.verdicts import Check, Verdict

Level = Literal["", "warned", "stopped"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A threshold: what is checked, how it is counted, and the event from which its answer runs."""

    kind: str
    check: Check
    count: str
    event: str
    answer: str


THRESHOLDS: Final[Mapping[str, Measured]] = {
    one.kind: one
    for one in (
        Measured(
            "complaints",
            checks.COMPLAINTS,
            "sending.complaints_count",
            "complaints_counted",
            "sending.complaints_answer",
        ),
        Measured(
            "nonexistent",
            checks.NONEXISTENT,
            "import.nonexistent_count",
            "nonexistent_counted",
            "import.nonexistent_answer",
        ),
    )
}


def window(terms: Terms | None, kind: str) -> Period | None:
    """Within which period a threshold counts; None where the agreement does not count it."""
    found = terms.find(THRESHOLDS[kind].count, Counted) if terms else None
    return found.period if found else None


def weigh(terms: Terms, kind: str, part: int, whole: int) -> tuple[Level, Verdict | None]:
    """Weigh `part` of `whole`: "" within the agreed share, "warned" above it with fewer cases than the agreement's
    minimum, "stopped" from that on. The verdict is None where the agreement sets no such threshold.
    """
    measured = THRESHOLDS[kind]
    verdict = within_share(terms, measured.check, part, whole)
    if verdict is None or verdict.allowed:
        return "", verdict
    counted = terms.find(measured.count, Counted)
    return ("stopped" if counted is None or part >= counted.least else "warned"), verdict
