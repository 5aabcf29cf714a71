"""Verifying: what lies in the store is what was put there; with an identity, that it opens and is whole, too."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from mandata.backups.rules import keeping, manifest
from mandata.backups.rules.manifest import Manifest
from mandata.backups.selectors import Shelf, shelf
from mandata.backups.services import streams
from mandata.foundation.errors import Fault, NotFound
from mandata.infra import age
from mandata.infra.stores import Missing, Store


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a backup: faults in words (none: it is good), whether it was opened, how many bytes were read.

    `missing_wal`: files of the write-ahead log that are missing after it, so that later instants cannot be restored.
    """

    backup: UUID
    faults: list[str]
    opened: bool
    read: int
    missing_wal: list[str]


def verify(
    store: Store,
    backup: UUID | None = None,
    identities: list[age.Identity] | None = None,
    *,
    told: Callable[[Manifest], object] = lambda _one: None,
) -> Iterator[Verdict]:
    """Fetch backups (all, or one) part by part and compare. Raises NotFound, stores.Away."""
    found = shelf(store)
    chosen = [one for one in found.taken if backup is None or one.id == backup]
    if backup is not None and not chosen:
        raise NotFound("The store has no such backup.", code="backup.unknown", remedy="See `mandata backup list`.")
    wal = [one.name for one in store.names("wal/")]
    for one in chosen:
        told(one)
        yield _verdict(store, found, one, identities, wal)


def _verdict(
    store: Store, found: Shelf, one: Manifest, identities: list[age.Identity] | None, wal: list[str]
) -> Verdict:
    faults = [f"it rests on {base}, which is not there" for base in one.chain if found.find(base) is None]
    whole = _Whole(store, one, faults)
    read = _opened(whole, one, identities, faults) if identities else sum(map(len, whole.content()))
    for _chunk in whole.rest():
        pass  # going by is being compared
    missing = keeping.missing_wal(wal, one) if one.embedded and one.wal_stop else []
    return Verdict(one.id, faults, bool(identities), read, missing)


def _opened(whole: "_Whole", one: Manifest, identities: list[age.Identity], faults: list[str]) -> int:
    measured = streams.Measured(streams.expanded(whole.decrypted(identities)))
    try:
        for _chunk in measured:
            pass
    except Fault as fault:
        faults.append(fault.message)
    except (OSError, EOFError, zlib.error) as error:
        faults.append(f"what it holds is no whole gzip stream: {error}")
    if not faults and (measured.size, measured.sha256) != (one.size, one.sha256):
        faults.append("what it holds is not what was backed up: size or SHA-256 differ")
    return measured.size


class _Whole:
    """The parts of a backup as they come from the store, each compared while it goes by."""

    def __init__(self, store: Store, one: Manifest, faults: list[str]) -> None:
        self._store, self._one, self._faults = store, one, faults

    def content(self) -> Iterator[bytes]:
        for part in self._one.content_parts:
            yield from self._part(part)

    def rest(self) -> Iterator[bytes]:
        for part in self._one.parts:
            if part.name == manifest.SERVERS_OWN:
                yield from self._part(part)

    def decrypted(self, identities: list[age.Identity]) -> Iterator[bytes]:
        for part in self._one.content_parts:
            yield from age.decrypt(self._part(part), identities)

    def _part(self, part: manifest.Part) -> Iterator[bytes]:
        digest, size = hashlib.sha256(), 0
        try:
            for chunk in self._store.get(manifest.folder(self._one.id) + part.name):
                digest.update(chunk)
                size += len(chunk)
                yield chunk
        except Missing:
            self._faults.append(f"{part.name} is missing")
            return
        if (size, digest.hexdigest()) != (part.size, part.sha256):
            self._faults.append(f"{part.name} was changed: size or SHA-256 differ from the manifest's")
