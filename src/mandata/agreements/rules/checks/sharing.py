"""The checks on data that leaves or is looked at: sub-processors, other recipients, countries, staff, combination."""

from typing import Final

from mandata.agreements.rules.verdicts import Check
from mandata.agreements.rules.words import mark as _

_SUB: Final = "Article 28(2) and (4) GDPR"
_THIRD: Final = "Articles 28(3)(a) and 44 to 46 GDPR"

CHOSEN: Final = Check(
    "disclose.chosen",
    "subprocessor.chosen",
    _("Chosen by the controller"),
    _("The controller chose {recipient} itself, so it is not a sub-processor."),
    _("The controller did not choose {recipient}."),
    _("Have the controller name it in an instruction."),
    "subprocessors",
    _SUB,
)
STRUCK: Final = Check(
    "disclose.listed",
    "subprocessor.notice",
    _("On the register"),
    _("{recipient} stands on the register of sub-processors."),
    _("{recipient} is struck from the register of sub-processors."),
    _("Use another sub-processor, or put it on the register again and give notice."),
    "subprocessors",
    _SUB,
)
CONTRACT: Final = Check(
    "disclose.contract",
    "subprocessor.notice",
    _("Bound by the same duties"),
    _("The same duties are imposed on {recipient} by contract."),
    _("There is no contract on file that imposes the same duties on {recipient}."),
    _("Conclude it and put its evidence on file."),
    "subprocessors",
    _SUB,
)
NAMED: Final = Check(
    "disclose.named",
    "subprocessor.named",
    _("Authorised by name"),
    _("The agreement authorises {recipient} by name."),
    _("The agreement does not name {recipient}."),
    _("Give the controller notice and wait for its window to pass."),
    "subprocessors",
    _SUB,
)
CLASSED: Final = Check(
    "disclose.class",
    "subprocessor.classes",
    _("Authorised by class"),
    _("The agreement authorises a class to which {recipient} belongs ({classes})."),
    _("The agreement authorises no class to which {recipient} belongs ({classes})."),
    _("Give the controller notice and wait for its window to pass."),
    "subprocessors",
    _SUB,
)
AUTHORISED: Final = Check(
    "disclose.authorised",
    "subprocessor.notice",
    _("Authorised by the controller"),
    _("The controller has authorised {recipient} ({by})."),
    _("The controller has not authorised {recipient}, and was not told of it."),
    _("Give the controller notice and wait for its window to pass."),
    "subprocessors",
    _SUB,
)
NOTICE: Final = Check(
    "disclose.notice",
    "subprocessor.notice",
    _("Notice period run"),
    _("The notice period has run."),
    _("The notice period has not run: it ends on {until}."),
    _("Wait until then; until then nothing goes to {recipient}."),
    "subprocessors",
    _SUB,
)
WINDOW: Final = Check(
    "disclose.window",
    "subprocessor.objection",
    _("Window for objections passed"),
    _("The window for objections has passed."),
    _("The controller may still object until {until}."),
    _("Wait until then; until then nothing goes to {recipient}."),
    "subprocessors",
    _SUB,
)
OBJECTION: Final = Check(
    "disclose.objection",
    "subprocessor.objection",
    _("No objection open"),
    _("No objection to {recipient} is open."),
    _("The controller has objected to {recipient} ({objection})."),
    _("Settle the objection with the controller, or use another sub-processor for it."),
    "subprocessors",
    _SUB,
)
GROUND: Final = Check(
    "disclose.ground",
    "people.confidentiality",
    _("Ground of the disclosure"),
    _("The disclosure to {recipient} has a ground ({ground})."),
    _("The disclosure to {recipient} has neither an instruction nor a ground in law."),
    _("State the law that demands it, or have the controller instruct it."),
    "instructions",
    "Article 28(3)(a) and (b) GDPR",
)
LISTED: Final = Check(
    "disclose.listed_ground",
    "disclosure.recipients",
    _("Recipient foreseen"),
    _("The agreement foresees a disclosure to {recipient} ({ground})."),
    _("The agreement foresees no disclosure to {recipient} ({ground})."),
    _("State the law that demands it, or have the controller instruct it."),
    "instructions",
)
DIRECT: Final = Check(
    "disclose.direct",
    "restriction.relationship",
    _("Within the direct relationship"),
    _("The disclosure to {recipient} stays within the direct relationship, or the law demands it."),
    _("The disclosure to {recipient} leaves the direct relationship of controller and processor."),
    _("Have the controller instruct it, or let it be."),
    "instructions",
)
SPECIFIC: Final = Check(
    "disclose.specific",
    "subprocessor.authorisation",
    _("Specific authorisation"),
    _("The controller has authorised {recipient} specifically."),
    _("The controller authorises each sub-processor in writing, and has not authorised {recipient}; silence refuses."),
    _("Ask the controller for its written authorisation."),
    "subprocessors",
    _SUB,
)
UNRESTRICTED: Final = Check(
    "transfer.unrestricted",
    "agreement.law",
    _("No restriction of transfers"),
    _("Neither the agreement nor the law that it names restricts where data goes ({country})."),
    _("{country} is a third country."),
    _("Have the controller instruct the transfer, and put a mechanism on file."),
    "subprocessors",
)
INSIDE: Final = Check(
    "transfer.inside",
    "transfer.ground",
    _("No third country"),
    _("{country} lies inside the European Economic Area."),
    _("{country} is a third country."),
    _("Have the controller instruct the transfer, and put a mechanism on file."),
    "subprocessors",
    _THIRD,
)
OUTSIDE: Final = Check(
    "disclose.outside",
    "transfer.outside",
    _("Third parties outside the EEA"),
    _("The agreement foresees that third parties outside the European Economic Area take part ({country})."),
    _("The agreement does not foresee third parties outside the European Economic Area ({country})."),
    _("Engage somebody inside it, or agree on it."),
    "subprocessors",
)
INSTRUCTED: Final = Check(
    "transfer.instructed",
    "transfer.ground",
    _("Transfer instructed"),
    _("The transfer to {country} rests on the controller's instruction."),
    _("Nobody has instructed a transfer to {country}."),
    _("Have the controller instruct it in writing."),
    "instructions",
    _THIRD,
)
MECHANISM: Final = Check(
    "transfer.mechanism",
    "transfer.safeguards",
    _("Transfer mechanism in force"),
    _("A transfer mechanism is in force for {country} ({mechanism})."),
    _("No transfer mechanism is in force for {country} ({mechanism})."),
    _("Put an adequacy decision, standard contractual clauses or binding corporate rules in force on file."),
    "subprocessors",
    _THIRD,
)
REGION: Final = Check(
    "transfer.region",
    "location.choice",
    _("Place chosen by the controller"),
    _("{country} is among the places that the controller chose."),
    _("{country} is not among the places that the controller chose ({regions})."),
    _("Keep the data where the controller chose, or have it choose anew."),
    "instructions",
    "TRF-1",
)
OPPOSED: Final = Check(
    "transfer.opposed",
    "location.change",
    _("Place not opposed"),
    _("The controller does not oppose {country}."),
    _("The controller opposes {country}."),
    _("Keep the data where it is, and talk to the controller."),
    "instructions",
    "TRF-2",
)
CONFIDENTIAL: Final = Check(
    "access.confidential",
    "people.confidentiality",
    _("Bound to confidentiality"),
    _("The person is bound to confidentiality."),
    _("The person has not committed to confidentiality."),
    _("Have the commitment signed and put it on file."),
    "staff",
    "Article 28(3)(b) GDPR",
)
TRAINED: Final = Check(
    "access.trained",
    "people.training",
    _("Training valid"),
    _("The person's training in data protection is valid."),
    _("The person's training in data protection is missing or has lapsed ({until})."),
    _("Train the person again and put the date on file."),
    "staff",
    "PPL-1",
)
REASON: Final = Check(
    "access.reason",
    "people.access",
    _("Reason for the access"),
    _("A reason is given; the controller sees it."),
    _("No reason is given for the access."),
    _("State why this must be looked at; the controller sees the reason."),
    "staff",
    "PPL-2",
)
TICKET: Final = Check(
    "access.ticket",
    "people.support",
    _("Support case named"),
    _("The access belongs to a support case, which is named."),
    _("No support case is named, and the agreement lets staff look in service and support only."),
    _("Name the ticket for which this must be looked at."),
    "staff",
    "PPL-7",
)
PRODUCT: Final = Check(
    "access.product",
    "agreement.products",
    _("Product activated"),
    _("The product is one that the controller has activated."),
    _("The controller has not activated this product ({product})."),
    _("Look only at products that the controller has activated."),
    "staff",
)
COUNTRY: Final = Check(
    "access.country",
    "location.access",
    _("Country of access listed"),
    _("Access from {country} is agreed."),
    _("Access from {country} is not agreed ({agreed})."),
    _("Look at the data from an agreed country."),
    "staff",
    "TRF-4",
)
OWN: Final = Check(
    "combine.own",
    "restriction.combine",
    _("The controller's own data"),
    _("Only the controller's own data is brought together."),
    _("Data of different origin would be brought together ({origin})."),
    _("Keep each controller's data apart."),
    "instructions",
    "INS-6",
)
COUNTED: Final = Check(
    "combine.counts",
    "breach.serious",
    _("Counts among accounts of one customer"),
    _("Only counts leave, among accounts of one customer."),
    _("Nothing crosses from one controller to another ({origin}, {result}); accounts of one customer may be counted."),
    _("Keep each controller's data apart."),
    "instructions",
    "INS-6; Cal. Code Regs. tit. 11, § 7050(a)(3)(A)",
)
COUNTED_ONLY: Final = COUNTED._replace(code="combine.counted", clause="restriction.combine")
LISTS_APART: Final = COUNTED._replace(code="combine.lists", clause="restriction.lists")
"""The same question, where the agreement itself forbids to combine."""
