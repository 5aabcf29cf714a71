"""Codes of assistance: what is asked for, what a controller tells us, what files are. Words for people beside them."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.clauses.remedies import WORK as WORK
from mandata.foundation.words import mark as _

DOCUMENTS: Final = "assistance.documents"
INSPECTION: Final = "authority.inspection"

MATTERS: Final[Mapping[str, str]] = {**(CATALOGUE["assistance.matters"].vocabulary or {}), "other": _("something else")}
"""With what one party asks the other for help: the codes of the clause assistance.matters, and anything else."""

INTAKES: Final[Mapping[str, str]] = {
    "dpia": _("an impact assessment"),
    "consultation": _("a prior consultation of the authority"),
    "ccpa": _("a risk assessment under the law of California"),
    "officer": _("the data protection officer"),
    "law": _("a change of the law"),
}
"""What a controller tells the processor for its part (controller.impact; Articles 35 to 37 GDPR; AST-1)."""

SINGLE: Final = frozenset({"officer"})
"""Of these a controller has one at a time: a new one takes the place of the one before."""

PARTIES: Final = ("processor", "controller")
MAX_WORDS: Final = 10_000
MAX_FILE: Final = 20 * 2**20
"""Bytes of a file."""
MAX_FILES: Final = 50
"""Files of one thing."""
MAX_MINUTES: Final = 24 * 60
"""Minutes that one line of a time sheet can hold: a day."""


def other(party: str) -> str:
    """The other party."""
    return PARTIES[party == "processor"]
