"""Packs: a controller's record of a period as one ZIP that anybody verifies offline, with the verifier inside.

    leaves.ndjson              the exact bytes that were hashed, one line each, of all leaves between two heads
    hashes.bin                 32 bytes each: the hashes over which the tree was built
    heads/SIZE.note            signed notes: the first and the last head, the last of each day, those handed over
    instance/SIZE.note         heads of the installation's log, and in proofs.ndjson the proofs that the heads are in it
    stamps/SIZE.tsr            time-stamps over those notes, with the authority's certificates
    documents/                 what the caller adds
    key.pem, verify.py, README.txt
    manifest.json, .note       what is in the pack, and where the tree begins and ends; signed

Of other controllers it holds nothing: their heads are hashes in a proof. It is written in one pass in flat memory.
"""

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra import bulk
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import published, rules, selectors
from mandata.record.errors import NothingToPack
from mandata.record.services import append, sequence
from mandata.record.signing import signer
from mandata.record.snapshot import snapshot

FORMAT: Final = "mandata-pack-1"
_BATCH: Final = 8_192

_ENDS: Final = """
select coalesce((select max(size) from record_head where controller_id = %(log)s and at <= %(since)s), 0),
       coalesce((select min(size) from record_head where controller_id = %(log)s and at >= %(until)s),
                (select max(size) from record_head where controller_id = %(log)s))
"""
_AT: Final = "select size, at from record_head where controller_id = %(log)s and size = any(%(sizes)s)"
_CHOSEN: Final = """
select size, note from record_head where controller_id = %(log)s and size = any(array(
    select max(size) from record_head where controller_id = %(log)s and size >= %(first)s and size <= %(last)s
    group by date_trunc('day', at at time zone 'UTC')
    union select size from record_receipt where controller_id = %(log)s and size between %(first)s and %(last)s
    union select unnest(array[%(first)s, %(last)s]::int8[]))) order by size
"""
_LEAVES: Final = """
select l.index, l.hash, e.leaf from record_leaf l
join record_entry e on e.controller_id = l.controller_id and e.id = l.entry
where l.controller_id = %(log)s and l.index >= %(start)s and l.index < %(end)s order by l.index
"""
_PUBLISHED: Final = f"""
select e.id, e.leaf, l.index from ({published.ENTRIES}) e
join record_leaf l on l.controller_id = %(instance)s and l.entry = e.id order by e.id
"""  # noqa: S608 - our own words
_PAGE: Final = 5_000
_STAMPS: Final = """
select distinct on (size) size, token from record_stamp where controller_id = %(instance)s order by size, at
"""


@dataclass(frozen=True, slots=True)
class Document:
    """A file to add: its name below `documents/`, and what gives its bytes, piece by piece."""

    name: str
    pieces: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Packed:
    """What a pack holds: the sizes of its first and last head, entries, heads, stamps, the manifest's SHA-256."""

    first: int
    last: int
    heads: int
    stamps: int
    digest: bytes

    @property
    def entries(self) -> int:
        """How many leaves there are."""
        return self.last - self.first


Documents = Iterable[Document] | Callable[[int, int], Iterable[Document]]
"""Files to add, or what gives them when the sizes of the first and last head are known."""


