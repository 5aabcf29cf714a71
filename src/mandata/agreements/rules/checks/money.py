"""The answers on what something costs, and who answers for what."""

from typing import Final

from mandata.agreements.rules.verdicts import Check
from mandata.agreements.rules.words import mark as _

PAID: Final = Check(
    "charge.paid",
    "assistance.paid",
    _("Paid assistance"),
    _("The controller pays for this help: {amount}."),
    _("The agreement does not have the controller pay for this help ({work})."),
    _("Give it without charge."),
    "agreement",
)
FREE: Final = Check(
    "charge.free",
    "assistance.free",
    _("Free assistance"),
    _("The controller pays for this help."),
    _("The agreement has this help given without charge ({work})."),
    _("Give it without charge."),
    "agreement",
)
USUAL: Final = Check(
    "charge.usual",
    "assistance.paid",
    _("Beyond the usual measures"),
    _("The controller pays for this help."),
    _("Only help beyond the usual technical measures is charged ({work}); nothing says that this goes beyond them."),
    _("State that it goes beyond them, where it does (beyond_usual); else give it without charge."),
    "agreement",
)
LIMITED: Final = Check(
    "charge.rate",
    "assistance.rate",
    _("Rate within the limit"),
    _("The rate stays within {limit} an hour."),
    _("The rate of {rate} exceeds {limit} an hour."),
    _("Charge at most the agreed rate."),
    "agreement",
)
LISTED: Final = Check(
    "charge.pricelist",
    "assistance.pricelist",
    _("By the price list"),
    _("The controller pays for this help by the price list."),
    _("Only help beyond the usual technical measures is charged by the price list ({work})."),
    _("Give it without charge."),
    "agreement",
)
COSTS: Final = Check(
    "charge.costs",
    "assistance.costs",
    _("Costs of assistance"),
    _("The controller reimburses the reasonable costs: {amount}."),
    _("There are no costs to reimburse."),
    _("Give it without charge."),
    "agreement",
)
AUDITED: Final = Check(
    "charge.audit",
    "audit.rates",
    _("Price of an audit"),
    _("The controller pays {rate} a man-hour, without VAT: {amount}."),
    _("The agreement sets no price for audits."),
    _("Give it without charge."),
    "agreement",
)
INDEX: Final = Check(
    "charge.index",
    "audit.rates",
    _("Index of prices"),
    _("The increases of the index are known."),
    _("The rates have risen since, and the increase of the index for {year} is not stated."),
    _("State the increase that the statistical office announced for {year}."),
    "agreement",
)
AUDIT_COSTS: Final = Check(
    "charge.audit_costs",
    "audit.costs",
    _("Costs of an audit"),
    _("The controller bears the costs of its audit: {amount}."),
    _("The agreement does not have the controller bear the costs of an audit."),
    _("Give it without charge."),
    "agreement",
)
AUDIT_AGREED: Final = Check(
    "charge.audit_agreed",
    "audit.extra",
    _("Price of a further audit"),
    _("A further audit costs what the parties agree on."),
    _("The agreement sets no price for audits."),
    _("Agree on scope and price first."),
    "agreement",
)
INTEREST: Final = Check(
    "charge.interest",
    "fee.interest",
    _("Late interest"),
    _("Late interest of {amount} may be charged."),
    _("The payment is not late, so no interest is owed."),
    _("Charge none."),
    "agreement",
)
CANCELLED: Final = Check(
    "charge.cancellation",
    "fee.cancellation",
    _("Cancelled orders"),
    _("The agreed price is owed in full: {amount}."),
    _("No price was agreed, so nothing is owed."),
    _("Charge none."),
    "agreement",
)
FAULT: Final = Check(
    "liability.fault",
    "liability.fault",
    _("Fault"),
    _("The processor answers for this fault ({fault})."),
    _("The processor answers only for intent and gross negligence, not for this ({fault})."),
    _("Nothing is owed under the agreement; look at what the law itself provides."),
    "agreement",
)
MAJEURE: Final = Check(
    "liability.majeure",
    "liability.majeure",
    _("Force majeure"),
    _("No obstacle frees the processor."),
    _("An obstacle beyond control frees the processor for as long as it lasts."),
    _("Record when it began and when it ends."),
    "agreement",
)
WHOM: Final = Check(
    "liability.whom",
    "liability.whom",
    _("To whom damages are owed"),
    _("The damage is the controller's."),
    _("The processor owes damages to nobody but the controller."),
    _("Turn to the controller."),
    "agreement",
)
SYSTEMS: Final = Check(
    "liability.systems",
    "liability.systems",
    _("Systems of others"),
    _("The damage does not come from others' systems."),
    _("The processor does not answer for systems that are not its own."),
    _("Turn to who runs the system."),
    "agreement",
)
CHOSEN: Final = Check(
    "liability.chosen",
    "subprocessor.chosen",
    _("Processors whom the controller chose"),
    _("The damage does not come from a processor whom the controller chose."),
    _("The processor does not answer for processors whom the controller chose."),
    _("Turn to the processor whom the controller chose."),
    "agreement",
)
SUBPROCESSOR: Final = Check(
    "liability.subprocessor",
    "subprocessor.duties",
    _("Liability for sub-processors"),
    _("The processor answers for its sub-processor in full, as for itself."),
    _("The agreement does not speak of liability for sub-processors."),
    _("Look at what the law itself provides."),
    "agreement",
)
INSTRUCTED: Final = Check(
    "liability.instruction",
    "liability.instruction",
    _("Defective instruction"),
    _("The damage does not follow from a defective instruction."),
    _("The damage follows from an instruction whose defect was pointed out beforehand; the processor is free."),
    _("Nothing is owed under the agreement; look at what the law itself provides."),
    "agreement",
)
CAPPED: Final = Check(
    "liability.cap",
    "liability.cap",
    _("Limit of damages"),
    _("Damages are owed: {owed} (limit: {limit})."),
    _("No damages are owed: nothing was paid in the time that counts."),
    _("Look at what the law itself provides."),
    "agreement",
)
UNCAPPED: Final = Check(
    "liability.uncapped",
    "liability.except",
    _("Outside the limit"),
    _("The limit does not cover this ({cause}); damages are owed in full: {owed}."),
    _("The limit covers this."),
    _("Look at what the law itself provides."),
    "agreement",
)
WITHIN: Final = Check(
    "liability.main",
    "liability.main",
    _("Within the main agreement's total"),
    _("Damages count towards the total of the main agreement: {owed} (limit: {limit})."),
    _("The total of the main agreement is used up."),
    _("Look at what the law itself provides."),
    "agreement",
)
UNLIMITED: Final = Check(
    "liability.none",
    "agreement.law",
    _("No limit agreed"),
    _("The agreement limits nothing; damages are owed in full: {owed}."),
    _("No damages are owed."),
    _("Look at what the law itself provides."),
    "agreement",
)
GROUND: Final = Check(
    "indemnity.ground",
    "indemnity.grounds",
    _("Ground of the claim"),
    _("The controller answers for such claims ({ground})."),
    _("The controller does not answer for such claims ({ground})."),
    _("Look at what the law itself provides."),
    "agreement",
)
OWN_BREACH: Final = Check(
    "indemnity.own",
    "indemnity.exclusion",
    _("No breach of one's own"),
    _("The loss does not come from the processor's own breach."),
    _("The loss comes from the processor's own breach, so nothing is owed for it."),
    _("Bear it, as far as it comes from one's own breach."),
    "agreement",
)
TOLD: Final = Check(
    "indemnity.notice",
    "indemnity.notice",
    _("Prompt written notice"),
    _("The controller was told promptly in writing."),
    _("The controller was not told promptly in writing ({until})."),
    _("Tell it in writing at once."),
    "agreement",
)
COOPERATION: Final = Check(
    "indemnity.conduct",
    "indemnity.conduct",
    _("Cooperation in the defence"),
    _("The processor cooperates in the defence."),
    _("The processor does not cooperate in the defence."),
    _("Cooperate, and let the controller take control of the defence."),
    "agreement",
)
SETTLEMENT: Final = Check(
    "indemnity.settlement",
    "indemnity.settlement",
    _("Consent to a settlement"),
    _("The settlement burdens nobody beyond money, or is consented to."),
    _("The settlement burdens the processor beyond money, and it has not consented in writing."),
    _("Ask for written consent first."),
    "agreement",
)
