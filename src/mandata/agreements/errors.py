"""The refusals of the agreements."""

from typing import TYPE_CHECKING

from mandata.foundation.errors import Refused

if TYPE_CHECKING:
    from mandata.agreements.rules.verdicts import Verdict


class GateRefused(Refused):
    """A gate refuses an act.

    ``verdicts`` are all refusing checks, of which the first gives message, clause and remedy.
    """

    code = "agreement.refused"

    def __init__(self, verdicts: "tuple[Verdict, ...]", *, message: str, remedy: str) -> None:
        first = verdicts[0]
        clause = f"{first.clause} ({first.source})" if first.clause else ""
        super().__init__(message, code=first.code, clause=clause, remedy=remedy, status=403, evidence=first.evidence)
        self.verdicts = verdicts
        self.place = first.place


class AlreadyInForce(Refused):
    """The same agreement is in force already."""

    code = "agreement.already_in_force"


class NoneInForce(Refused):
    """There is no agreement in force that could be ended."""

    code = "agreement.none_in_force"


class NoProposal(Refused):
    """No announced version waits for a decision."""

    code = "agreement.no_proposal"


class TooEarly(Refused):
    """A change would take effect before its notice has run."""

    code = "agreement.too_early"
