"""The catalogue: every table and file with personal data as a holding, and every other one with the reason why it
holds none.

A test compares it with the tables that there are and with the modules that write files. The order is that of an
export; an erasure goes through it backwards, so that what refers to something goes before it and the key dies first
of all.
"""

from typing import Final

from mandata.holdings.catalogue.members import CONTACTS, MEMBERS, NOTICES, STAFF
from mandata.holdings.catalogue.people import LOOKUPS, REJECTIONS, SUBSCRIBERS, SUBSCRIPTIONS, SUPPRESSION, UPLOADS
from mandata.holdings.catalogue.proof import CHOSEN, KEYS, PAYLOADS, SOUGHT
from mandata.holdings.catalogue.sending import CATCHER, EVENTS, FIRSTS, MESSAGES, RETURNS
from mandata.holdings.copies import ARCHIVES, BACKUPS, OUTSIDE_LOG
from mandata.holdings.rules import Holding

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
    STAFF,
    CONTACTS,
    BACKUPS,
    ARCHIVES,
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
