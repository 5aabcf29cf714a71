"""The tree: every leaf against its entry, every node against its leaves, every head against the root of its size.

One pass in batches of 2^13 leaves. The batches being whole subtrees, the levels inside are hashed one after the other
in plain lists, and the nodes of a batch are a range of indices at each level.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mandata.foundation import canonical, merkle
from mandata.infra import bulk
from mandata.record import rules
from mandata.record.verification import entries
from mandata.record.verification.verdict import Verdict

HEIGHT: Final = 13
BATCH: Final = 1 << HEIGHT

_LEAVES: Final = """
select l.index, l.hash, l.entry::text, COLUMNS from record_leaf l
left join record_entry e on e.controller_id = l.controller_id and e.id = l.entry
where l.controller_id = %(log)s and l.index >= %(start)s and l.index < %(end)s order by l.index
""".replace("COLUMNS", entries.COLUMNS)
_NEXT: Final = "select min(index) from record_leaf where controller_id = %(log)s and index >= %(start)s"
_NODES: Final = """
select n.* from unnest(%(levels)b::int2[], %(from)b::int8[], %(to)b::int8[]) as r (level, low, high)
cross join lateral (
    select level, index, hash from record_node
    where controller_id = %(log)s and level = r.level and index >= r.low and index < r.high offset 0
) n
"""
_STRAYS: Final = """
select level, index from record_node where controller_id = %(log)s
  and (level < 1 or level > 62 or index < 0 or index >= %(size)s::int8 >> least(greatest(level, 0), 62))
order by level, index limit 1001
"""
_HEADS: Final = """
select size, previous, root, at, note from record_head
where controller_id = %(log)s and size > %(after)s and size <= %(to)s order by size limit 5000
"""
_FIRST: Final = -(2**63)
_LAST: Final = 2**63 - 1


@dataclass(slots=True)
class _Walk:
    """How far the walk is: the frontier of whole batches, the head before, and whether leaves or roots went astray."""

    verdict: Verdict
    key: Ed25519PublicKey
    tops: merkle.Frontier = field(default_factory=merkle.Frontier)
    levels: list[list[bytes]] = field(default_factory=lambda: [[]])
    start: int = 0
    head: int = 0
    whole: bool = True
    astray: int = 0

    def args(self, **more: Any) -> dict[str, Any]:
        return {"log": self.verdict.log, **more}


def compare(verdict: Verdict, key: Ed25519PublicKey) -> None:
    """Walk the log of the open scope from its first leaf to its last, and compare everything on the way."""
    walk = _Walk(verdict, key)
    _read_heads(walk, _FIRST, 0)
    low: int | None = 0
    while low is not None:
        rows = bulk.execute(_LEAVES, walk.args(start=low, end=low + BATCH), binary=True)
        if rows:
            _take(walk, low, rows)
        if len(rows) < BATCH:
            low = _skip(walk, low + BATCH)
        else:
            low += BATCH
    _close(walk)


def _skip(walk: _Walk, start: int) -> int | None:
    """Return where the next leaves stand after a batch that was not full; None at the end."""
    found: int | None = bulk.execute(_NEXT, walk.args(start=start))[0][0]
    if found is not None and walk.whole:
        _miss(walk, walk.verdict.size, found)
    return found


def _miss(walk: _Walk, first: int, found: int) -> None:
    walk.whole = False
    many = found - first
    if many == 1:
        walk.verdict.find(f"leaf {first}", "is missing")
    else:
        walk.verdict.find(f"leaf {first}", f"is missing, and so are the {many - 1} after it")
        walk.verdict.find(f"leaf {found}", f"stands after {many} leaves that are not there")


def _take(walk: _Walk, low: int, rows: list[tuple[Any, ...]]) -> None:
    verdict = walk.verdict
    commitments, others = entries.examine(verdict, rows)
    commitments.compare(verdict)
    if walk.whole:
        gap = next((place for place, row in enumerate(rows) if row[0] != low + place), len(rows))
        hashes = [row[1] for row in rows[:gap]]
        verdict.size = low + gap
        _hash(walk, low, hashes, rows, others)
        if gap < len(rows):
            _miss(walk, low + gap, rows[gap][0])
    if not walk.whole:
        for index in others:
            if index >= verdict.size:
                _differ(walk, rows, index, by_leaf=False)


def _differ(walk: _Walk, rows: list[tuple[Any, ...]], index: int, *, by_leaf: bool) -> None:
    entry = next(row[2] for row in rows if row[0] == index)
    what = "the hash in the leaf's row was changed" if by_leaf else "the entry was changed after it got its place"
    walk.verdict.find(f"leaf {index}, entry {entry}", what)


def _hash(walk: _Walk, low: int, hashes: list[bytes], rows: list[tuple[Any, ...]], others: dict[int, bytes]) -> None:
    """Hash the batch's subtrees, compare its nodes and the heads that were signed inside it."""
    end = low + len(hashes)
    stored = _stored(walk, low, end)
    for index, digest in others.items():
        if index < end:
            by_leaf = _fits(digest, index, low, hashes, stored)
            _differ(walk, rows, index, by_leaf=by_leaf)
            if by_leaf:
                hashes[index - low] = digest  # the tree was built over the entry; what comes after it is no finding
    walk.levels = [hashes]
    while len(walk.levels[-1]) > 1:
        below = walk.levels[-1]
        pairs = zip(below[::2], below[1::2], strict=False)
        walk.levels.append([sha256(b"\x01" + left + right).digest() for left, right in pairs])
    for level, found in enumerate(walk.levels[1:], 1):
        first = low >> level
        for place, node in enumerate(found, first):
            _compare_node(walk, (level, place), node, stored)
    _read_heads(walk, low, end)
    if len(hashes) == BATCH:
        for level, place, node in walk.tops.append(walk.levels[HEIGHT][0]):
            _compare_node(walk, (level + HEIGHT, place), node, stored)
        walk.start, walk.levels = end, [[]]


