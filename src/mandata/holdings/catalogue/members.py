"""What is held of those who work with the console, and the mails of the system's own."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from mandata.accounts import personal as accounts
from mandata.holdings.catalogue.asking import (
    LETTER,
    NOT_ACTED_ON,
    WHO_IS_MEMBER,
    address,
    by,
    delete,
    deleted,
    kept,
    known,
)
from mandata.holdings.rules import Cannot, Description, Place, Reach

NOTICES: Final = Place(
    Description(
        key="notices",
        area="accounts",
        name=_("Mails of the system's own"),
        tables=("accounts_notice",),
        category=_("confirmations and answers to the person, with the address"),
        purpose=_("to answer the person"),
        retention=_("as long as the case that it belongs to"),
        recipients=_("the person; the mail server that it is handed to"),
        subjects=_("subscribers, members, people who ask"),
        source=_("written by the system"),
        sealed=True,
    ),
    finder=delete(accounts.count_notices),
    exporter=known(accounts.notices),
    rectifier=LETTER,
    restrictor=NOT_ACTED_ON,
    eraser=deleted(accounts.delete_notices),
    reach=Reach(*accounts.REACH["notices"]),
)

MEMBERS: Final = Place(
    Description(
        key="members",
        area="accounts",
        name=_("Members"),
        tables=("accounts_user", "accounts_seat", "accounts_member", "accounts_invitation"),
        category=_("name, address, language and role of the people who use the console, in clear"),
        purpose=_("to let them in, and to know who did what"),
        retention=_("as long as the membership; in the record only a random id"),
        recipients=_("the other members; the processor"),
        subjects=WHO_IS_MEMBER,
        source=_("the person, or the member who invited"),
        ground=_("The membership is a relation of its own; it ends on the page of the members."),
        until=_("the membership ends"),
    ),
    finder=kept(by(address, accounts.count_members)),
    exporter=lambda subject: tuple(accounts.members(subject.address)),
    rectifier=Cannot(_("A member changes name and address on the account's own page.")),
    restrictor=Cannot(_("A member's access is suspended on the page of the members.")),
    eraser=Cannot(_("A member is removed on the page of the members; an owner must remain.")),
    reach=Reach(*accounts.REACH["members"]),
)

STAFF: Final = Place(
    Description(
        key="staff_accesses",
        area="accounts",
        name=_("Accesses of the operator's staff"),
        tables=(
            "accounts_staffaccess",
            "accounts_accesslog",
        ),
        category=_("who of the staff looked at the controller's data, when, why, under which ticket, in clear"),
        purpose=_("to let the controller see who looked at its data"),
        retention=_("3 years after the access; the controller's own setting, from 400 days on"),
        recipients=_("the controller; the operator"),
        subjects=_("the operator's staff"),
        source=_("the person who asked for the access"),
    ),
    finder=Cannot(_("It names the operator's own people, not the controller's.")),
    exporter=Cannot(_("It names the operator's own people; the controller sees it among the accesses.")),
    rectifier=Cannot(_("It states what happened; what happened is not corrected, it is explained beside it.")),
    restrictor=Cannot(_("It is only kept, and shown to the controller.")),
    eraser=Cannot(
        _("It proves who had access (Art. 5(2) GDPR); it goes by its age, or with the controller's account.")
    ),
)

CONTACTS: Final = Place(
    Description(
        key="contacts",
        area="accounts",
        name=_("Contacts of the controller"),
        tables=(
            "accounts_controller",
            "accounts_noticeaddress",
            "agreements_agreement",
            "agreements_instruction",
            "agreements_suspension",
            "agreements_upstream",
            "agreements_served",
            "subprocessors_objection",
            "subprocessors_disclosure",
            "campaigns_campaign",
            "incidents_share",
        ),
        category=_(
            "contact addresses of the controller, who accepted the agreement from where, who instructed or objected in "
            "which words, senders of campaigns, in clear"
        ),
        purpose=_("to reach the controller, to prove the agreement, to name the sender"),
        retention=_("as long as the agreement, and as long after it as claims can be made"),
        recipients=_("the processor; recipients see the sender"),
        subjects=_("contact persons of the controller"),
        source=_("the controller"),
    ),
    finder=Cannot(_("It names the controller's own people, who are reached through the controller.")),
    exporter=Cannot(_("It names the controller's own people; the controller sees it in its settings.")),
    rectifier=Cannot(_("The controller changes it in its settings; an accepted agreement is not changed.")),
    restrictor=Cannot(_("It is needed as long as the agreement runs.")),
    eraser=Cannot(_("It is needed to prove the agreement (Art. 17(3)(e) GDPR).")),
)
