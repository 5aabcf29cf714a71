"""Reads of the rights desk: inside a controller's scope, but for those that begin with a link's token."""

from mandata.rights.selectors.linking import hashed, key, linked, portal, portal_kinds
from mandata.rights.selectors.listing import ORDERS, WAITS, cases, cases_of, counts, counts_by_kind, waiting
from mandata.rights.selectors.reading import (
    case,
    case_numbered,
    excess_ways,
    offered,
    regime,
    subject_in,
    subject_of,
    terms,
)
from mandata.rights.selectors.sealed import ANSWER_PLACE, PLACE, Wrote, packed, wrote
from mandata.rights.selectors.shapes import (
    CaseRow,
    CaseView,
    DoubtView,
    LetterView,
    Linked,
    Step,
    TransmissionView,
)

__all__ = [
    "ANSWER_PLACE",
    "ORDERS",
    "PLACE",
    "WAITS",
    "CaseRow",
    "CaseView",
    "DoubtView",
    "LetterView",
    "Linked",
    "Step",
    "TransmissionView",
    "Wrote",
    "case",
    "case_numbered",
    "cases",
    "cases_of",
    "counts",
    "counts_by_kind",
    "excess_ways",
    "hashed",
    "key",
    "linked",
    "offered",
    "packed",
    "portal",
    "portal_kinds",
    "regime",
    "subject_in",
    "subject_of",
    "terms",
    "waiting",
    "wrote",
]
