"""People found by what lies sealed, through the blind index: exactly, or by whole words of their names."""

from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.audience.models import Indexing, Lookup, Subscriber
from mandata.audience.rules import lookups, names
from mandata.foundation import addresses
from mandata.infra import bulk
from mandata.infra.tenancy import current_controller
from mandata.vault.services import Vault

FEW = 5_000
"""Up to how many hits a word's rarity is counted."""

_HITS = """
select count(*) from (select 1 from audience_lookup where kind = 'name' and index = %b limit %b) hits
"""

ALL_WORDS = """
    w.kind = 'name' and w.index = %(first)s and not exists (
        select 1 from unnest(%(others)s::bytea[]) other (index) where not exists (
            select 1 from audience_lookup l
            where l.kind = 'name' and l.index = other.index and l.subscriber_id = w.subscriber_id))
"""
"""Condition on a row `w` of `audience_lookup`: it is of the first (the rarest) word, and its person has the others."""

_NAMED = f"""
select w.subscriber_id from audience_lookup w where {ALL_WORDS} order by w.subscriber_id desc limit %(limit)s
"""  # noqa: S608 - our own words


def find_by_email(email: str, *, vault: Vault | None = None) -> UUID | None:
    """Return the subscriber with this address in any case, or None; None also for what is no address."""
    try:
        lookup = addresses.parse(addresses.clean(email)).lookup
    except addresses.AddressError:
        return None
    index = (vault or Vault.open()).index("email", lookup)
    found: UUID | None = Subscriber.objects.filter(email_index=index).values_list("id", flat=True).first()
    return found


def find_by_phone(phone: str, *, country: str = "", vault: Vault | None = None) -> list[UUID]:
    """Return the subscribers with this telephone number, in whichever field, which several people may share.

    A national number is read as one of `country` (ISO 3166), else of the controller's.
    """
    if not any(char.isdigit() for char in phone):
        return []
    form = lookups.form_of(lookups.Lookup.PHONE, phone, country=country or accounts.controller().country)
    if not form:
        return []
    index = (vault or Vault.open()).index("phone", form)
    own = Subscriber.objects.filter(phone_index=index).values_list("id", flat=True)
    return sorted({*own, *_looked_up(lookups.Lookup.PHONE, index)})


def find_by_number(number: str, *, vault: Vault | None = None) -> list[UUID]:
    """Return the subscribers with this identification number, however its parts are separated."""
    form = names.number(number)
    if not form:
        return []
    return sorted(_looked_up(lookups.Lookup.NUMBER, (vault or Vault.open()).index("number", form)))


def _looked_up(kind: lookups.Lookup, index: bytes) -> list[UUID]:
    return list(Lookup.objects.filter(kind=kind, index=index).values_list("subscriber_id", flat=True))


def word_indexes(text: str, *, vault: Vault) -> list[bytes]:
    """Return the indexes of the words of a name, the rarest word first; empty where there is no word."""
    indexes = [vault.index("name", word) for word in names.words(text)]
    if len(indexes) < 2:
        return indexes
    counted = {index: int(bulk.execute(_HITS, [index, FEW])[0][0]) for index in indexes}
    return sorted(indexes, key=counted.__getitem__)


def find_by_name(text: str, *, limit: int = 50, vault: Vault | None = None) -> list[UUID]:
    """Return the newest subscribers whose names hold every one of these whole words."""
    indexes = word_indexes(text, vault=vault or Vault.open())
    if not indexes:
        return []
    return [row[0] for row in bulk.execute(_NAMED, {"first": indexes[0], "others": indexes[1:], "limit": limit})]


def unfinished() -> int | None:
    """Return for how many people look-ups were made anew so far, while that goes on; None where all are made."""
    people: int | None = (
        Indexing.objects.filter(controller_id=current_controller(), finished_at=None)
        .values_list("people", flat=True)
        .first()
    )
    return people
