"""Reads of the record, inside a controller's scope: size, frontier, proofs, entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from mandata.foundation import canonical, merkle
from mandata.record.models import Entry, Head, Leaf, Node, Pending


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as people read it; `index` is None while it waits for its place."""

    id: UUID
    index: int | None
    at: datetime
    kind: str
    actor: str
    clause: str
    subject: UUID | None
    body: dict[str, Any]


def size() -> int:
    """Return how many entries of the scope's log have their place."""
    last = Leaf.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else last + 1


def frontier(size: int) -> merkle.Frontier:
    """Return the frontier of the log's first `size` leaves."""
    hashes, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            hashes.append(_subtree(level, start >> level))
            start += 1 << level
    return merkle.Frontier(size, hashes)


def over(start: int, end: int) -> bytes:
    """Return the root over the leaves from `start` to before `end`, where `start` is aligned as RFC 6962 aligns it."""
    node: bytes | None = None
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(_subtree(level, start >> level))
        start += 1 << level
    for part in reversed(parts):
        node = part if node is None else merkle.node_hash(part, node)
    if node is None:
        return merkle.EMPTY_ROOT
    return node


def _subtree(level: int, index: int) -> bytes:
    if level == 0:
        return bytes(Leaf.objects.values_list("hash", flat=True).get(index=index))
    return bytes(Node.objects.values_list("hash", flat=True).get(level=level, index=index))


def inclusion_proof(entry: UUID, size: int) -> tuple[int, list[bytes]]:
    """Return an entry's index and its audit path in the tree of the given size. Raises Leaf.DoesNotExist while it
    waits."""
    index = Leaf.objects.values_list("index", flat=True).get(entry=entry)
    return index, merkle.inclusion_proof(index, size, over)


def consistency_proof(old: int, size: int) -> list[bytes]:
    """Return the proof that the log of `old` leaves is a prefix of the log of `size`."""
    return merkle.consistency_proof(old, size, over)


def head() -> Head | None:
    """Return the newest signed head."""
    return Head.objects.order_by("-size").first()


def heads(limit: int = 20) -> list[Head]:
    """Return the newest signed heads, newest first."""
    return list(Head.objects.order_by("-size")[:limit])


def waiting() -> int:
    """Return how many entries of the scope's log wait for their place."""
    return Pending.objects.filter(entry__in=Entry.objects.values("id")).count()


def unplaced() -> QuerySet[Entry]:
    """Return the entries that have no place in the log yet. By an anti-join, whose memory is bounded at any length."""
    return Entry.objects.filter(~Exists(Leaf.objects.filter(entry=OuterRef("id"))))


def entries(
    *, kind: str = "", subject: UUID | None = None, before: UUID | None = None, limit: int = 50
) -> list[EntryView]:
    """Return entries, newest first; `kind` may be a prefix such as `campaign.`; `before` continues after that id."""
    rows = Entry.objects.order_by("-id")
    if kind:
        rows = rows.filter(kind__startswith=kind)
    if subject:
        rows = rows.filter(subject=subject)
    if before:
        rows = rows.filter(id__lt=before)
    found = list(rows[:limit])
    places = dict(Leaf.objects.filter(entry__in=[row.id for row in found]).values_list("entry", "index"))
    return [_view(row, places.get(row.id)) for row in found]


def entry(entry_id: UUID) -> EntryView | None:
    """Return one entry, or None where the scope's log has no such entry."""
    row = Entry.objects.filter(id=entry_id).first()
    return row and _view(row, Leaf.objects.filter(entry=entry_id).values_list("index", flat=True).first())


def leaf(entry_id: UUID) -> bytes:
    """Return the exact bytes of an entry. Raises Entry.DoesNotExist."""
    return bytes(Entry.objects.values_list("leaf", flat=True).get(id=entry_id))


def _view(row: Entry, index: int | None) -> EntryView:
    leaf = canonical.loads(bytes(row.leaf))
    return EntryView(
        id=row.id,
        index=index,
        at=row.at,
        kind=row.kind,
        actor=leaf["actor"],
        clause=leaf["clause"],
        subject=row.subject,
        body=leaf["body"],
    )


def in_order(batch: int = 5_000) -> Iterator[tuple[int, bytes, Entry | None]]:
    """Yield (index, leaf hash, entry or None where the row is gone) of the whole log, in order, in flat memory."""
    start = 0
    while True:
        leaves = list(Leaf.objects.filter(index__gte=start).order_by("index")[:batch])
        if not leaves:
            return
        rows = {row.id: row for row in Entry.objects.filter(id__in=[leaf.entry for leaf in leaves])}
        for leaf in leaves:
            yield leaf.index, bytes(leaf.hash), rows.get(leaf.entry)
        start = leaves[-1].index + 1
