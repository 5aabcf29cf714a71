"""The answers on whether an agreement applies, binds, prevails, changes, ends, and on instructions and publication."""

from typing import Final

from mandata.agreements.rules.verdicts import Check
from mandata.agreements.rules.words import mark as _

APPLIES: Final = Check(
    "apply.territory",
    "agreement.territory",
    _("The agreement applies"),
    _("The agreement applies ({law})."),
    _("Both sides are outside the European Economic Area, and nothing reaches into it; the agreement does not apply."),
    _("Conclude an agreement for the law that applies there."),
    "agreement",
)
LAW: Final = Check(
    "apply.law",
    "agreement.law",
    _("Law"),
    _("The agreement knows no exception by territory; it is read by {law}."),
    _("The agreement names no law."),
    _("Name the law in the agreement."),
    "agreement",
)
ROLES: Final = Check(
    "roles.known",
    "agreement.roles",
    _("Who is who"),
    _("The customer is {customer}, the operator {operator}."),
    _("The agreement knows the customer as controller only, not as somebody's processor."),
    _("Conclude an agreement that provides for upstream controllers."),
    "agreement",
)
UPSTREAM: Final = Check(
    "roles.authorised",
    "agreement.roles",
    _("Authorised by the upstream controller"),
    _("The upstream controller's authorisation is warranted."),
    _("The customer has not warranted that its own controller authorised this processing."),
    _("Have the authorisation of the upstream controller warranted and recorded."),
    "agreement",
    "Article 28(2) and (4) GDPR",
)
CONCLUDED: Final = Check(
    "accept.concluded",
    "agreement.acceptance",
    _("Concluded"),
    _("The agreement binds from this moment ({by})."),
    _("This does not conclude the agreement ({by}); what does: {agreed}."),
    _("Have the customer do what the clause names."),
    "agreement",
)
EFFECTIVE: Final = Check(
    "accept.effective",
    "agreement.effective",
    _("Version in effect"),
    _("This version of the terms is in effect ({date})."),
    _("This version of the terms is not in effect before {date}."),
    _("Wait for that date, or accept the version before it."),
    "agreement",
)
OFFERED: Final = Check(
    "accept.offered",
    "agreement.language",
    _("Language"),
    _("The agreement is offered in this language."),
    _("The agreement is not offered in this language ({language})."),
    _("Choose one of its languages: {languages}."),
    "agreement",
)
DECIDES: Final = Check(
    "read.decides",
    "agreement.language",
    _("Version that decides"),
    _("The version in this language decides ({language})."),
    _("The version in this language is a translation ({language}); what decides: {decides}."),
    _("Read the version that decides."),
    "agreement",
)
PREVAILS: Final = Check(
    "prevail.rank",
    "agreement.precedence",
    _("Precedence"),
    _("This agreement prevails on this matter."),
    _("The other document prevails on this matter ({over})."),
    _("Change the other document, or agree on another order."),
    "agreement",
)
CHANGED: Final = Check(
    "change.applies",
    "change.notice",
    _("Changed terms apply"),
    _("The changed terms apply since {since}."),
    _("The changed terms do not apply before {since}."),
    _("Apply the terms in force until then."),
    "agreement",
)
BOTH_SIDES: Final = Check(
    "change.both",
    "change.notice",
    _("Agreed by both sides"),
    _("Both sides have agreed to the change."),
    _("The agreement says nothing on changes, and the controller has not agreed to this one."),
    _("Ask the controller to accept the changed version."),
    "agreement",
)
CONSENTED: Final = Check(
    "change.consent",
    "change.silence",
    _("Change accepted"),
    _("The controller has accepted the change."),
    _("The controller has not accepted the change, and silence is no consent here."),
    _("Ask the controller to accept the changed version."),
    "agreement",
)
PRICED: Final = Check(
    "change.prices",
    "fee.change",
    _("Changed price list applies"),
    _("The changed price list applies since {since}."),
    _("The changed price list does not apply before {since}."),
    _("Charge the prices in force until then."),
    "agreement",
)
SUPPLIED: Final = Check(
    "change.supplier",
    "change.suppliers",
    _("Supplier's change applies"),
    _("The supplier's change applies since {since}."),
    _("The supplier's change does not apply before {since}."),
    _("Wait for the supplier's date."),
    "agreement",
)
INFORMED: Final = Check(
    "change.instructions",
    "change.instructions",
    _("Change of processing instructions"),
    _("Information on the processing may change at any time; it applies since {since}."),
    _("The changed information on the processing does not apply before {since}."),
    _("Tell the controller first."),
    "agreement",
)
FULL_TEXT: Final = Check(
    "change.text",
    "change.text",
    _("Full text of the change"),
    _("The notice holds the full text of the change."),
    _("The notice does not hold the full text of the change, so nothing changes."),
    _("Give notice again, with the full text."),
    "agreement",
)
REASON: Final = Check(
    "change.reason",
    "change.reasons",
    _("Reason of the change"),
    _("The agreement knows this reason for a change."),
    _("The agreement knows no such reason for a change ({reason})."),
    _("Agree on the change with the controller."),
    "agreement",
)
UNRESOLVED: Final = Check(
    "end.objection",
    "subprocessor.unresolved",
    _("End of the affected service"),
    _("The objection was not resolved; the controller may end the affected service in writing since {since}."),
    _("The affected service cannot be ended for the objection before {since}, or only where it stays unresolved."),
    _("Go on resolving the objection."),
    "subprocessors",
)
UNSETTLED: Final = Check(
    "end.unsettled",
    "subprocessor.unresolved",
    _("Where an objection stands"),
    _("The agreement lets the affected service end."),
    _("The agreement gives no right to end for an objection; the sub-processor gets no data of this controller."),
    _("Settle the objection, or end the agreement by its own notice."),
    "subprocessors",
)
MAY_BE_IMPOSSIBLE: Final = Check(
    "end.impossible",
    "subprocessor.unresolved",
    _("Where an objection stands"),
    _("The agreement lets the affected service end."),
    _(
        "The sub-processor gets no data of this controller, and the service may become impossible for it; no right to "
        "end follows from that."
    ),
    _("Settle the objection, or end the agreement by its own notice."),
    "subprocessors",
)
DISSENT: Final = Check(
    "end.change",
    "change.end",
    _("End because of a change"),
    _("The controller may end the agreement because of the change, until {until}; it then ends on {ends}."),
    _("The time to end the agreement because of the change has passed ({until})."),
    _("End the agreement by its ordinary notice."),
    "agreement",
)
WITHDRAWAL: Final = Check(
    "end.prices",
    "fee.change",
    _("End because of prices"),
    _("Who disagrees with the changed prices may withdraw until they apply ({until})."),
    _("The changed prices apply already ({until})."),
    _("End the agreement by its ordinary notice."),
    "agreement",
)
NO_END: Final = Check(
    "end.none",
    "agreement.end",
    _("No such right to end"),
    _("The agreement may be ended."),
    _("The agreement gives no right to end for this cause ({cause})."),
    _("End the agreement by its ordinary notice."),
    "agreement",
)
WRITTEN: Final = Check(
    "instruct.written",
    "instruction.beyond",
    _("Documented"),
    _("The instruction is in writing, from a named person."),
    _("The instruction is not in writing, or nobody authorised stands behind it."),
    _("Give it in writing, through the application, by an authorised person."),
    "instructions",
    "Article 28(3)(a) GDPR",
)
BEYOND: Final = Check(
    "instruct.agreed",
    "instruction.beyond",
    _("Agreed by both sides"),
    _("The instruction stays within the agreement, or both sides have agreed to it in writing."),
    _("The instruction goes beyond the agreement, and not both sides have agreed to it in writing."),
    _("Agree on it in writing before it is carried out."),
    "instructions",
    "INS-2",
)
LAWFUL: Final = Check(
    "instruct.lawful",
    "instruction.unlawful",
    _("Doubts pointed out"),
    _("No doubt is open about the instruction."),
    _("The instruction seems defective or unlawful; the doubt is not settled."),
    _("Point it out to the controller, and wait for its answer."),
    "instructions",
    "Article 28(3) GDPR, last subparagraph",
)
TOLD_FIRST: Final = Check(
    "instruct.law",
    "instruction.legal",
    _("Told before"),
    _("The controller was told of the legal duty beforehand, or the law forbids telling."),
    _("The law obliges to process otherwise, and the controller has not been told."),
    _("Tell the controller first, unless the law forbids it."),
    "instructions",
    "Article 28(3)(a) GDPR",
)
PUBLISHED: Final = Check(
    "publish.due",
    "publication.register",
    _("Publication in a register"),
    _("The contract is to be published, by {until}."),
    _("The contract need not be published: neither the law nor a doubt about its value demands it."),
    _("Nothing has to be done."),
    "agreement",
)
