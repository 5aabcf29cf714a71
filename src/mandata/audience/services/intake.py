"""From rows of a file to one batch of rows of tables: the processor's half of an import.

While a batch is written by the database, the next one is prepared here; so the people of the batch in flight are not
yet to be found in the tables, and are handed over as `Flying`.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from mandata.audience.rules.bases import Basis
from mandata.audience.rules.facets import derive
from mandata.audience.rules.fields import EVIDENCE_SOURCE, EVIDENCE_WORDS
from mandata.audience.rules.options import Options, Update
from mandata.audience.rules.rows import Rejected, Row, RowReader
from mandata.audience.selectors.imports import REJECTION
from mandata.audience.selectors.people import PLACE
from mandata.audience.services.envelopes import pack
from mandata.audience.services.lookups import Indexer
from mandata.audience.services.lookups import Row as LookupRow
from mandata.infra import bulk
from mandata.infra.clock import new_ids
from mandata.vault import rules as seals
from mandata.vault.services import Vault

Record = tuple[int, list[str]]


class Known(NamedTuple):
    """What the tables hold of an address: the subscriber, and where it stands on the import's list."""

    id: UUID
    restricted: bool
    state: str
    basis: str
    import_id: str


@dataclass(slots=True)
class Batch:
    """What one transaction writes. `first` is how many rows were taken before it, `offset` bytes of the file by its
    end."""

    first: int
    taken: int
    offset: int
    records: Sequence[Record]
    keys: list[tuple[UUID, int, bytes]] = field(default_factory=list)
    subscribers: list[tuple[Any, ...]] = field(default_factory=list)
    lookups: list[LookupRow] = field(default_factory=list)
    subscriptions: list[tuple[UUID, str, str]] = field(default_factory=list)
    based: list[tuple[UUID, str, str]] = field(default_factory=list)
    changed: list[tuple[Any, ...]] = field(default_factory=list)
    relooked: dict[UUID, list[LookupRow]] = field(default_factory=dict)
    leaving: list[tuple[bytes, bytes]] = field(default_factory=list)
    rejections: list[tuple[int, str, bytes | None, bytes]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    new: set[bytes] = field(default_factory=set)


class Flying(NamedTuple):
    """Of the batch that is being written: email indexes that are new by it, and of those who left by it."""

    new: frozenset[bytes] | set[bytes] = frozenset()
    left: frozenset[bytes] = frozenset()


# Each look-up stands behind a fence (offset 0): while a table that is being filled has no statistics yet, the planner
# would read all of it for every batch.
KNOWN = """
select s.email_index, s.id, s.restricted_at is not null, coalesce(b.state, ''), coalesce(b.basis, ''),
       coalesce(b.evidence ->> 'import', '')
from unnest(%b::bytea[]) wanted (email_index)
cross join lateral (select * from audience_subscriber s where s.email_index = wanted.email_index offset 0) s
left join lateral (
    select * from audience_subscription b
    where b.controller_id = s.controller_id and b.list_id = %b and b.subscriber_id = s.id
    offset 0
) b on true
"""

_ERASED = "select hash from audience_suppression where hash = any(%b) and reason = 'erasure'"
_SUPPRESSED = """
select hash, reason from audience_suppression
where hash = any(%b) and channel in ('email', 'all') and scope in ('', %b) and (until is null or until > %b)
"""

_IDENTITIES = "select id, identity, clear from audience_subscriber where id = any(%b)"


class Intake:
    """Prepares the batches of one import, inside the controller's scope at each call."""

    def __init__(
        self,
        *,
        import_id: UUID,
        list_id: UUID,
        options: Options,
        reader: RowReader,
        vault: Vault,
        indexer: Indexer,
        at: datetime,
        dry_run: bool,
    ) -> None:
        self._import = import_id
        self._list = list_id
        self._options = options
        self._reader = reader
        self._vault = vault
        self._indexer = indexer
        self._key = vault.key(import_id)
        self._at = at
        self._dry_run = dry_run
        self._place = seals.place_data(vault.controller_id, REJECTION)
        if dry_run:
            bulk.execute("create temporary table seen (index bytea primary key) on commit drop", [])

    def prepare(self, records: Sequence[Record], *, first: int, offset: int, flying: Flying) -> Batch:
        """Read, index, compare and seal some rows; nothing is written but what a dry run has seen."""
        batch = Batch(first, len(records), offset, records)
        rows: dict[bytes, tuple[Row, list[str]]] = {}
        leaving: dict[bytes, bytes] = {}
        lookups: dict[bytes, str] = {}
        index = self._vault.index
        for line, cells in records:
            found = self._reader.read(line, cells)
            if isinstance(found, Rejected):
                own = index("email", found.email.lookup) if found.email else None
                if own and found.email:
                    lookups[own] = found.email.lookup
                self._reject(batch, found.line, found.reason, own, cells)
                continue
            own = index("email", found.email.lookup)
            lookups[own] = found.email.lookup
            if found.leaving:
                leaving[own] = index("suppression", found.email.lookup)
            elif own in rows:
                self._reject(batch, line, "duplicate", own, cells)
            else:
                rows[own] = (found, cells)
        self._leave(batch, leaving)
        self._sort(batch, rows, leaving, flying)
        self._forget_erased(batch, lookups)
        return batch

    def _forget_erased(self, batch: Batch, lookups: Mapping[bytes, str]) -> None:
        """Keep of refused rows of people who were erased the line and the reason only: a copy would bring them back."""
        indexes = {own: self._vault.index("suppression", lookups[own]) for _, _, own, _ in batch.rejections if own}
        erased = {row[0] for row in bulk.execute(_ERASED, [list(indexes.values())])}
        nothing = seals.seal(self._key, self._place, self._import, b"[]", os.urandom(12)) if erased else b""
        batch.rejections = [
            (line, reason, None, nothing) if own and indexes[own] in erased else (line, reason, own, sealed)
            for line, reason, own, sealed in batch.rejections
        ]

    def _leave(self, batch: Batch, leaving: Mapping[bytes, bytes]) -> None:
        batch.leaving = list(leaving.items())
        batch.counts["left"] += len(leaving)

    def _sort(
        self, batch: Batch, rows: dict[bytes, tuple[Row, list[str]]], leaving: Mapping[bytes, bytes], flying: Flying
    ) -> None:
        """Tell new people from known ones, and those who are not to be taken from both."""
        suppressions = {own: self._vault.index("suppression", row.email.lookup) for own, (row, _) in rows.items()}
        known = {row[0]: Known(*row[1:]) for row in bulk.execute(KNOWN, [list(rows), self._list])}
        suppressed = dict(bulk.execute(_SUPPRESSED, [list(suppressions.values()), str(self._list), self._at]))
        seen = self._seen(rows)
        new: list[tuple[bytes, bytes, Row]] = []
        old: list[tuple[Known, Row]] = []
        for own, (row, cells) in rows.items():
            here = known.get(own)
            reason = suppressed.get(suppressions[own])
            if own in leaving or own in flying.left:
                reason = "unsubscribed"
            if own in flying.new or own in seen or (here and here.import_id == str(self._import)):
                self._reject(batch, row.line, "duplicate", own, cells)
            elif reason:
                self._reject(batch, row.line, f"suppressed_{reason}", own, cells)
            elif here and here.state == "unsubscribed":
                self._reject(batch, row.line, "suppressed_unsubscribed", own, cells)
            elif here and here.restricted:
                self._reject(batch, row.line, "restricted", own, cells)
            elif here:
                old.append((here, row))
            else:
                new.append((own, suppressions[own], row))
        self._remark(batch, new, old)
        # In one order everywhere: two imports of the same people then wait for each other, and never in a ring.
        new.sort(key=lambda one: one[0])
        self._add(batch, new)
        self._meet(batch, old)

    def _seen(self, rows: Iterable[bytes]) -> set[bytes]:
        """In a dry run nobody is written, so that the addresses of the file itself are remembered apart."""
        if not self._dry_run:
            return set()
        fresh = bulk.execute(
            "insert into seen select unnest(%b::bytea[]) on conflict do nothing returning index", [list(rows)]
        )
        return set(rows) - {row[0] for row in fresh}

    def _remark(self, batch: Batch, new: list[tuple[bytes, bytes, Row]], old: list[tuple[Known, Row]]) -> None:
        for row in (*(row for _, _, row in new), *(row for _, row in old)):
            for code in row.remarks:
                batch.counts[f"remark.{code}"] += 1

    def _add(self, batch: Batch, new: list[tuple[bytes, bytes, Row]]) -> None:
        """Seal new people under keys of their own."""
        batch.counts["accepted"] += len(new)
        batch.new = {own for own, _, _ in new}
        if self._dry_run or not new:
            return
        ids = sorted(new_ids(len(new)))  # in order, as the primary keys' indexes like it
        keys, batch.keys = self._vault.make(ids)
        plain = {subscriber: pack(_with_evidence(row)) for subscriber, (_, _, row) in zip(ids, new, strict=True)}
        sealed = self._vault.seal_many(PLACE, keys, plain)
        for subscriber, (own, suppression, row) in zip(ids, new, strict=True):
            batch.subscribers.append(
                (
                    subscriber,
                    sealed[subscriber],
                    own,
                    self._vault.index("phone", row.phone) if row.phone else None,
                    suppression,
                    pack(row.clear).decode() if row.clear else "{}",
                    *derive(row.email.domain, row.identity),
                )
            )
            batch.subscriptions.append((subscriber, row.basis, self._evidence(row)))
            batch.lookups += self._indexer.rows(subscriber, row.identity)

    def _evidence(self, row: Row) -> str:
        """The evidence of one row's lawful basis: the file, the line, the declared source, the moment of consent."""
        evidence: dict[str, Any] = {"import": str(self._import), "row": row.line, "source": self._options.source}
        if row.consent_at:
            evidence["at"] = row.consent_at.isoformat()
        return pack(evidence).decode()

    def _meet(self, batch: Batch, old: list[tuple[Known, Row]]) -> None:
        """Put people who are here already on the list, and their fields together by the chosen policy."""
        merged = self._merge(batch, old) if old and self._options.update is not Update.KEEP else {}
        for here, row in old:
            moved = True
            if not here.state:
                batch.subscriptions.append((here.id, row.basis, self._evidence(row)))
            elif here.basis == Basis.NONE and row.basis is not Basis.NONE:
                batch.based.append((here.id, row.basis, self._evidence(row)))
            else:
                moved = here.id in merged
            batch.counts["accepted" if not here.state else "updated" if moved else "unchanged"] += 1
        batch.changed = [] if self._dry_run else list(merged.values())

    def _merge(self, batch: Batch, old: list[tuple[Known, Row]]) -> dict[UUID, tuple[Any, ...]]:
        """Unseal the known in bulk, put old and new together, and seal anew those that differ."""
        found = bulk.execute(_IDENTITIES, [[here.id for here, _ in old]])
        keys = self._vault.keys([row[0] for row in found])
        place = seals.place_data(self._vault.controller_id, PLACE)
        held = {
            subscriber: (
                json.loads(seals.unseal(keys[subscriber], place, subscriber, bytes(envelope))),
                json.loads(clear),
            )
            for subscriber, envelope, clear in found
            if subscriber in keys
        }
        merged: dict[UUID, tuple[Any, ...]] = {}
        for here, row in old:
            if here.id not in held:
                continue
            identity, clear = held[here.id]
            whole, clearer = self._together(identity, _with_evidence(row)), self._together(clear, row.clear)
            if whole == identity and clearer == clear:
                continue
            phone = whole.get("phone")
            batch.relooked[here.id] = self._indexer.rows(here.id, whole)
            merged[here.id] = (
                here.id,
                seals.seal(keys[here.id], place, here.id, pack(whole), os.urandom(12)),
                self._vault.index("phone", str(phone)) if phone else None,
                pack(clearer).decode(),
                *derive(row.email.domain, whole),
            )
        return merged

    def _together(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
        if self._options.update is Update.FILL:
            return {**new, **old}
        kept = {key: old[key] for key in ("email", EVIDENCE_SOURCE, EVIDENCE_WORDS) if key in old}
        return {**old, **new, **kept}

    def _reject(self, batch: Batch, line: int, reason: str, own: bytes | None, cells: list[str]) -> None:
        batch.counts[f"rejected.{reason}"] += 1
        plain = json.dumps(cells, ensure_ascii=True).encode()
        sealed = seals.seal(self._key, self._place, self._import, plain, os.urandom(12))
        batch.rejections.append((line, reason, own, sealed))


def _with_evidence(row: Row) -> Mapping[str, Any]:
    if not row.source and not row.words:
        return row.identity
    found: dict[str, Any] = dict(row.identity)
    if row.source:
        found[EVIDENCE_SOURCE] = row.source
    if row.words:
        found[EVIDENCE_WORDS] = row.words
    return found
