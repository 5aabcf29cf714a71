"""Reads of the record, inside a controller's scope: size, frontier, proofs, entries."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from mandata.foundation import canonical, merkle
from mandata.infra import bulk
from mandata.infra.beside import beside
from mandata.infra.tenancy import INSTANCE, current_controller, in_scope, scope
from mandata.record.models import Entry, Head, HeadReceipt, Leaf, Pending, Stamp


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


@dataclass(frozen=True, slots=True)
class Handed:
    """That a head was handed over: how (a page, a notice), to whom or in which notice, and when."""

    how: str
    to: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class StampView:
    """A time-stamp (RFC 3161) over the head of so many entries: the time that the authority states, and its name."""

    size: int
    at: datetime
    authority: str


@dataclass(frozen=True, slots=True)
class HeadView:
    """A signed head as people read it, with its receipts; `since` is the size of the head before it."""

    size: int
    since: int
    root: bytes
    at: datetime
    note: str
    handed: tuple[Handed, ...]


# Look-ups by key and no joins, which a planner without statistics would do by reading the whole table.
_NODES: Final = """
select 0::int2, index, hash from record_leaf where controller_id = %(log)s and index = any(%(leaves)b::int8[])
union all
select w.level, w.index, (
    select n.hash from record_node n where n.controller_id = %(log)s and n.level = w.level and n.index = w.index
) from unnest(%(levels)b::int2[], %(places)b::int8[]) as w (level, index)
"""

# The siblings on the way from a leaf to the top, whichever leaf it is: its place is found in the same round trip.
_PATH: Final = """
with place as (select index from record_leaf where controller_id = %(log)s and entry = %(entry)s)
select -1::int2, index, null::bytea from place
union all
select 0::int2, p.index # 1, (
    select l.hash from record_leaf l where l.controller_id = %(log)s and l.index = (p.index # 1)
) from place p
union all
select u.level, (p.index >> u.level) # 1, (
    select n.hash from record_node n
    where n.controller_id = %(log)s and n.level = u.level and n.index = ((p.index >> u.level) # 1)
) from place p cross join unnest(%(up)b::int2[]) as u (level)
union all
NODES""".replace("NODES", _NODES)

Nodes = dict[tuple[int, int], bytes]


def size() -> int:
    """Return how many entries of the scope's log have their place."""
    return sizes()[0]


def sizes() -> tuple[int, int]:
    """Return how many entries have their place, and for how many of them the newest head was signed."""
    statement = """
        select coalesce((select max(index) + 1 from record_leaf where controller_id = %(log)s), 0),
               coalesce((select max(size) from record_head where controller_id = %(log)s), 0)"""
    placed, signed = bulk.execute(statement, {"log": current_controller()}, prepare=True)[0]
    return placed, signed


def frontier(size: int) -> merkle.Frontier:
    """Return the frontier of the log's first `size` leaves."""
    wanted = _subtrees(0, size)
    found = _nodes(wanted)
    return merkle.Frontier(size, [found[place] for place in wanted])


def _subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """Return (level, index) of the complete subtrees that cover the leaves, `start` aligned as RFC 6962 aligns it."""
    places = []
    while start < end:
        level = (end - start).bit_length() - 1
        places.append((level, start >> level))
        start += 1 << level
    return places


def _nodes(places: Iterable[tuple[int, int]]) -> Nodes:
    rows = bulk.execute(_NODES, _wanted(places), binary=True, prepare=True)
    return {(level, index): digest for level, index, digest in rows if digest}


def _wanted(places: Iterable[tuple[int, int]]) -> dict[str, Any]:
    inner = [place for place in places if place[0]]
    return {
        "log": current_controller(),
        "leaves": [index for level, index in places if not level],
        "levels": [level for level, _ in inner],
        "places": [index for _, index in inner],
    }


def _over(found: Nodes) -> merkle.Range:
    def over(start: int, end: int) -> bytes:
        parts = [found[place] for place in _subtrees(start, end)]
        return merkle.Frontier(end - start, parts).root()

    return over


def inclusion_proof(entry: UUID, size: int) -> tuple[int, list[bytes]]:
    """Return an entry's index and its audit path in the tree of the given size, in one round trip. Raises
    Leaf.DoesNotExist while it waits."""
    levels = list(range(1, max(size - 1, 0).bit_length()))
    arguments = _wanted(_subtrees(0, size)) | {"entry": entry, "up": levels}
    rows = bulk.execute(_PATH, arguments, binary=True, prepare=True)
    found = {(level, index): digest for level, index, digest in rows if digest}
    place = next((index for level, index, _ in rows if level < 0), None)
    if place is None:
        raise Leaf.DoesNotExist
    return place, merkle.inclusion_proof(place, size, _over(found))


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry's exact bytes with its index and audit path; an index of None while no signed head covers it."""

    id: UUID
    subject: UUID | None
    leaf: bytes
    index: int | None
    path: tuple[bytes, ...]


