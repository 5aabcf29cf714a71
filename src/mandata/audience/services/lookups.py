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
from mandata.vault.rules import INDEX_BYTES
from mandata.vault.services import INDEX_VERSION, Vault

LOOKED_UP: Final = 100 * INDEX_VERSION + NAME_FORM
"""By what rows of `audience_lookup` are made: the version of the vault's index key, and that of the forms."""

Row = tuple[UUID, str, bytes]
"""Subscriber, kind, and all indexes of that kind, one behind the other: an import's row costs one value to send."""

_REMEMBERED: Final = 20_000
_ADD: Final = """
insert into audience_lookup (controller_id, kind, version, subscriber_id, index)
select %(controller)b, %(kind)b, %(version)b::int2, u.id, substring(u.forms from place for %(size)b)
from unnest(%(ids)b::uuid[], %(forms)b::bytea[]) u (id, forms)
cross join generate_series(1, length(u.forms), %(size)b::int4) place
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
        self._names = tuple(key for key, kind in self._fields.items() if kind is Lookup.NAME)
        self._others = tuple(key for key, kind in self._fields.items() if kind is not Lookup.NAME)
        self._known: dict[tuple[object, ...], bytes] = {}

    def rows(self, subscriber: UUID, identity: Mapping[str, object]) -> list[Row]:
        """Return the rows of one person."""
        get = identity.get
        name = tuple([get(key) for key in self._names])
        forms = self._known.get(name)
        if forms is None:
            forms = self._remember(name, identity)
        rows = [(subscriber, Lookup.NAME.value, forms)] if forms else []
        for key in self._others:
            if get(key):
                return rows + self._further(subscriber, identity)
        return rows

    def _remember(self, name: tuple[object, ...], identity: Mapping[str, object]) -> bytes:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        chosen = dict.fromkeys(self._names, Lookup.NAME)
        found = self._known[name] = self._indexed(identity, chosen).get(Lookup.NAME, b"")
        return found

    def _further(self, subscriber: UUID, identity: Mapping[str, object]) -> list[Row]:
        found = self._indexed(identity, {key: self._fields[key] for key in self._others})
        return [(subscriber, kind.value, forms) for kind, forms in found.items()]

    def _indexed(self, identity: Mapping[str, object], chosen: lookups.Fields) -> dict[Lookup, bytes]:
        found: dict[Lookup, bytes] = {}
        for kind, form in dict.fromkeys(lookups.entries(identity, chosen, country=self._country)):
            found[kind] = found.get(kind, b"") + self._index(kind, form)
        return found


def add(rows: Sequence[Row]) -> None:
    """Keep the rows of people who have none yet."""
    for chosen in {kind for _, kind, _ in rows}:
        values = {
            "controller": current_controller(),
            "kind": chosen,
            "version": LOOKED_UP,
            "size": INDEX_BYTES,
            "ids": [subscriber for subscriber, kind, _ in rows if kind == chosen],
            "forms": [forms for _, kind, forms in rows if kind == chosen],
        }
        bulk.execute(_ADD, values)


def replace(subscribers: Collection[UUID], rows: Sequence[Row]) -> None:
    """Keep these rows in place of what the people had. The caller holds their subscribers' rows locked."""
    if subscribers:
        bulk.execute("delete from audience_lookup where subscriber_id = any(%b)", [list(subscribers)])
        add(rows)
