"""Rows by which people are found: made from what is sealed, in the transaction that seals it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.audience.rules import lookups
from mandata.audience.rules.fields import FieldSpec
from mandata.audience.rules.lookups import Lookup
from mandata.audience.rules.names import NAME_FORM
from mandata.infra import bulk
from mandata.infra.tenancy import current_controller
from mandata.vault.services import INDEX_VERSION, Vault

LOOKED_UP: Final = 100 * INDEX_VERSION + NAME_FORM
"""By what rows of `audience_lookup` are made: the version of the vault's index key, and that of the forms."""

Row = tuple[UUID, str, bytes]
"""Subscriber, kind, index."""

_REMEMBERED: Final = 20_000
_ADD: Final = """
insert into audience_lookup (controller_id, kind, version, subscriber_id, index)
select %b, %b, %b::int2, u.* from unnest(%b::uuid[], %b::bytea[]) u
"""


class Indexer:
    """Makes the rows of people, of one controller, with the fields as they are declared now.

    Remembers the indexes of names that it has seen, for names repeat; it lives as long as its batch or slice.
    """

    def __init__(self, vault: Vault, specs: Collection[FieldSpec]) -> None:
        self._index = vault.index
        self._fields = lookups.fields(specs)
        further = Lookup.PHONE in self._fields.values()
        self._country = accounts.controller().country if further else ""
        self._names = {key: kind for key, kind in self._fields.items() if kind is Lookup.NAME}
        self._others = {key: kind for key, kind in self._fields.items() if kind is not Lookup.NAME}
        self._known: dict[tuple[object, ...], tuple[tuple[str, bytes], ...]] = {}

    def rows(self, subscriber: UUID, identity: Mapping[str, object]) -> list[Row]:
        """Return the rows of one person."""
        name = tuple(map(identity.get, self._names))
        found = self._known.get(name)
        if found is None:
            found = self._remember(name, identity)
        rows = [(subscriber, kind, index) for kind, index in found]
        if any(map(identity.get, self._others)):
            more = self._indexed(identity, self._others)
            rows += [(subscriber, kind, index) for kind, index in more]
        return rows

    def _remember(self, name: tuple[object, ...], identity: Mapping[str, object]) -> tuple[tuple[str, bytes], ...]:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        found = self._known[name] = self._indexed(identity, self._names)
        return found

    def _indexed(self, identity: Mapping[str, object], chosen: lookups.Fields) -> tuple[tuple[str, bytes], ...]:
        entries = dict.fromkeys(lookups.entries(identity, chosen, country=self._country))
        return tuple((entry.kind.value, self._index(entry.kind, entry.form)) for entry in entries)


def add(rows: Sequence[Row]) -> None:
    """Keep the rows of people who have none yet."""
    for chosen in {kind for _, kind, _ in rows}:
        of_kind = [(subscriber, index) for subscriber, kind, index in rows if kind == chosen]
        columns = [list(column) for column in zip(*of_kind, strict=True)]
        bulk.execute(_ADD, [current_controller(), chosen, LOOKED_UP, *columns])


def replace(subscribers: Collection[UUID], rows: Sequence[Row]) -> None:
    """Keep these rows in place of what the people had. The caller holds their subscribers' rows locked."""
    if subscribers:
        bulk.execute("delete from audience_lookup where subscriber_id = any(%b)", [list(subscribers)])
        add(rows)
