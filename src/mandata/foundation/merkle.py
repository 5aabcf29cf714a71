"""The Merkle tree of RFC 6962 §2: hashing, roots, inclusion and consistency proofs.

    leaf hash   SHA-256(0x00 || leaf bytes)
    node hash   SHA-256(0x01 || left || right)
    empty tree  SHA-256("")

A log of n leaves is known by its *frontier*: the roots of the perfect subtrees that its binary form names, largest
first.
Appending needs the frontier alone, so a log grows without being read again.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the 32-byte hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: (height, hash) of its perfect subtrees, largest first."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count():
            raise ValueError("a frontier has one hash for each set bit of its size")
        self.size = size
        self._hashes = list(hashes)

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The subtree roots, largest first."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add one leaf hash; return the subtrees it completes, as (level, index in that level, hash), level 1 first."""
        node, level, completed = leaf, 0, []
        while self.size >> level & 1:
            node = node_hash(self._hashes.pop(), node)
            level += 1
            completed.append((level, self.size >> level, node))
        self._hashes.append(node)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        if not self._hashes:
            return EMPTY_ROOT
        node = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            node = node_hash(left, node)
        return node


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


Range = Callable[[int, int], bytes]
"""Gives the root over the leaves start (included) to end (excluded)."""


def inclusion_proof(index: int, size: int, over: Range) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` leaves (RFC 6962 §2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    return _path(index, 0, size, over)


def _path(index: int, start: int, end: int, over: Range) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_path(index, start, middle, over), over(middle, end)]
    return [*_path(index, middle, end, over), over(start, middle)]


def consistency_proof(old: int, size: int, over: Range) -> list[bytes]:
    """Return the proof that the tree of `old` leaves is a prefix of the tree of `size` (RFC 6962 §2.1.2)."""
    if not 0 < old <= size:
        raise ValueError("the older tree must have leaves, and not more than the newer")
    return _subproof(old, 0, size, True, over)


def _subproof(old: int, start: int, end: int, whole: bool, over: Range) -> list[bytes]:
    if old == end - start:
        return [] if whole else [over(start, end)]
    split = _split(end - start)
    if old <= split:
        return [*_subproof(old, start, start + split, whole, over), over(start + split, end)]
    return [*_subproof(old - split, start + split, end, False, over), over(start, start + split)]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return int(1 << ((size - 1).bit_length() - 1))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Say whether the path leads from the leaf hash to the expected root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and node == expected


def verify_consistency(old: int, size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Say whether the proof shows the older root to be a prefix of the newer (RFC 9162 §2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    position, last = old - 1, size - 1
    while position & 1:
        position >>= 1
        last >>= 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            before = node_hash(sibling, before)
            after = node_hash(sibling, after)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            after = node_hash(after, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and before == old_root and after == new_root
