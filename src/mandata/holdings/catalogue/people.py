"""What the audience holds: subscribers, their subscriptions, look-ups and suppressions, and the files they came in."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from mandata.audience import personal as audience
from mandata.holdings import changes
from mandata.holdings.catalogue.asking import (
    BY_IDENTITY,
    CONTROLLER,
    FACT,
    NOT_ACTED_ON,
    WHILE_HELD,
    WHO_SUBSCRIBES,
    address,
    by,
    delete,
    deleted,
    email_index,
    found,
    gone,
    kept,
    known,
    suppression_index,
)
from mandata.holdings.rules import Cannot, Description, Place, Reach

SUBSCRIBERS: Final = Place(
    Description(
        key="subscribers",
        area="audience",
        name=_("Subscribers"),
        tables=("audience_subscriber",),
        category=_(
            "address, name and other fields that the controller declared; mail domain, language, "
            "country, region, birthday"
        ),
        purpose=_("to address messages and to choose who receives them"),
        retention=WHILE_HELD,
        recipients=_("the controller; the mail servers that messages are handed to"),
        subjects=WHO_SUBSCRIBES,
        source=_("the person, or the controller's own records, as the subscriptions state"),
        sealed=True,
    ),
    finder=delete(audience.count_subscribers),
    exporter=known(audience.subscriber),
    rectifier=changes.rectify,
    restrictor=changes.restrict,
    eraser=deleted(audience.delete_subscribers),
    reach=Reach(*audience.REACH["subscribers"]),
)

SUBSCRIPTIONS: Final = Place(
    Description(
        key="subscriptions",
        area="audience",
        name=_("Subscriptions"),
        tables=("audience_subscription",),
        category=_("lists, state, lawful basis and its evidence"),
        purpose=_("to know who may be written to, and to prove it"),
        retention=WHILE_HELD,
        recipients=CONTROLLER,
        subjects=WHO_SUBSCRIBES,
        source=_("the person, or the controller's own records, as the evidence states"),
    ),
    finder=delete(audience.count_subscriptions),
    exporter=known(audience.subscriptions),
    rectifier=Cannot(_("It is evidence; a wrong subscription is ended and a right one begun.")),
    restrictor=BY_IDENTITY,
    eraser=deleted(audience.delete_subscriptions),
    reach=Reach(*audience.REACH["subscriptions"]),
)

LOOKUPS: Final = Place(
    Description(
        key="lookups",
        area="audience",
        name=_("Look-ups"),
        tables=("audience_lookup",),
        category=_("keyed hashes of the words of the name, of identification numbers and of further telephone numbers"),
        purpose=_("to find a person by a whole word of the name or a number, while these lie sealed"),
        retention=WHILE_HELD,
        recipients=CONTROLLER,
        subjects=WHO_SUBSCRIBES,
        source=_("made from the sealed fields"),
    ),
    finder=delete(audience.count_lookups),
    exporter=known(audience.lookups),
    rectifier=Cannot(_("They are made anew whenever the fields that they are made from are corrected.")),
    restrictor=BY_IDENTITY,
    eraser=deleted(audience.delete_lookups),
)

SUPPRESSION: Final = Place(
    Description(
        key="suppression",
        area="audience",
        name=_("Suppression"),
        tables=("audience_suppression",),
        category=_("a keyed hash of the address under a key of its own, with reason and time"),
        purpose=_(
            "never to write again to somebody who left, objected or was erased, and never to take the address in again"
        ),
        retention=_("until the person subscribes anew, or the agreement ends"),
        recipients=CONTROLLER,
        subjects=WHO_SUBSCRIBES,
        source=_("the person's own act, a mail server's answer, or the controller"),
        ground=_(
            "Art. 17(3)(b) and Art. 21(3) GDPR: without it the person could be written to again. "
            "The hash is kept for nothing else."
        ),
        until=_("the person subscribes anew, or the agreement ends"),
    ),
    finder=kept(by(suppression_index, audience.count_suppressions)),
    exporter=lambda subject: tuple(audience.suppressions(subject.suppression_index)),
    rectifier=FACT,
    restrictor=Cannot(_("It is a restriction itself.")),
    eraser=Cannot(_("It is what keeps the person from being written to again (Art. 21(3) GDPR).")),
    reach=Reach(*audience.REACH["suppression"]),
)

REJECTIONS: Final = Place(
    Description(
        key="rejected_rows",
        area="audience",
        name=_("Rows that imports refused"),
        tables=("audience_rejection",),
        category=_("a row of a file as it came, with the reason why it was not taken"),
        purpose=_("to let the controller mend its file"),
        retention=_("as long as the import's report"),
        recipients=CONTROLLER,
        subjects=_("people in the controller's files"),
        source=_("a file that the controller imported"),
        sealed=True,
    ),
    finder=found(by(email_index, audience.count_rejections)),
    exporter=lambda subject: tuple(audience.rejections(subject.email_index)),
    rectifier=Cannot(_("It is a copy of a row in the controller's file; the file is corrected.")),
    restrictor=NOT_ACTED_ON,
    eraser=gone(by(email_index, audience.delete_rejections)),
    reach=Reach(*audience.REACH["rejected_rows"]),
)

UPLOADS: Final = Place(
    Description(
        key="uploads",
        area="audience",
        name=_("Uploaded files"),
        tables=("audience_import", "audience_upload_chunk"),
        category=_("a file as it was uploaded, in sealed pieces, with its name"),
        purpose=_("to be imported"),
        retention=_("until the import ends"),
        recipients=CONTROLLER,
        subjects=_("people in the controller's files"),
        source=_("a file that the controller uploaded"),
        sealed=True,
    ),
    finder=found(by(address, audience.count_uploaded)),
    exporter=lambda subject: tuple(audience.uploaded(subject.address)),
    rectifier=Cannot(_("It is the controller's file; the file is corrected and uploaded again.")),
    restrictor=NOT_ACTED_ON,
    eraser=gone(by(address, audience.blank_uploaded)),
)
