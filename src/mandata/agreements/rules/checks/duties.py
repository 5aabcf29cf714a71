"""The answers on breaches, sub-processors to come, audits, requests, keeping and moving data."""

from typing import Final

from mandata.agreements.rules.verdicts import Check
from mandata.agreements.rules.words import mark as _

OWED: Final = Check(
    "notify.owed",
    "breach.notify",
    _("Notice of a breach"),
    _("The breach is to be notified, at the latest by {strict}."),
    _("Nothing is to be notified under this clause."),
    _("Enter it in the register of breaches all the same."),
    "agreement",
    "Article 33(2) GDPR",
)
CERTAIN: Final = Check(
    "notify.certain",
    "breach.notify",
    _("From when on a breach is notified"),
    _("It is known that there was a breach."),
    _("It is not certain yet that personal data was breached; the agreement has a breach notified, not a suspicion."),
    _("Look into it without delay, and notify as soon as it is certain."),
    "agreement",
    "Article 33(2) GDPR",
)
THRESHOLD: Final = Check(
    "notify.threshold",
    "breach.threshold",
    _("From when on a breach is notified"),
    _("What happened is what the agreement has notified."),
    _("What happened does not reach what the agreement has notified."),
    _("Enter it in the register of breaches all the same, and look again when more is known."),
    "agreement",
    "Article 33(2) GDPR",
)
EXCEPTION: Final = Check(
    "notify.exception",
    "breach.exception",
    _("Telling is permitted"),
    _("No law forbids telling."),
    _("The law forbids telling, so nothing is told."),
    _("Keep the ground on file and tell as soon as the law permits."),
    "agreement",
)
SIDE: Final = Check(
    "notify.side",
    "breach.notify",
    _("Who notifies"),
    _("This side owes the notice ({side})."),
    _("The agreement does not oblige this side to notify ({side})."),
    _("Look at what the law itself demands of it."),
    "agreement",
)
STARTS: Final = Check(
    "engage.from",
    "subprocessor.notice",
    _("Sub-processor may start"),
    _("{recipient} may start, since {since}."),
    _("{recipient} may not start before {since}."),
    _("Wait for notice and window to run; give notice first where none was given."),
    "subprocessors",
    "Article 28(2) GDPR",
)
CHAIN: Final = Check(
    "engage.chain",
    "subprocessor.chain",
    _("Whom a sub-processor engages"),
    _("Whom a sub-processor engages is told of in the same way."),
    _("Whom a sub-processor engages has not been told of, though it has to be in the same way."),
    _("Publish it, give notice, and wait for the window to run."),
    "subprocessors",
)
CHANNEL: Final = Check(
    "engage.channel",
    "subprocessor.notice",
    _("How notice is given"),
    _("Notice came by an agreed way ({channel})."),
    _("Notice did not come by an agreed way ({channel}; agreed: {agreed})."),
    _("Give notice by one of the agreed ways."),
    "subprocessors",
)
IN_TIME: Final = Check(
    "object.in_time",
    "subprocessor.objection",
    _("Objection in time"),
    _("The objection is in time (until {until})."),
    _("The objection is late: the window closed on {until}."),
    _("Ask the processor all the same; it may heed a late objection."),
    "subprocessors",
    "Article 28(2) GDPR",
)
NO_PERIOD: Final = Check(
    "object.no_period",
    "subprocessor.objection",
    _("Objection in time"),
    _("The agreement states no period for objections, so this one is in time."),
    _("The objection is late."),
    _("Ask the processor all the same; it may heed a late objection."),
    "subprocessors",
    "Article 28(2) GDPR",
)
FORM: Final = Check(
    "object.form",
    "subprocessor.objection",
    _("Form of the objection"),
    _("The objection has the form that the agreement asks for."),
    _("The agreement wants the objection in writing."),
    _("Send it in writing, for example through the application."),
    "subprocessors",
)
EXTENDED: Final = Check(
    "extend.told",
    "rights.extension",
    _("Told in time"),
    _("The person was told in time; the answer is due by {until}."),
    _("The person had to be told by {told}; the answer stays due as if nothing had been said."),
    _("Answer at once, and record why it is late."),
    "case",
    "Article 12(3) GDPR",
)
REASONED: Final = Check(
    "extend.reasons",
    "rights.extension",
    _("Reasons of the delay"),
    _("The person was told the reasons."),
    _("The person was not told the reasons of the delay."),
    _("Tell the reasons while the first period runs."),
    "case",
    "Article 12(3) GDPR",
)
AHEAD: Final = Check(
    "audit.notice",
    "audit.notice",
    _("Notice of the audit"),
    _("The audit was announced in time; it may start since {since}."),
    _("The audit was announced too late for this day; it may start on {since}."),
    _("Choose a later day."),
    "agreement",
)
AUDIT_FORM: Final = Check(
    "audit.form",
    "audit.notice",
    _("Form of the notice"),
    _("The notice has the form that the agreement asks for."),
    _("The agreement wants the notice in writing."),
    _("Send it in writing."),
    "agreement",
)
WHO: Final = Check(
    "audit.who",
    "audit.inspector",
    _("Who audits"),
    _("The agreement lets such a person audit ({by})."),
    _("The agreement does not let such a person audit ({by}; who may: {agreed})."),
    _("Name another auditor."),
    "agreement",
)
ASSESSOR: Final = Check(
    "audit.assessor",
    "audit.assessors",
    _("Who assesses"),
    _("The agreement lets such a person assess ({by})."),
    _("The agreement does not let such a person assess ({by}; who may: {agreed})."),
    _("Name another assessor."),
    "agreement",
)
INDEPENDENT: Final = Check(
    "audit.independent",
    "audit.refusal",
    _("Independence of the auditor"),
    _("Nothing speaks against the auditor."),
    _("The auditor may be refused ({ground})."),
    _("Name another auditor, neither a competitor nor close to one."),
    "agreement",
)
COMPETITOR: Final = Check(
    "audit.competitor",
    "audit.inspector",
    _("No competitor"),
    _("The auditor is no competitor of the processor."),
    _("The auditor is a competitor of the processor."),
    _("Name another auditor."),
    "agreement",
    "Article 28(3)(h) GDPR",
)
OFTEN: Final = Check(
    "audit.frequency",
    "audit.frequency",
    _("How often"),
    _("The agreement allows an audit now ({earlier} within {per})."),
    _("The agreement allows {times} within {per}; for a further one there is no serious reason."),
    _("State a serious reason, or wait until {since}."),
    "agreement",
)
REGULARLY: Final = Check(
    "audit.regular",
    "compliance.assessments",
    _("At least this often"),
    _("It is allowed at least {times} times in each {per}."),
    _("It is not yet time for another one."),
    _("Agree on a date."),
    "agreement",
)
EXTRA: Final = Check(
    "audit.extra",
    "audit.extra",
    _("Scope and price"),
    _("Scope and price of the further audit are agreed."),
    _("Scope and price of a further audit are not agreed yet."),
    _("Agree on scope and price first."),
    "agreement",
)
SETTLED: Final = Check(
    "audit.agreement",
    "audit.agreement",
    _("Written agreement on the audit"),
    _("The separate written agreement on the audit is concluded."),
    _("The separate written agreement on the audit is missing."),
    _("Conclude it within the agreed time."),
    "agreement",
)
BOUND: Final = Check(
    "audit.bound",
    "audit.bound",
    _("Auditor bound to confidentiality"),
    _("The auditor is bound to confidentiality."),
    _("It is not shown that the auditor is bound to confidentiality."),
    _("Show the commitment before the audit starts."),
    "agreement",
)
ON_SITE: Final = Check(
    "audit.site",
    "audit.site",
    _("On the premises"),
    _("The audit takes place from afar, or its place is justified."),
    _("An audit on the premises needs a justification, and there is none."),
    _("Audit from afar, or state why that is not enough."),
    "agreement",
)
UNDISTURBED: Final = Check(
    "audit.disturbance",
    "audit.disturbance",
    _("Business not disturbed"),
    _("The audit does not interfere unreasonably with the business."),
    _("The audit would interfere unreasonably with the business."),
    _("Agree on another time or a smaller scope."),
    "agreement",
)
SECRET: Final = Check(
    "audit.secrecy",
    "audit.secrecy",
    _("Secrecy of what is shown"),
    _("What the audit shows goes to nobody but a supervisory authority entitled to it."),
    _("What the audit shows is the processor's trade secret and would go to somebody else."),
    _("Disclose it to an authorised supervisory authority only."),
    "agreement",
)
REPORTED: Final = Check(
    "audit.report",
    "audit.report",
    _("Report of an assessment"),
    _("The report of the independent assessment is given on request."),
    _("There is no report of an independent assessment."),
    _("Have one made, or let the controller assess."),
    "agreement",
)
CERTIFIED: Final = Check(
    "audit.certificates",
    "audit.certificates",
    _("Certificates"),
    _("Current certificates may answer a part of it."),
    _("There are no current certificates."),
    _("Answer in full."),
    "agreement",
)
KEPT: Final = Check(
    "keep.held",
    "end.deletion",
    _("Data may be held"),
    _("The data may still be held (until {until})."),
    _("The data may not be held any more since {until}."),
    _("Delete it and certify the deletion."),
    "agreement",
    "Article 28(3)(g) GDPR",
)
REACHED: Final = Check(
    "keep.reached",
    "end.access",
    _("Data within reach"),
    _("The controller reaches its data (until {until})."),
    _("The controller does not reach its data any more since {until}."),
    _("Ask for an export while the data is held."),
    "agreement",
)
NEEDED: Final = Check(
    "keep.needed",
    "end.deletion",
    _("Still needed"),
    _("The agreement lets it be kept for a reasonable time for this ({needed})."),
    _("The agreement does not let it be kept for this ({needed})."),
    _("Delete it and certify the deletion."),
    "agreement",
)
OWN_COPIES: Final = Check(
    "keep.own_copies",
    "content.backup",
    _("Copies of one's own"),
    _("The controller keeps backup copies of its own."),
    _("The controller does not keep copies of its own."),
    _("Keep copies."),
    "agreement",
)
AVAILABLE: Final = Check(
    "keep.available",
    "content.available",
    _("Content available"),
    _("The content is available (until {until})."),
    _("The content may be gone since {until}; nobody may rely on it."),
    _("Use the controller's own backup copies."),
    "agreement",
)
SET: Final = Check(
    "keep.set",
    "content.settings",
    _("Kept as the controller set"),
    _("The controller's own settings keep the content (until {until})."),
    _("By the controller's own settings the content is to be gone since {until}."),
    _("Delete it, or have the controller change its settings."),
    "agreement",
)
PLANNED: Final = Check(
    "keep.plan",
    "end.plan",
    _("Plan of termination assistance"),
    _("The plan of the main agreement lets the data be held (until {until})."),
    _("By the plan of the main agreement the data may not be held any more since {until}."),
    _("Return or delete it by the plan, and certify the deletion."),
    "agreement",
)
LAW: Final = Check(
    "keep.law",
    "end.legal",
    _("Kept by law"),
    _("The law obliges to keep the data ({law}); the controller is told so."),
    _("No law obliges to keep the data."),
    _("Delete it and certify the deletion."),
    "agreement",
    "Article 28(3)(g) GDPR",
)
MOVE_TOLD: Final = Check(
    "relocate.told",
    "location.change",
    _("Told of the move"),
    _("The controller was told in time of the move."),
    _("The controller was not told in time of the move to {country}; it may take place on {since}."),
    _("Tell it, and wait for its opportunity to oppose."),
    "agreement",
)
MOVE_WINDOW: Final = Check(
    "relocate.window",
    "location.opposition",
    _("Opportunity to oppose"),
    _("The opportunity to oppose the move has passed."),
    _("The controller may still oppose the move to {country} until {until}."),
    _("Wait until then."),
    "agreement",
)
MOVE_OPPOSED: Final = Check(
    "relocate.opposed",
    "location.change",
    _("Move not opposed"),
    _("The controller has not opposed the move."),
    _("The controller has opposed the move to {country}; the data stays where it is."),
    _("Keep the data where it is."),
    "agreement",
)
MOVE_CHOSEN: Final = Check(
    "relocate.chosen",
    "location.choice",
    _("Place chosen"),
    _("The controller itself chose the place."),
    _("The controller chooses the place, and it has not chosen {country}."),
    _("Have the controller choose among the places on offer."),
    "agreement",
)
