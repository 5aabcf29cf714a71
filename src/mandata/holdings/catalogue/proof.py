"""What proves and carries out: the record's personal parts, what is kept for an erasure, and the keys."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from mandata.holdings import chosen, opened, sought
from mandata.holdings.catalogue.asking import (
    BY_IDENTITY,
    CONTROLLER,
    FACT,
    NOT_ACTED_ON,
    WHILE_HELD,
    WHO_SUBSCRIBES,
    delete,
    deleted,
    keep,
    known,
)
from mandata.holdings.rules import Cannot, Description, Place
from mandata.record import personal as record
from mandata.vault import personal as vault

PAYLOADS: Final = Place(
    Description(
        key="record_payloads",
        area="record",
        name=_("Personal parts of the record"),
        tables=("record_payload",),
        category=_("what an entry of the record says of the person, sealed apart from the log"),
        purpose=_("to prove what was done"),
        retention=WHILE_HELD,
        recipients=CONTROLLER,
        subjects=WHO_SUBSCRIBES,
        source=_("the acts themselves"),
        sealed=True,
    ),
    finder=delete(record.count),
    exporter=known(opened.payloads),
    rectifier=Cannot(_("The record is append-only; a correction is an entry of its own.")),
    restrictor=NOT_ACTED_ON,
    eraser=deleted(record.delete),
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
        subjects=WHO_SUBSCRIBES,
        source=_("the subscriber's own row, when it was erased"),
        ground=_("Art. 17(1) GDPR: without it the erasure could not be finished on paper and removable media."),
        until=_("the last of the manual holdings has been gone through"),
        sealed=True,
    ),
    finder=keep(sought.count),
    exporter=known(sought.told),
    rectifier=Cannot(_("It is a copy of what was erased; it goes when the search is done.")),
    restrictor=NOT_ACTED_ON,
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
        subjects=WHO_SUBSCRIBES,
        source=_("the member who chose"),
    ),
    finder=delete(chosen.count),
    exporter=known(chosen.told),
    rectifier=FACT,
    restrictor=NOT_ACTED_ON,
    eraser=deleted(chosen.delete),
)

KEYS: Final = Place(
    Description(
        key="keys",
        area="vault",
        name=_("Keys"),
        tables=("vault_subject_key",),
        category=_("the random key under which everything that identifies the person is sealed"),
        purpose=_("to keep identities apart, and to let them die everywhere at once, backups too"),
        retention=WHILE_HELD,
        recipients=_("nobody"),
        subjects=_("subscribers, members, people who ask"),
        source=_("made by the system"),
    ),
    finder=delete(vault.count),
    exporter=Cannot(_("A key says nothing about a person.")),
    rectifier=Cannot(_("A key says nothing about a person.")),
    restrictor=BY_IDENTITY,
    eraser=deleted(vault.destroy_each),
)
