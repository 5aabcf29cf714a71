"""The gates: whether an act may happen, decided from the terms and from facts alone.

``acts`` and ``sharing`` hold the acts; ``answers`` knows every question by its name.
"""

from mandata.agreements.rules.gates.acts import (
    CATEGORIES,
    field_verdicts,
    may,
    may_export,
    may_import,
    may_profile,
    may_rights,
    may_send,
    may_track,
    sending_domain,
    special_agreed,
    within_share,
)
from mandata.agreements.rules.gates.processing import may_process
from mandata.agreements.rules.gates.sharing import may_access, may_combine, may_disclose, may_transfer
from mandata.agreements.rules.verdicts import Verdict, combine, refusals

__all__ = [
    "CATEGORIES",
    "Verdict",
    "combine",
    "field_verdicts",
    "may",
    "may_access",
    "may_combine",
    "may_disclose",
    "may_export",
    "may_import",
    "may_process",
    "may_profile",
    "may_rights",
    "may_send",
    "may_track",
    "may_transfer",
    "refusals",
    "sending_domain",
    "special_agreed",
    "within_share",
]
