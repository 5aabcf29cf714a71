"""Reads of the measures. All scope-free: the operator's own, without anything of a controller's.

`results` is what packs of evidence take; `register` what pages and annexes show.
"""

from mandata.measures.selectors.found import (
    ResultRow,
    RunRow,
    failing,
    history,
    latest,
    results,
    runs,
    under_way,
)
from mandata.measures.selectors.outages import Availability, OutageRow, availability, outage, outages
from mandata.measures.selectors.register import (
    EvidenceRow,
    Failing,
    MeasureView,
    evidence,
    evidence_file,
    headings,
    lines,
    register,
)

__all__ = [
    "Availability",
    "EvidenceRow",
    "Failing",
    "MeasureView",
    "OutageRow",
    "ResultRow",
    "RunRow",
    "availability",
    "evidence",
    "evidence_file",
    "failing",
    "headings",
    "history",
    "latest",
    "lines",
    "outage",
    "outages",
    "register",
    "results",
    "runs",
    "under_way",
]