def proven(kind: str, subjects: Sequence[UUID], size: int) -> list[Proven]:
    """Return the entries of a kind about these subjects, oldest first, proven in the tree of the given size: in three
    statements, however many there are."""
    arguments: dict[str, Any] = {"kind": kind, "subjects": list(subjects), "log": current_controller()}
    rows = bulk.execute(_ABOUT, arguments, binary=True)
    covered = [index for *_, index in rows if index is not None and index < size]
    ranges: set[tuple[int, int]] = set()

    def note(start: int, end: int) -> bytes:
        ranges.add((start, end))
        return b""

    for index in covered:
        merkle.inclusion_proof(index, size, note)
    over = _over(_nodes({place for one in ranges for place in _subtrees(*one)}))
    paths = {index: tuple(merkle.inclusion_proof(index, size, over)) for index in covered}
    return [
        Proven(own, subject, bytes(leaf), index if index in paths else None, paths.get(index, ()))
        for own, subject, leaf, index in rows
    ]


_ABOUT: Final = """
select e.id, e.subject, e.leaf, (
    select l.index from record_leaf l where l.controller_id = %(log)s and l.entry = e.id
) from record_entry e where e.kind = %(kind)b and e.subject = any(%(subjects)b) order by e.id
"""


def consistency_proof(old: int, size: int) -> list[bytes]:
    """Return the proof that the log of `old` leaves is a prefix of the log of `size`, in one round trip."""
    ranges: list[tuple[int, int]] = []

    def note(start: int, end: int) -> bytes:
        ranges.append((start, end))
        return b""

    merkle.consistency_proof(old, size, note)
    found = _nodes({place for one in ranges for place in _subtrees(*one)})
    return merkle.consistency_proof(old, size, _over(found))


def head() -> Head | None:
    """Return the newest signed head."""
    return Head.objects.order_by("-size").first()


def note(size: int) -> str:
    """Return the signed note of the head of that size. Raises Head.DoesNotExist."""
    return str(Head.objects.values_list("note", flat=True).get(size=size))


def heads(limit: int = 20, *, before: int | None = None) -> list[HeadView]:
    """Return the newest signed heads, newest first, with their receipts; `before` continues below that size."""
    rows = Head.objects.order_by("-size")
    found = list((rows.filter(size__lt=before) if before is not None else rows)[:limit])
    handed: dict[int, list[Handed]] = {}
    for one in HeadReceipt.objects.filter(size__in=[row.size for row in found]).order_by("at"):
        handed.setdefault(one.size, []).append(Handed(one.how, one.to, one.at))
    return [_head(row, tuple(handed.get(row.size, ()))) for row in found]


def handed_heads(limit: int = 20) -> list[HeadView]:
    """Return the heads that were handed over, newest first, with their receipts."""
    wanted = HeadReceipt.objects.order_by("-size").values_list("size", flat=True).distinct()[:limit]
    rows = {row.size: row for row in Head.objects.filter(size__in=list(wanted))}
    handed: dict[int, list[Handed]] = {}
    for one in HeadReceipt.objects.filter(size__in=list(rows)).order_by("at"):
        handed.setdefault(one.size, []).append(Handed(one.how, one.to, one.at))
    return [_head(rows[size], tuple(handed[size])) for size in sorted(rows, reverse=True)]


def stamps(limit: int = 20) -> list[StampView]:
    """Return the newest time-stamps over the scope's heads; there are such over the installation's only."""
    rows = Stamp.objects.order_by("-at")[:limit]
    return [StampView(row.size, row.at, row.authority) for row in rows]


def instance_stamp() -> StampView | None:
    """Return the newest time-stamp over the installation's log, which covers every controller's, from any scope."""

    def read() -> StampView | None:
        with scope(INSTANCE):
            return next(iter(stamps(1)), None)

    return beside(read, name="stamps") if in_scope() and current_controller() != INSTANCE else read()


def _head(row: Head, handed: tuple[Handed, ...]) -> HeadView:
    return HeadView(row.size, row.previous, bytes(row.root), row.at, row.note, handed)


def happened_since(size: int, quiet: Sequence[str]) -> bool:
    """Say whether the log has, after its first `size` entries, one whose kind begins with none of `quiet`."""
    statement = """
        select exists (select from record_leaf l
            join record_entry e on e.controller_id = l.controller_id and e.id = l.entry
            where l.controller_id = %(log)s and l.index >= %(size)s and not e.kind ^@ any(%(quiet)s))"""
    arguments = {"log": current_controller(), "size": size, "quiet": list(quiet)}
    return bool(bulk.execute(statement, arguments)[0][0])


def waiting() -> int:
    """Return how many entries of the scope's log wait for their place."""
    return Pending.objects.filter(controller_id=current_controller()).count()


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


_BETWEEN: Final = """
select e.id, e.leaf, l.index from record_leaf l
join record_entry e on e.controller_id = l.controller_id and e.id = l.entry
where l.controller_id = %(log)s and l.index >= %(start)s and l.index < %(end)s and e.kind ^@ any(%(kinds)s)
order by l.index
"""


def between(kinds: Sequence[str], first: int, last: int, *, page: int = 8_192) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """Yield (id, leaf as data) of the entries with a place from `first` up to, without, `last` whose kind begins with
    one of `kinds`, in their order. In flat memory: `page` places are read at a time."""
    log = current_controller()
    for start in range(first, last, page):
        arguments = {"log": log, "start": start, "end": min(start + page, last), "kinds": list(kinds)}
        for own, leaf, _index in bulk.execute(_BETWEEN, arguments, binary=True):
            yield own, canonical.loads(bytes(leaf))


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