def _fits(digest: bytes, index: int, low: int, hashes: list[bytes], stored: dict[tuple[int, int], bytes]) -> bool:
    """Say whether the node above was made from the entry's hash, and not from what the leaf's row holds."""
    node, other = stored.get((1, index >> 1)), (index ^ 1) - low
    if node is None or not 0 <= other < len(hashes):
        return False
    pair = (hashes[other], digest) if index & 1 else (digest, hashes[other])
    return merkle.node_hash(*pair) == node


def _stored(walk: _Walk, low: int, end: int) -> dict[tuple[int, int], bytes]:
    levels = list(range(1, max(end.bit_length(), 1) + 1))
    ranges = {"levels": levels, "from": [low >> level for level in levels], "to": [end >> level for level in levels]}
    rows = bulk.execute(_NODES, walk.args(**ranges), binary=True)
    return {(level, index): digest for level, index, digest in rows}


def _compare_node(walk: _Walk, place: tuple[int, int], node: bytes, stored: dict[tuple[int, int], bytes]) -> None:
    found = stored.get(place)
    if found != node:
        what = "is missing" if found is None else "does not follow from the leaves below it"
        walk.verdict.find(f"node {place[0]}/{place[1]}", what)


def _read_heads(walk: _Walk, after: int, to: int) -> None:
    """Compare the heads of the sizes after `after` up to `to`."""
    while rows := bulk.execute(_HEADS, walk.args(after=after, to=to), binary=True):
        for row in rows:
            _compare_head(walk, *row)
        after = rows[-1][0]


def _compare_head(walk: _Walk, size: int, previous: int, root: bytes, at: Any, note: str) -> None:
    verdict, where = walk.verdict, f"head {size}"
    verdict.heads += 1
    if walk.head < previous < size:
        verdict.find(f"head {previous}", f"is gone: {where} names it as the one before")
    elif previous != walk.head:
        verdict.find(where, f"names {previous} as the head before, and that is {walk.head}")
    walk.head = size
    try:
        told = rules.read_head(walk.key, note)
    except ValueError as fault:
        verdict.find(where, f"the signed note cannot be trusted: {fault}")
        return
    if (told.origin, told.size, told.root, told.at) != (rules.origin(verdict.log), size, root, canonical.instant(at)):
        verdict.find(where, "the columns beside the note tell something else")
    if not walk.whole:
        return  # a leaf is missing before it; that is named, and no root can be told
    if not 0 < size <= verdict.size:
        verdict.find(where, f"was signed for {size} entries, and the log has {verdict.size}")
    elif told.size == size and _root(walk, size) != told.root:
        walk.astray += 1
        if walk.astray == 1:
            verdict.find(where, "the log's root is not the one that was signed")


def _root(walk: _Walk, size: int) -> bytes:
    """Return the root of the first `size` leaves, of which those before the batch are known by its frontier."""
    parts, at, rest = list(walk.tops.hashes), 0, size - walk.start
    for level in range(rest.bit_length() - 1, -1, -1):
        if rest >> level & 1:
            parts.append(walk.levels[level][at >> level])
            at += 1 << level
    node = parts[-1]
    for left in reversed(parts[:-1]):
        node = merkle.node_hash(left, node)
    return node


def _close(walk: _Walk) -> None:
    verdict = walk.verdict
    if walk.whole:
        verdict.root = _root(walk, verdict.size) if verdict.size else merkle.EMPTY_ROOT
    inside = walk.head
    _read_heads(walk, verdict.size if walk.whole else max(walk.head, 0), _LAST)
    if walk.whole:
        if walk.head > verdict.size:
            verdict.find(f"leaf {verdict.size}", "is missing: there is a head over it")
        elif inside < verdict.size:
            verdict.find(f"head {verdict.size}", "is missing: leaves have a place for which no head was signed")
        for level, index in bulk.execute(_STRAYS, walk.args(size=verdict.size)):
            verdict.find(f"node {level}/{index}", "stands over leaves that are not there")
    if walk.astray > 1:
        verdict.find("heads", f"{walk.astray - 1} later ones were signed over another root, too")
