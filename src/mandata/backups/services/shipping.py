"""Shipping: the write-ahead log from its spool and the outside log from its folder, encrypted, to the store.

A file leaves the spool once the store has it; of the outside log's files, which only grow, pieces are put, named by
their bytes. What was under way when a process was killed is shipped again, under the same name. One process of a host
ships; the others find the lock taken. A store that is away holds up nobody: everything waits where it is.
"""

import fcntl
import gzip
import os
import struct
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from mandata.backups.rules.manifest import is_outside_piece, outside_name, outside_piece, wal_name
from mandata.backups.selectors import servers_manifests
from mandata.backups.services import streams
from mandata.backups.services.settings import Target, target
from mandata.foundation.errors import Refused
from mandata.infra import age, outside
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.postgres import Spool, spool
from mandata.infra.stores import Away

_log = log("backups")
_CHUNK: Final = 1024 * 1024
_SAY_AGAIN: Final = timedelta(minutes=10)
_SYSTEM: Final = struct.Struct("<24xQ")  # a log file's first page: the cluster's system identifier comes after 24 bytes


class Shipper:
    """What one process of a host ships; it has the host's lock for as long as it lives."""

    def __init__(self, target: Target, waiting: Spool | None, folder: Path) -> None:
        self._target = target
        self._waiting = waiting
        self._folder = folder
        self._system = ""
        self._shipped: dict[str, int] | None = None  # file of the outside log -> up to which byte
        self._gathered: set[str] = set()

    def ship(self) -> int:
        """Ship what is there; return how many objects were put. Raises stores.Away."""
        return self._outside() + self._wal()

    def _wal(self) -> int:
        done = 0
        for path in self._waiting.waiting() if self._waiting else []:
            assert self._waiting is not None
            with self._waiting.open(path) as stream:
                name = path.name.removesuffix(".gz")
                if not name.endswith(".history"):
                    self._system = _system(stream)
                    stream.seek(0)
                elif not self._system:
                    continue  # it tells of timelines, not of a cluster: it goes after the first file that does
                self._put(wal_name(self._system, name), iter(lambda: stream.read(_CHUNK), b""))
            path.unlink(missing_ok=True)
            done += 1
        return done

    def _outside(self) -> int:
        if not self._folder.is_dir():
            return 0
        if self._shipped is None:
            self._shipped = self._found()
        done = 0
        for path in outside.files(self._folder):
            begin, end = self._shipped.get(path.name, 0), path.stat().st_size
            if end > begin:
                packed = streams.compressed(_bytes(path, begin, end))
                self._put(outside_name(path.name, begin, end), packed)
                self._shipped[path.name] = end
                done += 1
        return done + self._gather()

    def _found(self) -> dict[str, int]:
        """Return up to where the store has each file without a hole."""
        pieces: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for one in self._target.store.names("outside/"):
            if not is_outside_piece(one.name):
                continue
            file, begin, end = outside_piece(one.name)
            pieces[file].append((begin, end))
        shipped = {}
        for file, ranges in pieces.items():
            reached = 0
            for begin, end in sorted(ranges):
                reached = max(reached, end) if begin <= reached else reached
            shipped[file] = reached
        return shipped

    def _gather(self) -> int:
        """Put a file that grows no more as one piece, in place of its pieces."""
        assert self._shipped is not None
        files = outside.files(self._folder)
        last = {path.name.partition("-")[0]: path for path in files}
        done = 0
        for path in files:
            size = path.stat().st_size
            if path in last.values() or self._shipped.get(path.name) != size or path.name in self._gathered:
                continue
            whole = outside_name(path.name, 0, size)
            there = [one.name for one in self._target.store.names(f"outside/{path.name}/")]
            if whole not in there:
                self._put(whole, streams.compressed(_bytes(path, 0, size)))
                done += 1
            for name in there:
                if name != whole:
                    self._target.store.delete(name)
            self._gathered.add(path.name)
        return done

    def _put(self, name: str, chunks: Iterator[bytes]) -> None:
        self._target.store.put(name, age.encrypt(chunks, self._target.recipients))


_shipper: Shipper | None = None
_lock: int | None = None
_said: datetime | None = None


def ship_due(*, at: datetime) -> int:
    """One round of the worker's loop: ship what is there, return how many objects that were.

    Nothing happens without a store, or where another process of this host ships. A store that is away is said in the
    log at once and every ten minutes, with what waits; the round is then tried again.
    """
    global _shipper, _said
    if not env().backup_store or not _locked():
        return 0
    waiting = spool(env().var / "postgres")
    try:
        if _shipper is None:
            _shipper = Shipper(target(), waiting, env().outside_folder)
        done = _shipper.ship()
    except (Away, Refused) as why:
        if _said is None or _said + _SAY_AGAIN <= at:
            size = waiting.size() if waiting else 0
            lost = len(waiting.lost()) if waiting else 0
            _log.error("store.away", why=why.message, spool_bytes=size, spool_mb_at_most=env().backup_spool, lost=lost)
            _said = at
        return 0
    if _said is not None:
        _log.warning("store.back", objects=done)
        _said = None
    return done


def _locked() -> bool:
    global _lock
    if _lock is None:
        folder = servers_manifests()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / "shipping.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        _lock = handle
    return True


def _system(stream: BinaryIO) -> str:
    with gzip.open(stream) as plain:
        (number,) = _SYSTEM.unpack(plain.read(_SYSTEM.size))
    return str(number)


def _bytes(path: Path, begin: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        stream.seek(begin)
        while begin < end and (chunk := stream.read(min(_CHUNK, end - begin))):
            begin += len(chunk)
            yield chunk