class _Archive:
    """A ZIP that is written file by file, and remembers the digest of each."""

    def __init__(self, out: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
        self.digests: dict[str, str] = {}

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        digest, about = hashlib.sha256(), zipfile.ZipInfo(name)
        about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        with self._zip.open(about, "w", force_zip64=True) as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
        self.digests[name] = digest.hexdigest()

    def close(self) -> None:
        self._zip.close()


def write(
    out: BinaryIO,
    log: UUID,
    *,
    since: datetime,
    until: datetime,
    at: datetime,
    certificates: bytes = b"",
    documents: Documents = (),
) -> Packed:
    """Write the pack of a controller's log for a period. Open no scope around it.

    It begins with the newest head of the beginning (or with the log) and ends with the first head of the end, or the
    newest. `certificates`: PEM of the time-stamping authority, without which stamps are left out. Raises NothingToPack.
    """
    with scope(log):
        first, last = bulk.execute(_ENDS, {"log": log, "since": since, "until": until})[0]
    if not last or since > until:
        raise NothingToPack(
            "The log has no head in this period.", remedy="Choose a later end, or wait for the first entry."
        )
    return _write(out, log, (first, last), (since, until), at, certificates, documents)


def write_between(
    out: BinaryIO,
    log: UUID,
    *,
    first: int,
    last: int,
    at: datetime,
    certificates: bytes = b"",
    documents: Documents = (),
) -> Packed:
    """Write the pack between any two heads, by their sizes; `first` may be 0, the empty log. Open no scope around it.

    Raises NothingToPack where one of them is no head.
    """
    with scope(log):
        known: dict[int, datetime] = dict(bulk.execute(_AT, {"log": log, "sizes": [first, last]}))
    if last not in known or (first and first not in known) or first > last:
        raise NothingToPack(
            f"There are no heads of {first} and of {last} entries.", remedy="Choose two that there are."
        )
    return _write(out, log, (first, last), (known[first or last], known[last]), at, certificates, documents)


def _write(
    out: BinaryIO,
    log: UUID,
    ends: tuple[int, int],
    period: tuple[datetime, datetime],
    at: datetime,
    certificates: bytes,
    documents: Documents,
) -> Packed:
    sequence(INSTANCE, at=at)  # so that the newest heads have their places there, too
    archive, (first, last) = _Archive(out), ends
    with snapshot():
        with scope(log):
            notes = dict(bulk.execute(_CHOSEN, {"log": log, "first": first, "last": last}))
            manifest: dict[str, Any] = {
                "format": FORMAT, "log": log, "since": period[0], "until": period[1], "made": at,
                "first": first, "last": last, "newest": last == selectors.sizes()[1], "heads": sorted(notes),
                "frontier": list(selectors.frontier(first).hashes),
                "consistency": selectors.consistency_proof(first, last) if 0 < first < last else [],
            }  # fmt: skip
            _add_leaves(archive, log, first, last)
        for size, note in notes.items():
            archive.add(f"heads/{size}.note", [note.encode()])
        manifest |= _add_instance(archive, log, set(notes), certificates)
    for document in documents(first, last) if callable(documents) else documents:
        archive.add(f"documents/{document.name}", document.pieces())
    digest = _close(archive, manifest, at)
    return Packed(first, last, len(notes), len(manifest["stamps"]), digest)


def _close(archive: _Archive, manifest: dict[str, Any], at: datetime) -> bytes:
    """Add what is the same in each pack, and last the manifest, signed."""
    folder = Path(__file__).parent
    archive.add("key.pem", [rules.public_pem(signer().public_key())])
    archive.add("verify.py", [(folder / "verifier.py").read_bytes()])
    archive.add("README.txt", [(folder / "readme.txt").read_bytes()])
    data = canonical.dumps(manifest | {"files": dict(archive.digests)})
    digest = hashlib.sha256(data).digest()
    name = f"{rules.origin(manifest['log'])}/pack"
    text = f"{name}\n{base64.b64encode(digest).decode()}\n{canonical.instant(at)}\n"
    archive.add("manifest.json", [data])
    archive.add("manifest.note", [rules.sign_note(signer(), name, text).encode()])
    archive.close()
    return digest


def _add_leaves(archive: _Archive, log: UUID, first: int, last: int) -> None:
    """Read the leaves twice, because a ZIP is written one file after the other."""
    archive.add("leaves.ndjson", (leaf + b"\n" for _, leaf in _leaves(log, first, last)))
    archive.add("hashes.bin", (digest for digest, _ in _leaves(log, first, last)))


def _leaves(log: UUID, first: int, last: int) -> Iterator[tuple[bytes, bytes]]:
    for start in range(first, last, _BATCH):
        rows = bulk.execute(_LEAVES, {"log": log, "start": start, "end": min(start + _BATCH, last)}, binary=True)
        for _, digest, leaf in rows:
            yield digest, leaf


def _add_instance(archive: _Archive, log: UUID, sizes: set[int], certificates: bytes) -> dict[str, Any]:
    """Add the proofs that the heads are in the installation's log, its heads that they lead to, and their stamps.

    A head is proven in the oldest stamped tree that has it, else in the newest tree.
    """
    with scope(INSTANCE):
        stamps = dict(bulk.execute(_STAMPS, {"instance": INSTANCE}, binary=True)) if certificates else {}
        newest = selectors.sizes()[1]
        trees = sorted({*stamps, newest})
        used: dict[int, str] = {}
        proofs = []
        for entry, leaf, index in _published(log, sizes):
            tree = next((size for size in trees if size > index), None)
            if tree is None:
                continue
            if tree not in used:
                used[tree] = selectors.note(tree)
            _, path = selectors.inclusion_proof(entry, tree)
            one = {"leaf": leaf.decode(), "index": index, "tree": tree, "path": [part.hex() for part in path]}
            proofs.append(json.dumps(one).encode() + b"\n")
        steps = list(zip(sorted(used), sorted(used)[1:], strict=False))
        consistency = [[old, new, selectors.consistency_proof(old, new)] for old, new in steps]
    archive.add("instance/proofs.ndjson", proofs)
    for size, note in sorted(used.items()):
        archive.add(f"instance/{size}.note", [note.encode()])
    stamped = sorted(set(used) & set(stamps))
    for size in stamped:
        archive.add(f"stamps/{size}.tsr", [stamps[size]])
    if stamped:
        archive.add("stamps/certificates.pem", [certificates])
    return {"instance": sorted(used), "instance_consistency": consistency, "stamps": stamped}


def _published(log: UUID, sizes: set[int]) -> Iterator[tuple[UUID, bytes, int]]:
    """Yield (entry, leaf, index) of the entries of the installation's log that tell of heads of these sizes."""
    after = UUID(int=0)
    while rows := bulk.execute(_PUBLISHED, published.arguments(log, after=after, most=_PAGE), binary=True):
        after = rows[-1][0]
        for entry, leaf, index in rows:
            if json.loads(leaf)["body"]["size"] in sizes:
                yield entry, leaf, index


def enter(log: UUID, packed: Packed, *, since: datetime, until: datetime, at: datetime, actor: Actor = SYSTEM) -> UUID:
    """Enter in the controller's log that a pack was made."""
    body: dict[str, object] = {"since": since, "until": until, "first": packed.first, "last": packed.last}
    with scope(log):
        return append(kind="record.packed", body=body | {"manifest": packed.digest}, actor=actor, at=at)
