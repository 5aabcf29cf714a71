"""What it takes to place entries: the tree grows, a head is kept; and the line of the outside log that tells of both.

    record.placed, written by the sequencer before its commit
    {"entries": [...], "note", "previous", "start"}

`start` is how many entries had their place before, `previous` the size of the head before, `note` the signed head.
Each entry: {"at", "id", "kind", "leaf", "subject"}, its columns and the text of its canonical JSON; {"holder",
"sealed"} where it has a payload; "raw" (hexadecimal) for "leaf" where its bytes are no text, and "hash" where what
waited in the queue was not its hash: what somebody changed is told as it was placed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from mandata.foundation import merkle
from mandata.infra import bulk
from mandata.record import selectors

PLACED: Final = "record.placed"
LOCK_CLASS: Final = 0x6D61  # "ma": keeps our advisory locks apart from others'


class Placed(NamedTuple):
    """An entry that gets its place, with its payload where it has one."""

    entry: UUID
    hash: bytes
    at: datetime
    kind: str
    subject: UUID | None
    leaf: bytes
    holder: UUID | None = None
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Growth:
    """What a line says: by which entries a log grew from `start` to the head of `note`."""

    start: int
    previous: int
    note: str
    entries: tuple[Placed, ...]

    @property
    def size(self) -> int:
        """How many entries have their place after it."""
        return self.start + len(self.entries)


def grow(start: int, batch: Sequence[tuple[UUID, bytes]]) -> bytes:
    """Give entries (id, hash) the next places in the scope's log of `start` entries; return the root over all."""
    frontier = selectors.frontier(start)
    rows = [(start + offset, entry, digest) for offset, (entry, digest) in enumerate(batch)]
    bulk.insert("record_leaf", {"index": "int8", "entry": "uuid", "hash": "bytea"}, rows)
    nodes = [node for _, digest in batch for node in frontier.append(digest)]
    bulk.insert("record_node", {"level": "int2", "index": "int8", "hash": "bytea"}, nodes)
    return frontier.root()


def keep_head(size: int, previous: int, root: bytes, at: datetime, note: str) -> None:
    """Keep a signed head of the scope's log."""
    columns = {"size": "int8", "previous": "int8", "root": "bytea", "at": "timestamptz", "note": "text"}
    bulk.insert("record_head", columns, [(size, previous, root, at, note)])


def body(start: int, previous: int, note: str, batch: Sequence[Placed]) -> dict[str, object]:
    """Return the body of the line; see the module."""
    return {"start": start, "previous": previous, "note": note, "entries": [_entry(one) for one in batch]}


def _entry(one: Placed) -> dict[str, object]:
    told: dict[str, object] = {"id": one.entry, "at": one.at, "kind": one.kind, "subject": one.subject}
    try:
        told["leaf"] = one.leaf.decode()
    except UnicodeDecodeError:
        told["raw"] = one.leaf
    if merkle.leaf_hash(one.leaf) != one.hash:
        told["hash"] = one.hash
    if one.sealed is not None:
        told |= {"holder": one.holder, "sealed": one.sealed}
    return told


def read(told: dict[str, Any]) -> Growth:
    """Return what a body says. Raises KeyError, ValueError or TypeError for what is none."""
    return Growth(told["start"], told["previous"], told["note"], tuple(_placed(one) for one in told["entries"]))


def _placed(told: dict[str, Any]) -> Placed:
    leaf = told["leaf"].encode() if "leaf" in told else bytes.fromhex(told["raw"])
    digest = bytes.fromhex(told["hash"]) if "hash" in told else merkle.leaf_hash(leaf)
    return Placed(
        UUID(told["id"]),
        digest,
        datetime.fromisoformat(told["at"]),
        told["kind"],
        UUID(told["subject"]) if told["subject"] else None,
        leaf,
        UUID(told["holder"]) if "holder" in told else None,
        bytes.fromhex(told["sealed"]) if "sealed" in told else None,
    )
