"""The checks that every act passes: an agreement in force, no stop, a purpose of the closed list, an instruction."""

from typing import Final

from mandata.agreements.rules.verdicts import Check
from mandata.agreements.rules.words import mark as _

IN_FORCE: Final = Check(
    "agreement.in_force",
    "agreement.acceptance",
    _("Agreement in force"),
    _("The agreement is in force."),
    _("No agreement is in force, so nothing may be processed."),
    _("An owner reads and accepts the agreement."),
    "agreement",
)
SUSPENDED: Final = Check(
    "agreement.not_suspended",
    "instruction.standing",
    _("Processing not suspended"),
    _("Processing is not suspended."),
    _("All processing is suspended."),
    _("Who suspended the processing lifts the suspension."),
    "suspension",
)
LIMITED: Final = Check(
    "agreement.not_limited",
    "suspension.notice",
    _("Not limited by decision"),
    _("No decision of the processor limits this act."),
    _("The processor has limited the service by decision: this act is stopped ({act})."),
    _("Read the decision with its ground on the page of the limits, and object to it there."),
    "limits",
    "OPS-2",
)
CAPPED: Final = Check(
    "agreement.not_capped",
    "suspension.notice",
    _("Within the limit set by decision"),
    _("No more than {cap} recipients."),
    _("The processor has limited the service by decision: a campaign may have {cap} recipients, not {recipients}."),
    _("Choose fewer recipients, or read the decision on the page of the limits and object to it there."),
    "limits",
    "OPS-2",
)
INSTRUCTED: Final = Check(
    "instruction.standing",
    "instruction.standing",
    _("Instruction"),
    _("The act rests on an instruction ({instruction})."),
    _("The agreement holds no instruction for this act ({act})."),
    _("Give a written instruction, or accept an agreement that names the act."),
    "instructions",
)
HALTED: Final = Check(
    "instruction.not_halted",
    "instruction.standing",
    _("Processing not stopped by the controller"),
    _("The controller has not stopped the processing."),
    _("The controller itself has stopped all processing of its data."),
    _("An owner lifts the stop on the page of the agreement."),
    "suspension",
)
AGREED: Final = Check(
    "instruction.agreed",
    "instruction.standing",
    _("Agreed by both sides"),
    _("Both sides have agreed to the instruction in writing."),
    _("Instruction {instruction} goes beyond the agreement, and the processor has not agreed to it."),
    _("Wait for the processor's agreement, or stay within the agreement."),
    "instructions",
)
PURPOSE: Final = Check(
    "process.purpose",
    "processing.purposes",
    _("Purpose agreed"),
    _("The act serves an agreed purpose ({purpose})."),
    _("The act serves no purpose that the agreement names ({purpose}; agreed: {agreed})."),
    _("Stay within the agreed purposes, or have a further one agreed in writing."),
    "instructions",
)
SPECIFIED: Final = Check(
    "process.specified",
    "restriction.purpose",
    _("Purposes of the agreement only"),
    _("The act serves a business purpose of the agreement."),
    _("A service provider keeps, uses and discloses personal information for the purposes of the agreement only."),
    _("Stay within the agreed purposes, or have a further one agreed in writing."),
    "instructions",
)
COMMERCIAL: Final = Check(
    "process.commercial",
    "restriction.commercial",
    _("No commercial purpose of its own"),
    _("The act serves no commercial purpose of the service provider."),
    _("A service provider pursues no commercial purpose beyond those of the agreement."),
    _("Stay within the agreed purposes, or have a further one agreed in writing."),
    "instructions",
)
NOT_SOLD: Final = Check(
    "process.not_sold",
    "restriction.sell",
    _("Neither sold nor shared"),
    _("The data is neither sold nor shared."),
    _("Personal data is never sold, rented or shared for others' purposes."),
    _("There is no way to permit this under the agreement."),
    "instructions",
    "INS-6",
)
