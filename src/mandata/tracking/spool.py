"""The spool: where the tracking door writes what happened, durably, before anybody is answered.

The door must answer while the database is away, and must lose nothing it acknowledged. So it appends to files;
ingestion reads them later, in bulk. Nothing here identifies a person: no address, no IP address, no user agent's text.

Folders
    <spool>/first/   unsubscriptions: each is on the disk (fsync) before its answer; ingested ahead of all else
    <spool>/events/  opens and clicks: handed to the operating system before the answer, so that they survive the
                     death of the process; on the disk at most SYNC_SECONDS later: a loss of power costs that much

Segment: one file `<UUIDv7, 32 hex digits>.seg`, mode 0600, in a folder of mode 0700. A name is never used twice. A
writer makes a new segment for itself at its first record, when the old one reaches SEGMENT_BYTES or becomes
SEGMENT_SECONDS old, and after an fsync that failed (what such an fsync left behind is not to be trusted). It never
opens an old one again. While it may still append, it holds an exclusive flock; a reader that gets the lock knows that
the segment is complete, be it that the writer went on or that it died. Until it is locked, a segment ends in `.new`,
which no reader looks at.

    offset  bytes  content
    0       4      magic, "MDTS"
    4       1      version, 0x01
    5       1      stream: 0x01 events, 0x02 unsubscriptions
    6       10     zero
    16      32*n   records

Record: 32 bytes, all numbers big-endian and unsigned.

    offset  bytes  content
    0       6      campaign number
    6       6      message number
    12      2      link number, as in the token; reserved numbers say what was asked for
    14      6      time, milliseconds since 1970-01-01 UTC
    20      1      low four bits: method (rules.Method); high four bits: 4 or 6 for the kind of network, 0 for none
    21      1      user agent family (rules.Agent)
    22      6      network class: 3 bytes of IPv4 and 3 of zero, or 6 bytes of IPv6
    28      4      CRC-32 (zlib) over bytes 0 to 27, begun with the CRC-32 of the segment's file name

Because the CRC begins with the name, a record that a file system brought back from an older file is not taken for one
of this segment. Records have one length, so that a damaged one is stepped over and counted, and nothing after is lost.
A tail shorter than a record is the trace of a crash while writing; it was never acknowledged, and is ignored.

Full disk: a record that did not fit is cut off again and refused with SpoolFull; the door then answers 503. What was
acknowledged before stays.

The reader keeps no state of its own. How far a segment was ingested stands in the database, in the same transaction as
the rows made of it; so each record is ingested once, whatever dies in between.
"""

import contextlib
import errno
import fcntl
import os
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from mandata.foundation.errors import Fault
from mandata.infra.clock import new_id

MAGIC: Final = b"MDTS"
VERSION: Final = 1
HEADER_BYTES: Final = 16
RECORD_BYTES: Final = 32
SEGMENT_BYTES: Final = 16 * 1024 * 1024
SEGMENT_SECONDS: Final = 30.0
SYNC_SECONDS: Final = 0.2
SUFFIX: Final = ".seg"

EVENTS: Final = "events"
UNSUBSCRIPTIONS: Final = "first"
_STREAMS: Final = {EVENTS: 1, UNSUBSCRIPTIONS: 2}

_BODY = struct.Struct(">QIHHIBB6s")
_CRC = struct.Struct(">I")
_RECORD = struct.Struct(_BODY.format + "I")
_NETWORK_BYTES: Final = tuple({4: 3, 6: 6}.get(kind, 0) for kind in range(16))
_LOW32 = 0xFFFFFFFF


class SpoolFull(Fault):
    """The record could not be written: the disk is full or fails. Nothing was acknowledged."""


class SpoolRecord(NamedTuple):
    """One thing that happened. `network` has 0, 3 or 6 bytes; `at_ms` is milliseconds since 1970 UTC."""

    campaign_no: int
    message_no: int
    link: int
    at_ms: int
    method: int
    agent: int
    network: bytes


def encode(record: SpoolRecord, seed: int) -> bytes:
    """The 32 bytes of a record for the segment whose name has the CRC `seed`."""
    campaign_no, message_no, link, at_ms, method, agent, network = record
    size = len(network)
    kind = 0x40 if size == 3 else 0x60 if size == 6 else 0
    # 48-bit numbers in the fields that struct has: campaign and the upper 16 bits of message, then the rest.
    body = _BODY.pack(
        (campaign_no << 16) | (message_no >> 32),
        message_no & _LOW32,
        link,
        at_ms >> 32,
        at_ms & _LOW32,
        kind | (method & 0x0F),
        agent,
        network,
    )
    return body + _CRC.pack(zlib.crc32(body, seed))


