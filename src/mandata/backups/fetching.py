"""What a store holds, brought back: manifests, base backups, dumps, the write-ahead log, the outside log.

Needs neither a database nor Django: it runs where nothing is left but the store and an identity. Everything is
decrypted on its way and compared with the digests of the manifest; memory stays flat.
"""

import contextlib
import hashlib
import io
import itertools
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from mandata.backups.rules import keeping, manifest
from mandata.backups.rules.manifest import Manifest
from mandata.foundation.errors import Fault
from mandata.infra import age
from mandata.infra.stores import Missing, Store

_CHUNK: Final = 1024 * 1024
_LONGEST_WAL: Final = 1024 * _CHUNK
_CHANGED: Final = "Restore an earlier backup with --backup; somebody or something changed this one in the store."


def manifests(store: Store) -> list[Manifest]:
    """Return the manifests of a store's backups, oldest first. Left out are one that is being deleted meanwhile, and
    one that cannot be read where others can: it must not lie in the way of these. Raises Fault where none can."""
    found: list[Manifest] = []
    unreadable: list[Fault] = []
    for one in store.names(f"{manifest.FOLDER}/"):
        if one.name.endswith(f"/{manifest.NAME}"):
            with contextlib.suppress(Missing):
                data = b"".join(store.get(one.name))
                try:
                    found.append(manifest.read(data))
                except Fault as fault:
                    unreadable.append(fault)
    if unreadable and not found:
        raise unreadable[0]
    return sorted(found, key=lambda one: one.started_at)


def choose(taken: list[Manifest], *, until: datetime | None = None, backup: str = "") -> list[Manifest]:
    """Return the newest backup that was finished by an instant (or that named by its id) with what it rests on, the
    full one first. Raises Fault where there is none."""
    whole = keeping.restorable(taken)
    if backup:
        whole = [one for one in whole if str(one.id) == backup]
    elif until is not None:
        whole = [one for one in whole if one.finished_at <= until]
    if not whole:
        what = f"no backup {backup}" if backup else "no backup that could be restored"
        when = f" from before {until.isoformat()}" if until and not backup else ""
        raise Fault(
            f"The store has {what}{when}.",
            remedy="Look at it with `mandata backup list`, or name another with --from.",
        )
    known = {one.id: one for one in taken}
    return [known[one] for one in whole[-1].chain]


def content(store: Store, one: Manifest, identities: list[age.Identity]) -> Iterator[bytes]:
    """Yield what a backup holds, decrypted and decompressed. Raises Fault at the end where it is not what was taken."""
    whole, size = hashlib.sha256(), 0
    parts = (chunk for part in one.content_parts for chunk in _part(store, one, part, identities))
    for chunk in gunzip(parts):
        whole.update(chunk)
        size += len(chunk)
        yield chunk
    if (size, whole.hexdigest()) != (one.size, one.sha256):
        raise Fault(f"The backup {one.id} is not what was taken.", remedy=_CHANGED)


def _part(store: Store, one: Manifest, part: manifest.Part, identities: list[age.Identity]) -> Iterator[bytes]:
    seen = hashlib.sha256()

    def stored() -> Iterator[bytes]:
        for chunk in store.get(manifest.folder(one.id) + part.name):
            seen.update(chunk)
            yield chunk

    yield from age.decrypt(stored(), identities)
    if seen.hexdigest() != part.sha256:
        raise Fault(f"{part.name} of the backup {one.id} is not what was stored.", remedy=_CHANGED)


def gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what a gzip stream holds (RFC 1952). Raises Fault where it is none, or ends too early."""
    inflate = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if inflate.eof:
                    inflate = zlib.decompressobj(wbits=31)
                if data := inflate.decompress(rest, _CHUNK):
                    yield data
                rest = inflate.unconsumed_tail or inflate.unused_data
        if data := inflate.flush():
            yield data
        if not inflate.eof:
            raise zlib.error("it ends too early")
    except zlib.error as error:
        raise Fault(f"A part of the backup cannot be decompressed: {error}.", remedy=_CHANGED) from error


def unpack(chunks: Iterable[bytes], folder: Path) -> None:
    """Write the files of a base backup's tar into an empty folder: plain files and folders, nothing else."""
    stream = io.BufferedReader(_Readable(chunks), _CHUNK)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                _write(tar, member, folder)
    except tarfile.TarError as error:
        raise Fault(f"The backup cannot be unpacked: {error}.", remedy=_CHANGED) from error
    while stream.read(_CHUNK):
        pass  # to the end, because only then the digest is compared


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
        raise Fault(f"The backup holds {member.name}, which a base backup does not.", remedy=_CHANGED)
    target = folder / path
    if member.isdir():
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = tar.extractfile(member)
    assert source is not None  # it is a file
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        shutil.copyfileobj(source, file, _CHUNK)


class _Readable(io.RawIOBase):
    """Chunks as a file that is read from front to back."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            try:
                self._rest = memoryview(next(self._chunks))
            except StopIteration:
                return 0
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


class Wal:
    """The write-ahead log of one cluster in a store. `newest` is the last file that was given, `absent` what was asked
    for in vain."""

    def __init__(self, store: Store, system: str, identities: list[age.Identity]) -> None:
        self._store, self._system, self._identities = store, system, identities
        self.newest = ""
        self.absent: list[str] = []

    def __call__(self, name: str) -> Iterable[bytes] | None:
        """Return the bytes of a file, None where the store has none of that name."""
        chunks = gunzip(age.decrypt(self._store.get(manifest.wal_name(self._system, name)), self._identities))
        try:
            first = next(chunks, b"")
        except Missing:
            self.absent.append(name)
            return None
        if not name.endswith(".history"):
            self.newest = max(self.newest, name)
        return _no_longer(itertools.chain([first], chunks), name)

    def beyond(self) -> list[str]:
        """Return files of the store that lie behind one that is missing: they could not be replayed."""
        missing = [name for name in self.absent if not name.endswith(".history")]
        if not missing or not self.newest:
            return []
        files = (
            one.name.rpartition("/")[2].removesuffix(".gz.age") for one in self._store.names(f"wal/{self._system}/")
        )
        return sorted(name for name in files if name[:8] == self.newest[:8] and name > max(missing))


def _no_longer(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Pass chunks on, up to what a file of the write-ahead log can have."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > _LONGEST_WAL:
            raise Fault(f"{name} in the store is no file of the write-ahead log.", remedy=_CHANGED)
        yield chunk


def outside(store: Store, identities: list[age.Identity], folder: Path) -> int:
    """Put the files of the outside log together from their pieces in the store; return how many files there are.

    A piece that overlaps what is there already is written over it: it is the same bytes.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = set()
    for one in store.names("outside/"):
        if not manifest.is_outside_piece(one.name):
            continue
        file, begin, _end = manifest.outside_piece(one.name)
        target = folder / PurePosixPath(file).name
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.seek(begin)
            for chunk in gunzip(age.decrypt(store.get(one.name), identities)):
                stream.write(chunk)
        names.add(target.name)
    return len(names)


def identities(path: Path) -> list[age.Identity]:
    """Return the identities in a file. Raises Fault where it cannot be read or holds none."""
    try:
        return age.identities(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise Fault(
            f"The identity file {path} cannot be read.", remedy="Name the file that age-keygen wrote."
        ) from error
