"""The checks of acts on people's data, as data: code, clause, words, and the symbolic place where a refusal is mended.

Places: agreement, suspension, instructions, import.basis, fields, campaign.subject, campaign.content, campaign.sender,
campaign.recipients, controller.address, domains, tracking, case, subprocessors, staff.
"""

from typing import Final

from mandata.agreements.rules.verdicts import Check
from mandata.agreements.rules.words import mark as _

WARRANTED: Final = Check(
    "import.warranty",
    "warranty.controller",
    _("Warranties given"),
    _("The controller's warranties are on record."),
    _("The controller has not warranted that it may bring this data in."),
    _("Accept the agreement with all its warranties."),
    "agreement",
)
BASIS: Final = Check(
    "import.basis",
    "sending.basis",
    _("Lawful basis declared"),
    _("Every row gets a permitted ground."),
    _("The lawful basis is not declared, or is none that the agreement permits ({bases})."),
    _("Choose one of the permitted grounds for the whole file, or map a column that states it."),
    "import.basis",
)
EVIDENCE: Final = Check(
    "import.evidence",
    "sending.evidence",
    _("Evidence of the ground"),
    _("Every row gets evidence of its ground."),
    _("It is not stated how the ground can be shown."),
    _("Describe where and how the data was obtained, or map the columns that state it."),
    "import.basis",
)
SPECIAL: Final = Check(
    "import.special",
    "processing.special",
    _("No special categories"),
    _("No field holds special categories of personal data or criminal convictions."),
    _("Special categories of personal data and criminal convictions are refused (fields: {fields})."),
    _("Leave the columns out, or agree expressly with the processor beforehand."),
    "fields",
)
CATEGORY: Final = Check(
    "import.category",
    "processing.contact",
    _("Categories agreed"),
    _("Every field belongs to a category of the agreement."),
    _("The agreement does not name the category of these fields: {fields}."),
    _("Declare the field by a category of the agreement, or leave the column out."),
    "fields",
)
SUBJECTS: Final = Check(
    "import.subjects",
    "processing.subjects",
    _("Data subjects agreed"),
    _("The agreement names every category of data subjects brought in."),
    _("The agreement does not name these categories of data subjects: {subjects}."),
    _("Bring in only people of the agreed categories, or agree on further ones."),
    "import.basis",
)
NONEXISTENT: Final = Check(
    "import.nonexistent",
    "import.nonexistent",
    _("Addresses exist"),
    _("Addresses that do not exist stay below the agreed share ({part} of {whole})."),
    _("{part} of {whole} addresses do not exist, more than the agreement allows; that is a serious breach."),
    _("Clean the list at its source before importing it again."),
    "import.basis",
)
NONEXISTENT_OURS: Final = NONEXISTENT._replace(
    refused=_(
        "{part} of {whole} addresses do not exist, more than the house's rule lets pass. The agreement is silent."
    ),
    law="AUDI-3 (ours)",
)
"""Where the agreement is silent the house's rule speaks, and calls nothing a breach."""
SUBJECT: Final = Check(
    "send.subject",
    "processing.purposes",
    _("Subject line"),
    _("The message has a subject."),
    _("The message has no subject."),
    _("Write a subject."),
    "campaign.subject",
)
CONTENT: Final = Check(
    "send.content",
    "processing.purposes",
    _("Content"),
    _("The message has content."),
    _("The message is empty."),
    _("Write the message."),
    "campaign.content",
)
FROM_NAME: Final = Check(
    "send.from_name",
    "sending.sender",
    _("Sender named"),
    _("The sender is named."),
    _("The sender is not named; a message must not conceal who sends it."),
    _("State the sender's name."),
    "campaign.sender",
)
REPLY: Final = Check(
    "send.reply_address",
    "sending.sender",
    _("Address for replies"),
    _("A refusal can be sent to a valid address."),
    _("There is no valid address to which a recipient can send a refusal."),
    _("State a reply address that is read by somebody."),
    "campaign.sender",
)
POSTAL: Final = Check(
    "send.postal_address",
    "sending.postal",
    _("Postal address"),
    _("The sender's postal address is stated."),
    _("The sender's postal address is missing."),
    _("Fill in the controller's postal address; every message states it."),
    "controller.address",
)
MARKED: Final = Check(
    "send.marking",
    "sending.marking",
    _("Marked as a newsletter"),
    _("The message is marked as a newsletter."),
    _("The message is not clearly marked as a newsletter."),
    _("Add the newsletter mark to the message, for example by the footer."),
    "campaign.content",
)
LINK: Final = Check(
    "send.unsubscribe",
    "sending.unsubscribe",
    _("Link to unsubscribe"),
    _("Every part of the message holds a link to unsubscribe."),
    _("A part of the message holds no link to unsubscribe."),
    _("Put the unsubscribe tag into the message, for example by the footer."),
    "campaign.content",
)
ONE_CLICK: Final = Check(
    "send.one_click",
    "sending.unsubscribe",
    _("One-click unsubscription"),
    _("The headers for one-click unsubscription (RFC 8058) are there."),
    _("The headers for one-click unsubscription (RFC 8058) are missing."),
    _("Let the service set the headers; they cannot be switched off."),
    "campaign.content",
)
DOMAIN: Final = Check(
    "send.domain",
    "sending.domain",
    _("Sending domain verified"),
    _("The sending domain {domain} is verified."),
    _("The sending domain {domain} is not verified."),
    _("Set the DNS records shown for the domain, and check them."),
    "domains",
)
SHARED: Final = Check(
    "send.domain_shared",
    "sending.domain",
    _("Sending domain of your own"),
    _("The sending domain {domain} is your own."),
    _("{domain} is the processor’s shared domain, and the agreement permits a verified domain of your own only."),
    _("Add a domain of your own, set its DNS records and choose it as the sender’s."),
    "domains",
)
RECIPIENTS: Final = Check(
    "send.recipients",
    "sending.basis",
    _("Recipients with a lawful basis"),
    _("{recipients} recipients may be written to; {held} are held back."),
    _("Nobody may be written to: {held} are held back, and no recipient is left."),
    _("Choose a list with subscribers who have a lawful basis and have not refused."),
    "campaign.recipients",
)
COMPLAINTS: Final = Check(
    "send.complaints",
    "sending.complaints",
    _("Spam complaints"),
    _("Complaints stay within the agreed share ({part} of {whole})."),
    _("{part} of {whole} newsletters were reported as spam, more than the agreement allows; that is a serious breach."),
    _("Stop, and write only to people who asked for it."),
    "campaign.recipients",
)
COMPLAINTS_OURS: Final = COMPLAINTS._replace(
    refused=_(
        "{part} of {whole} newsletters were reported as spam, more than the house's rule lets pass. "
        "The agreement is silent."
    ),
    law="DLV-3 (ours)",
)
"""Where the agreement is silent the house's rule speaks, and calls nothing a breach."""
TRACKED: Final = Check(
    "track.kinds",
    "processing.activity",
    _("Kinds of activity agreed"),
    _("The agreement names every kind of activity recorded."),
    _("The agreement does not name these kinds of activity: {kinds}."),
    _("Switch their recording off."),
    "tracking",
)
PROFILED: Final = Check(
    "profile.kinds",
    "processing.activity",
    _("Evaluation of individuals"),
    _("The agreement names every kind of activity evaluated."),
    _("The agreement does not name these kinds of activity, so they are not evaluated: {kinds}."),
    _("Evaluate only kinds of activity that the agreement names."),
    "tracking",
)
REVIEWED: Final = Check(
    "profile.human",
    "processing.activity",
    _("A human decides"),
    _("No decision with legal or similar effects is left to a machine."),
    _("A decision with legal or similar effects would be left to a machine (Article 22 GDPR)."),
    _("Have a human review each case before it has an effect."),
    "tracking",
)
HELD: Final = Check(
    "export.held",
    "end.deletion",
    _("Data still held"),
    _("The data is held and can be handed out."),
    _("The data is deleted and cannot be handed out any more."),
    _("Take the certificate of deletion for your files."),
    "agreement",
)
RETURN: Final = Check(
    "export.return",
    "agreement.survival",
    _("Right to have the data"),
    _("The controller may have its data."),
    _("There is no agreement, now or before, under which data could be handed out."),
    _("An owner reads and accepts the agreement."),
    "agreement",
)
ASKED: Final = Check(
    "export.asked",
    "end.export",
    _("Who asks for it"),
    _("Who asks ({asked_by}) may have the data handed out."),
    _("Who asks ({asked_by}) may not have the controller's data handed out."),
    _("Have the controller ask for it."),
    "agreement",
    "RET-3",
)
MEANS: Final = Check(
    "export.means",
    "end.export",
    _("How it is handed out"),
    _("The agreement has it handed out like this ({means})."),
    _("The agreement does not have it handed out like this ({means})."),
    _("Hand it out by one of the means that the agreement names."),
    "agreement",
    "RET-3",
)
BY_FUNCTION: Final = MEANS._replace(code="export.function", clause="end.deletion")
STORED: Final = Check(
    "export.store",
    "end.return",
    _("Store named by the controller"),
    _("The data goes to a secure store that the controller names."),
    _("The agreement does not have it handed out to a store that the controller names."),
    _("Hand it out by one of the means that the agreement names."),
    "agreement",
    "RET-3",
)
LEAST: Final = Check(
    "rights.least",
    "rights.verify",
    _("Person verified by the least"),
    _("The person is verified by means in proportion, with the least that is needed."),
    _("More was asked for than is needed to verify the person."),
    _("Ask for less, delete what came in too much, and use it for nothing else."),
    "case",
    "Article 12(6) GDPR",
)
CONFIRMED: Final = Check(
    "rights.confirmed",
    "assistance.matters",
    _("Person confirmed"),
    _("The person behind the request is confirmed."),
    _("It is not confirmed that the request comes from the person it concerns."),
    _("Wait for the confirmation by e-mail, or confirm the person by proportionate means."),
    "case",
)
REASONABLE: Final = Check(
    "rights.reasonable",
    "rights.refusal",
    _("Request within reason"),
    _("The request is neither unfounded nor excessive."),
    _("The request is manifestly unfounded or excessive ({ways})."),
    _("Ask for a reasonable fee, or refuse with reasons and the right to complain."),
    "case",
    "Article 12(5) GDPR",
)
CARRIED: Final = Check(
    "rights.agreement",
    "instruction.standing",
    _("Request can be carried out"),
    _("Requests of data subjects are carried out, also after the end."),
    _("No agreement was ever accepted, so there is no controller to carry the request out for."),
    _("Pass the request on to whom it concerns."),
    "case",
)