def decode(raw: bytes, seed: int) -> SpoolRecord | None:
    """The record in 32 bytes, or None when its CRC is not right."""
    return next(_decoded(raw, seed))


def _decoded(data: bytes, seed: int) -> Iterator[SpoolRecord | None]:
    """The records in whole multiples of 32 bytes, None for each whose CRC is not right."""
    at = 0
    # A named tuple made by the way of `tuple` costs half; this runs for each of millions.
    crc32, new, kind = zlib.crc32, tuple.__new__, SpoolRecord
    for head, message_low, link, time_high, time_low, how, agent, network, crc in _RECORD.iter_unpack(data):
        if crc32(data[at : at + 28], seed) == crc:
            message_no, at_ms = ((head & 0xFFFF) << 32) | message_low, (time_high << 32) | time_low
            place = network[: _NETWORK_BYTES[how >> 4]]
            yield new(kind, (head >> 16, message_no, link, at_ms, how & 0x0F, agent, place))
        else:
            yield None
        at += RECORD_BYTES


def name_seed(name: str) -> int:
    """What the CRC of each record of the segment of this name begins with."""
    return zlib.crc32(name.encode("ascii"))


_REMEDY = "Free space on the disk that holds the spool folder; the door goes on by itself."


class _Segment:
    """A segment being written: its descriptor, locked, how much of it is written, and how much is on the disk."""

    def __init__(self, folder: Path, stream: str) -> None:
        self.path = folder / f"{new_id().hex}{SUFFIX}"
        self.seed = name_seed(self.path.name)
        self.opened = time.monotonic()
        self.size = 0
        self.synced = 0
        self.failed = False
        # Under another name until it is locked: a reader that finds a segment unlocked takes it for complete.
        unborn = self.path.with_suffix(".new")
        self.fd = os.open(unborn, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.write(MAGIC + bytes((VERSION, _STREAMS[stream])) + bytes(10))
            unborn.rename(self.path)
            _sync_folder(folder)
        except BaseException:
            os.close(self.fd)
            unborn.unlink(missing_ok=True)
            raise

    def write(self, data: bytes) -> int:
        """Append all of it and return where it ends, or nothing: a part that fitted is cut off again."""
        written = 0
        try:
            written = os.write(self.fd, data)
            if written != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self._cut(written)
            raise SpoolFull(f"The spool cannot be written: {error.strerror}.", remedy=_REMEDY) from error
        self.size += written
        return self.size

    def sync(self) -> None:
        """Put what is written on the disk."""
        upto = self.size
        try:
            os.fdatasync(self.fd)
        except OSError as error:
            self.failed = True
            raise SpoolFull(f"The spool cannot be put on the disk: {error.strerror}.", remedy=_REMEDY) from error
        self.synced = upto

    def close(self) -> None:
        os.close(self.fd)

    def _cut(self, written: int) -> None:
        if written:
            try:
                os.ftruncate(self.fd, self.size)
            except OSError:
                self.failed = True


class Writer:
    """Appends to one stream of the spool; safe to share between threads of a process.

    `append` hands the record to the operating system; `append_durably` returns once it is on the disk. Threads that
    wait share one fsync. Both raise SpoolFull when the record could not be kept.
    """

    # Two locks, always taken in this order: the sync lock, for whoever syncs or closes; the write lock, for whoever
    # appends or changes segments. No fsync happens under the write lock, so that a slow disk does not stop appending.

    def __init__(
        self,
        folder: Path,
        stream: str,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        segment_seconds: float = SEGMENT_SECONDS,
        sync_seconds: float = SYNC_SECONDS,
    ) -> None:
        self._folder = folder / stream
        self._stream = stream
        self._segment_bytes = segment_bytes
        self._segment_seconds = segment_seconds
        self._sync_seconds = sync_seconds
        self._write_lock = threading.Lock()
        self._sync_lock = threading.Lock()
        self._segment: _Segment | None = None
        self._left: list[_Segment] = []
        self._closing = threading.Event()
        self._keeper: threading.Thread | None = None
        make_folder(self._folder)

    def append(self, record: SpoolRecord) -> None:
        """Write the record; it survives the death of this process, and within SYNC_SECONDS also a loss of power."""
        self._append(record)

    def append_durably(self, record: SpoolRecord) -> None:
        """Write the record and wait until it is on the disk."""
        segment, end = self._append(record)
        with self._sync_lock:
            # While this thread waited for the lock, another's fsync may have covered its record, or have failed to.
            if segment.failed:
                raise SpoolFull("The spool cannot be put on the disk.", remedy=_REMEDY)
            if segment.synced < end:
                segment.sync()

    def close(self) -> None:
        """Put everything on the disk and let go of it. The writer takes nothing more."""
        self._closing.set()
        if self._keeper is not None:
            self._keeper.join(timeout=5)
        with self._sync_lock:
            self._leave(age=0.0)
            self._settle()

    def _append(self, record: SpoolRecord) -> tuple[_Segment, int]:
        with self._write_lock:
            segment = self._segment
            if segment is None or segment.failed or segment.size >= self._segment_bytes:
                segment = self._next_segment()
            return segment, segment.write(encode(record, segment.seed))

    def _next_segment(self) -> _Segment:
        """Begin a segment. Called with the write lock held."""
        try:
            fresh = _Segment(self._folder, self._stream)
        except OSError as error:
            raise SpoolFull(f"The spool cannot be written: {error.strerror}.", remedy=_REMEDY) from error
        if self._segment is not None:
            self._left.append(self._segment)
        self._segment = fresh
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._keep, name=f"spool-{self._stream}", daemon=True)
            self._keeper.start()
        return fresh

    def _keep(self) -> None:
        """In a thread of its own: put on the disk what is not there yet, and let go of a segment grown old."""
        while not self._closing.wait(self._sync_seconds):
            with self._sync_lock:
                self._leave(age=self._segment_seconds)
                self._settle()
                segment = self._segment
                if segment is not None and segment.synced < segment.size and not segment.failed:
                    with contextlib.suppress(SpoolFull):
                        segment.sync()

    def _leave(self, *, age: float) -> None:
        with self._write_lock:
            segment = self._segment
            if segment is not None and time.monotonic() - segment.opened >= age:
                self._segment = None
                self._left.append(segment)

    def _settle(self) -> None:
        """Sync and close the segments left behind. Called with the sync lock held."""
        with self._write_lock:
            left, self._left = self._left, []
        for segment in left:
            if segment.synced < segment.size and not segment.failed:
                with contextlib.suppress(SpoolFull):
                    segment.sync()
            segment.close()


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read of a segment.

    `next_offset` is where to read on; `damaged` counts the records stepped over; `complete` says that nothing will be
    appended any more and all of it was read, so that the file may go once this batch is ingested. `ahead` is what
    follows, too young to be taken: to be looked at, and read again.
    """

    records: list[SpoolRecord]
    ahead: list[SpoolRecord]
    next_offset: int
    damaged: int
    complete: bool


def segments(folder: Path, stream: str) -> list[Path]:
    """The segments of a stream, oldest first to the millisecond. An absent folder holds none."""
    try:
        return sorted(path for path in (folder / stream).iterdir() if path.suffix == SUFFIX)
    except FileNotFoundError:
        return []


def read(path: Path, offset: int = 0, *, limit: int = 100_000, before_ms: int = 2**48, further: int = 0) -> Batch:
    """Up to `limit` records of a segment from `offset` (0 or an earlier `next_offset`) on, as far as the first that is
    not older than `before_ms` (milliseconds since 1970 UTC); up to `further` more are looked at as what is ahead.

    Raises Fault for a file that is no segment of this version; FileNotFoundError when it is gone.
    """
    with path.open("rb") as file:
        # The lock is asked for before reading: whoever gets it reads all that there will ever be.
        closed = _is_closed(file.fileno())
        header = file.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES:
            return Batch([], [], 0, 0, closed)
        if header[:5] != MAGIC + bytes((VERSION,)):
            raise Fault(f"{path.name} is no spool segment of version {VERSION}.", remedy="Move it out of the spool.")
        start = max(offset, HEADER_BYTES)
        file.seek(start)
        wanted = (limit + further) * RECORD_BYTES
        data = file.read(wanted)
    return _batch(data, start, name_seed(path.name), before_ms, limit, whole_rest=closed and len(data) < wanted)


def remove(path: Path) -> None:
    """Remove a segment for good: the folder is synced, so that it does not come back after a loss of power."""
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder of the spool, for nobody else's eyes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _batch(data: bytes, start: int, seed: int, before_ms: int, limit: int, *, whole_rest: bool) -> Batch:
    """Cut what was read from `start` on into records, taken and ahead. A tail shorter than a record is left alone."""
    records: list[SpoolRecord] = []
    ahead: list[SpoolRecord] = []
    damaged = 0
    end = len(data) - len(data) % RECORD_BYTES
    taken_to = end
    keep = records.append
    for place, record in enumerate(_decoded(data[:end], seed)):
        if record is None:
            damaged += 0 if ahead or place >= limit else 1
        elif ahead or place >= limit or record[3] >= before_ms:
            taken_to = min(taken_to, place * RECORD_BYTES)
            ahead.append(record)
        else:
            keep(record)
    return Batch(records, ahead, start + taken_to, damaged, whole_rest and not ahead)


def _is_closed(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
