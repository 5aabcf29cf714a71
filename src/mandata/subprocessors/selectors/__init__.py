"""Reads of the sub-processors: the register needs no scope, all else is asked in a controller's."""

from mandata.subprocessors.selectors.asking import Known, basis, check, known, may_disclose
from mandata.subprocessors.selectors.changes import (
    Announced,
    Authorised,
    Filed,
    Told,
    announced,
    authorised,
    notice,
    notices,
    objection,
    objections,
)
from mandata.subprocessors.selectors.disclosures import Disclosed, Recipient, disclosures, recipients
from mandata.subprocessors.selectors.register import Coming, Listed, Resting, annex, exists, find, planned, register

__all__ = [
    "Announced",
    "Authorised",
    "Coming",
    "Disclosed",
    "Filed",
    "Known",
    "Listed",
    "Recipient",
    "Resting",
    "Told",
    "annex",
    "announced",
    "authorised",
    "basis",
    "check",
    "disclosures",
    "exists",
    "find",
    "known",
    "may_disclose",
    "notice",
    "notices",
    "objection",
    "objections",
    "planned",
    "recipients",
    "register",
]
