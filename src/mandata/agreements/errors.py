"""The refusals of the agreements."""

from typing import TYPE_CHECKING

from mandata.foundation.errors import NotFound, Refused

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


class NoSuchDuty(Refused):
    """Neither the agreement nor the law nor a rule of ours knows a duty of this name."""

    code = "obligation.no_such_duty"
    status = 422


class BadDay(Refused):
    """A day by the end of which something is to be done has passed already."""

    code = "obligation.bad_day"
    status = 422


class NoSuchObligation(NotFound):
    """There is no such obligation here."""

    code = "obligation.none"


class ObligationClosed(Refused):
    """The obligation was met, waived or has lapsed already."""

    code = "obligation.closed"


class NotYours(Refused):
    """Only the party to which something is owed, or a named member, may do this."""

    code = "obligation.not_yours"
    status = 403


class MayNotStay(Refused):
    """The clock of this obligation may not stand still, or stands still already, or runs."""

    code = "obligation.stay"


class MayNotExtend(Refused):
    """This obligation cannot be extended, or not any more."""

    code = "obligation.extension"


class NoSuchInstruction(NotFound):
    """There is no such instruction here."""

    code = "instruction.none"


class NotAuthorised(Refused):
    """Only a member who answers for the controller or for its duties may instruct (INS-1)."""

    code = "instruction.not_authorised"
    status = 403


class BeyondAgreement(Refused):
    """The instruction goes beyond the agreement and does not say so (INS-2)."""

    code = "instruction.beyond"


class WrongState(Refused):
    """What was asked cannot follow the state in which the thing is."""

    code = "instruction.state"


class AlreadySuspended(Refused):
    """The controller has suspended the processing already, or has not when it is to be lifted."""

    code = "suspension.state"


class NoSuchNotice(NotFound):
    """There is no such notice here."""

    code = "notice.none"


class BadDelivery(Refused):
    """A delivery that was entered by hand without evidence, or at a time that cannot be."""

    code = "notice.bad_delivery"
    status = 422


class AccessNeeded(Refused):
    """Somebody of the staff wants to see a controller's data without an open access."""

    code = "staff.access_needed"
    status = 403
