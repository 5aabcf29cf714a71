"""The catalogue: every table and file with personal data as a holding, and every other one with the reason why it
holds none.

A test compares it with the tables that there are and with the modules that write files. The order is that of an
export; an erasure goes through it backwards, so that what refers to something goes before it and the key dies first
of all.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mandata.accounts import personal as accounts
from mandata.audience import personal as audience
from mandata.delivery import personal as delivery
from mandata.holdings import changes, chosen, opened, sought
from mandata.holdings.copies import BACKUPS, OUTSIDE_LOG
from mandata.holdings.rules import (
    Cannot,
    Description,
    Erased,
    Eraser,
    Finder,
    Found,
    Holding,
    Key,
    Place,
    Record,
    Subject,
)
from mandata.record import personal as record
from mandata.tracking import personal as tracking
from mandata.vault import personal as vault

Records = tuple[Record, ...]


def _known(read: Callable[[UUID], list[dict[str, object]]]) -> Callable[[Subject], Records]:
    """Ask by the reference; somebody without one has nothing there."""
    return lambda subject: tuple(read(subject.reference)) if subject.reference else ()


def _references(subjects: Sequence[Subject]) -> list[UUID]:
    return [one.reference for one in subjects if one.reference]


Tally = Callable[[list[UUID]], Mapping[UUID, int]]


def _delete(count: Tally) -> Finder:
    return lambda subjects: {key: Found(delete=rows) for key, rows in count(_references(subjects)).items()}


def _anonymise(count: Tally) -> Finder:
    return lambda subjects: {key: Found(anonymise=rows) for key, rows in count(_references(subjects)).items()}


def _keep(count: Tally) -> Finder:
    return lambda subjects: {key: Found(keep=rows) for key, rows in count(_references(subjects)).items()}


def _deleted(act: Tally) -> Eraser:
    return lambda subjects, _at: {key: Erased(deleted=rows) for key, rows in act(_references(subjects)).items()}


def _anonymised(act: Tally) -> Eraser:
    return lambda subjects, _at: {key: Erased(anonymised=rows) for key, rows in act(_references(subjects)).items()}


Trait = TypeVar("Trait", bytes, str)


def _by(
    trait: Callable[[Subject], Trait], count: Callable[[list[Trait]], Mapping[Trait, int]]
) -> Callable[[Sequence[Subject]], dict[Key, int]]:
    """Count by something else than the reference: the address, or one of its blind indexes. Who has none is not asked
    for."""

    def counted(subjects: Sequence[Subject]) -> dict[Key, int]:
        whose = {trait(one): one.key for one in subjects if trait(one)}
        return {whose[value]: rows for value, rows in count(list(whose)).items()} if whose else {}

    return counted


def _address(subject: Subject) -> str:
    return subject.address


def _email_index(subject: Subject) -> bytes:
    return subject.email_index


def _suppression_index(subject: Subject) -> bytes:
    return subject.suppression_index


def _found(counted: Callable[[Sequence[Subject]], dict[Key, int]]) -> Finder:
    return lambda subjects: {key: Found(delete=rows) for key, rows in counted(subjects).items()}


def _kept(counted: Callable[[Sequence[Subject]], dict[Key, int]]) -> Finder:
    return lambda subjects: {key: Found(keep=rows) for key, rows in counted(subjects).items()}


def _gone(counted: Callable[[Sequence[Subject]], dict[Key, int]]) -> Eraser:
    return lambda subjects, _at: {key: Erased(deleted=rows) for key, rows in counted(subjects).items()}


_FACT: Final = Cannot(_("It states what happened; what happened is not corrected, it is explained beside it."))
_LETTER: Final = Cannot(_("It is the text of a mail as it was sent."))
_BY_IDENTITY: Final = Cannot(_("The restriction stands with the subscriber; every act on this place asks there first."))
_NOT_ACTED_ON: Final = Cannot(_("Nothing is done with it that could be restricted; it is only kept."))
_CONTROLLER: Final = _("the controller and its members by their role; the processor on instruction")
_SUBSCRIBERS: Final = _("subscribers")
_MEMBERS: Final = _("members of the controller")
_WHILE_HELD: Final = _("as long as the controller keeps the person; two months more in backups at most")

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
        retention=_WHILE_HELD,
        recipients=_("the controller; the mail servers that messages are handed to"),
        subjects=_SUBSCRIBERS,
        source=_("the person, or the controller's own records, as the subscriptions state"),
        sealed=True,
    ),
    finder=_delete(audience.count_subscribers),
    exporter=_known(audience.subscriber),
    rectifier=changes.rectify,
    restrictor=changes.restrict,
    eraser=_deleted(audience.delete_subscribers),
)

SUBSCRIPTIONS: Final = Place(
    Description(
        key="subscriptions",
        area="audience",
        name=_("Subscriptions"),
        tables=("audience_subscription",),
        category=_("lists, state, lawful basis and its evidence"),
        purpose=_("to know who may be written to, and to prove it"),
        retention=_WHILE_HELD,
        recipients=_CONTROLLER,
        subjects=_SUBSCRIBERS,
        source=_("the person, or the controller's own records, as the evidence states"),
    ),
    finder=_delete(audience.count_subscriptions),
    exporter=_known(audience.subscriptions),
    rectifier=Cannot(_("It is evidence; a wrong subscription is ended and a right one begun.")),
    restrictor=_BY_IDENTITY,
    eraser=_deleted(audience.delete_subscriptions),
)

LOOKUPS: Final = Place(
    Description(
        key="lookups",
        area="audience",
        name=_("Look-ups"),
        tables=("audience_lookup",),
        category=_("keyed hashes of the words of the name, of identification numbers and of further telephone numbers"),
        purpose=_("to find a person by a whole word of the name or a number, while these lie sealed"),
        retention=_WHILE_HELD,
        recipients=_CONTROLLER,
        subjects=_SUBSCRIBERS,
        source=_("made from the sealed fields"),
    ),
    finder=_delete(audience.count_lookups),
    exporter=_known(audience.lookups),
    rectifier=Cannot(_("They are made anew whenever the fields that they are made from are corrected.")),
    restrictor=_BY_IDENTITY,
    eraser=_deleted(audience.delete_lookups),
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
        recipients=_CONTROLLER,
        subjects=_SUBSCRIBERS,
        source=_("the person's own act, a mail server's answer, or the controller"),
        ground=_(
            "Art. 17(3)(b) and Art. 21(3) GDPR: without it the person could be written to again. "
            "The hash is kept for nothing else."
        ),
        until=_("the person subscribes anew, or the agreement ends"),
    ),
    finder=_kept(_by(_suppression_index, audience.count_suppressions)),
    exporter=lambda subject: tuple(audience.suppressions(subject.suppression_index)),
    rectifier=_FACT,
    restrictor=Cannot(_("It is a restriction itself.")),
    eraser=Cannot(_("It is what keeps the person from being written to again (Art. 21(3) GDPR).")),
)

MESSAGES: Final = Place(
    Description(
        key="messages",
        area="delivery",
        name=_("Messages"),
        tables=("delivery_message",),
        category=_("which campaign was sent when, with what result, by the random reference"),
        purpose=_("to send once and to show what became of it"),
        retention=_WHILE_HELD,
        recipients=_CONTROLLER,
        subjects=_SUBSCRIBERS,
        source=_("the sending itself"),
    ),
    finder=_delete(delivery.count_messages),
    exporter=_known(opened.messages),
    rectifier=_FACT,
    restrictor=_BY_IDENTITY,
    eraser=_deleted(delivery.delete_messages),
)

RETURNS: Final = Place(
    Description(
        key="returns",
        area="delivery",
        name=_("Bounces and complaints"),
        tables=("delivery_return", "delivery_arrival"),
        category=_("what a mail server or a mailbox provider reported about a message"),
        purpose=_("to stop writing to addresses that do not exist and to people who complain"),
        retention=_("without a person, as a statistic, as long as its campaign"),
        recipients=_CONTROLLER,
        subjects=_SUBSCRIBERS,
        source=_("the receiving mail server or mailbox provider"),
    ),
    finder=_anonymise(delivery.count_returns),
    exporter=_known(opened.returns),
    rectifier=_FACT,
    restrictor=_BY_IDENTITY,
    eraser=_anonymised(delivery.anonymise_returns),
)

EVENTS: Final = Place(
    Description(
        key="events",
        area="tracking",
        name=_("Opens and clicks"),
        tables=("tracking_event",),
        category=_(
            "opens, clicks and unsubscriptions by the random reference, with the kind of program, the "
            "class of network and its country"
        ),
        purpose=_("to measure what is read"),
        retention=_("without a person, as a statistic, as long as its campaign"),
        recipients=_CONTROLLER,
        subjects=_SUBSCRIBERS,
        source=_("the person's mail program or browser"),
    ),
    finder=_anonymise(tracking.count_events),
    exporter=_known(opened.events),
    rectifier=_FACT,
    restrictor=_BY_IDENTITY,
    eraser=_anonymised(tracking.anonymise_events),
)

FIRSTS: Final = Place(
    Description(
        key="firsts",
        area="tracking",
        name=_("First acts"),
        tables=("tracking_first",),
        category=_("when a message was first opened, a link first clicked, by the message's number"),
        purpose=_("to count each person once"),
        retention=_WHILE_HELD,
        recipients=_CONTROLLER,
        subjects=_SUBSCRIBERS,
        source=_("the person's mail program or browser"),
    ),
    finder=_delete(lambda references: tracking.count_firsts(delivery.numbers(references))),
    exporter=_known(opened.firsts),
    rectifier=_FACT,
    restrictor=_BY_IDENTITY,
    eraser=_deleted(lambda references: tracking.delete_firsts(delivery.numbers(references))),
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
        recipients=_CONTROLLER,
        subjects=_("people in the controller's files"),
        source=_("a file that the controller imported"),
        sealed=True,
    ),
    finder=_found(_by(_email_index, audience.count_rejections)),
    exporter=lambda subject: tuple(audience.rejections(subject.email_index)),
    rectifier=Cannot(_("It is a copy of a row in the controller's file; the file is corrected.")),
    restrictor=_NOT_ACTED_ON,
    eraser=_gone(_by(_email_index, audience.delete_rejections)),
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
        recipients=_CONTROLLER,
        subjects=_("people in the controller's files"),
        source=_("a file that the controller uploaded"),
        sealed=True,
    ),
    finder=_found(_by(_address, audience.count_uploaded)),
    exporter=lambda subject: tuple(audience.uploaded(subject.address)),
    rectifier=Cannot(_("It is the controller's file; the file is corrected and uploaded again.")),
    restrictor=_NOT_ACTED_ON,
    eraser=_gone(_by(_address, audience.blank_uploaded)),
)

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
    finder=_delete(accounts.count_notices),
    exporter=_known(accounts.notices),
    rectifier=_LETTER,
    restrictor=_NOT_ACTED_ON,
    eraser=_deleted(accounts.delete_notices),
)

PAYLOADS: Final = Place(
    Description(
        key="record_payloads",
        area="record",
        name=_("Personal parts of the record"),
        tables=("record_payload",),
        category=_("what an entry of the record says of the person, sealed apart from the log"),
        purpose=_("to prove what was done"),
        retention=_WHILE_HELD,
        recipients=_CONTROLLER,
        subjects=_SUBSCRIBERS,
        source=_("the acts themselves"),
        sealed=True,
    ),
    finder=_delete(record.count),
    exporter=_known(opened.payloads),
    rectifier=Cannot(_("The record is append-only; a correction is an entry of its own.")),
    restrictor=_NOT_ACTED_ON,
    eraser=_deleted(record.delete),
)

SOUGHT: Final = Place(
    Description(
        key="manual_searches",
        area="holdings",
        name=_("Searches of manual holdings"),
        tables=("holdings_sought",),
        category=_("address and name of a person whose data is still to be erased on paper or removable media"),
        purpose=_("to find the person in the holdings that no program reaches"),
        retention=_("until the last of the manual holdings has been gone through"),
        recipients=_("the controller's privacy officers and owners; the processor on instruction"),
        subjects=_SUBSCRIBERS,
        source=_("the subscriber's own row, when it was erased"),
        ground=_("Art. 17(1) GDPR: without it the erasure could not be finished on paper and removable media."),
        until=_("the last of the manual holdings has been gone through"),
        sealed=True,
    ),
    finder=_keep(sought.count),
    exporter=_known(sought.told),
    rectifier=Cannot(_("It is a copy of what was erased; it goes when the search is done.")),
    restrictor=_NOT_ACTED_ON,
    eraser=Cannot(_("It goes with the last task of the erasure that it is kept for.")),
)

CHOSEN: Final = Place(
    Description(
        key="chosen",
        area="holdings",
        name=_("Selections for erasure"),
        tables=("holdings_chosen",),
        category=_("who is to be erased with many others, by the random reference"),
        purpose=_("to erase exactly those who were chosen, and to say of whom it failed"),
        retention=_("until the person is erased"),
        recipients=_("the controller's privacy officers and owners; the processor on instruction"),
        subjects=_SUBSCRIBERS,
        source=_("the member who chose"),
    ),
    finder=_delete(chosen.count),
    exporter=_known(chosen.told),
    rectifier=_FACT,
    restrictor=_NOT_ACTED_ON,
    eraser=_deleted(chosen.delete),
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
        subjects=_MEMBERS,
        source=_("the person, or the member who invited"),
        ground=_("The membership is a relation of its own; it ends on the page of the members."),
        until=_("the membership ends"),
    ),
    finder=_kept(_by(_address, accounts.count_members)),
    exporter=lambda subject: tuple(accounts.members(subject.address)),
    rectifier=Cannot(_("A member changes name and address on the account's own page.")),
    restrictor=Cannot(_("A member's access is suspended on the page of the members.")),
    eraser=Cannot(_("A member is removed on the page of the members; an owner must remain.")),
)

DIRECTORY: Final = Place(
    Description(
        key="login_directory",
        area="accounts",
        name=_("Log-in directory"),
        tables=(
            "account_emailaddress",
            "account_emailconfirmation",
            "mfa_authenticator",
            "usersessions_usersession",
            "django_session",
            "accounts_commitment",
            "accounts_staffaccess",
        ),
        category=_(
            "addresses, second factors and open sessions of the people who log in, commitments and accesses of the "
            "operator's staff, in clear, secrets encrypted"
        ),
        purpose=_("to log in safely"),
        retention=_("as long as the account; sessions two weeks"),
        recipients=_("nobody"),
        subjects=_MEMBERS,
        source=_("the person"),
    ),
    finder=Cannot(_("It belongs to accounts, not to a controller; what it holds is told with the members.")),
    exporter=Cannot(_("A person sees and changes it on the account's own pages.")),
    rectifier=Cannot(_("A person changes it on the account's own pages.")),
    restrictor=Cannot(_("An account is closed on its own pages.")),
    eraser=Cannot(_("It goes with the account.")),
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

CATCHER: Final = Place(
    Description(
        key="catcher",
        area="delivery",
        name=_("Mail catcher"),
        files=("catcher",),
        category=_("whole messages, where the shipped catcher stands in for the recipients' mail servers"),
        purpose=_("to try things out without writing to anybody"),
        retention=_("until the catcher is emptied"),
        recipients=_("who runs the installation"),
        subjects=_SUBSCRIBERS,
        source=_("the sending itself"),
    ),
    finder=_found(_by(_address, opened.count_caught)),
    exporter=lambda subject: tuple(opened.caught(subject.address)),
    rectifier=_LETTER,
    restrictor=_NOT_ACTED_ON,
    eraser=_gone(_by(_address, opened.erase_caught)),
)

KEYS: Final = Place(
    Description(
        key="keys",
        area="vault",
        name=_("Keys"),
        tables=("vault_subject_key",),
        category=_("the random key under which everything that identifies the person is sealed"),
        purpose=_("to keep identities apart, and to let them die everywhere at once, backups too"),
        retention=_WHILE_HELD,
        recipients=_("nobody"),
        subjects=_("subscribers, members, people who ask"),
        source=_("made by the system"),
    ),
    finder=_delete(vault.count),
    exporter=Cannot(_("A key says nothing about a person.")),
    rectifier=Cannot(_("A key says nothing about a person.")),
    restrictor=_BY_IDENTITY,
    eraser=_deleted(vault.destroy_each),
)

_OWN: Final[tuple[Holding, ...]] = (
    SUBSCRIBERS,
    SUBSCRIPTIONS,
    LOOKUPS,
    SUPPRESSION,
    MESSAGES,
    RETURNS,
    EVENTS,
    FIRSTS,
    REJECTIONS,
    UPLOADS,
    NOTICES,
    PAYLOADS,
    SOUGHT,
    CHOSEN,
    MEMBERS,
    DIRECTORY,
    CONTACTS,
    BACKUPS,
    OUTSIDE_LOG,
    KEYS,
    CATCHER,
)
_provided: list[Holding] = []


def provide(*holdings: Holding) -> None:
    """Add the holdings of an upper area (called by the wiring). The same key again replaces."""
    for holding in holdings:
        withdraw(holding.description.key)
        _provided.append(holding)


def withdraw(key: str) -> None:
    """Take a provided holding out again."""
    _provided[:] = [one for one in _provided if one.description.key != key]


def catalogue() -> tuple[Holding, ...]:
    """Return every holding, in the order of an export."""
    return (*_OWN[:-2], *_provided, *_OWN[-2:])
