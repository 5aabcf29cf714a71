"""The worker's journal: what a worker process did since its last word to PostgreSQL, for whoever takes over after it.

The file, version 1. Everything is little-endian; the file is a header and then records, and is only ever appended to.

    header, 64 bytes
    offset  bytes  content
    0       8      magic, b"MDTJRNL" and the version, 0x01
    8       16     boot id of the kernel under which the file was begun (/proc/sys/kernel/random/boot_id)
    24      16     worker id, a UUIDv7
    40      20     zero
    60      4      CRC-32 of bytes 0 to 59

    record, 40 bytes
    offset  bytes  content
    0       1      kind: 1 chunk opened, 2 begin, 3 outcome, 4 chunk settled
    1       1      fate of an outcome: 1 sent, 2 deferred, 3 failed, 4 unknown, 5 returned; else 0
    2       2      SMTP reply code of an outcome, 0 where there was none
    4       16     chunk id, a UUIDv7
    20      8      message number within the campaign (kinds 2 and 3), number of the campaign (kind 1; 0 not told)
    28      2      enhanced status, class * 1000 + subject (5.1.1 -> 5001), 0 where there was none
    30      2      enhanced status, detail
    32      1      stage: 0 none, 1 connect, 2 mail, 3 rcpt, 4 data, 5 content
    33      3      zero
    36      4      CRC-32 of bytes 0 to 35

Order is the whole promise. PostgreSQL commits a chunk's claim; *opened* is written; *begin* is in the kernel before the
first byte of a letter's content leaves; *outcome* follows the receiver's answer; *settled* is written once PostgreSQL
has committed every outcome of the chunk. Hence, for a message of a chunk that is not settled:

    no begin                  nothing of it left: it is to send
    begin and outcome         the outcome holds
    begin without outcome     unknown

Bytes that `write` took survive the death of the process, not that of the machine. If the file was begun under another
boot id, a missing record proves nothing, so a message of an open chunk without outcome is unknown. With `fsync` on,
`sync` also survives power loss; a worker calls it for groups of records, before it tells PostgreSQL.

A kill in the middle of a write leaves a torn tail: reading stops at the first record that is short or whose CRC is
wrong, and what stands behind it counts as not written. The journal holds numbers and codes only, no personal data.

The writer holds an exclusive flock on its file as long as it lives; who gets the lock knows that the writer is dead.
"""

import fcntl
import os
import struct
import threading
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from mandata.delivery.rules.outcomes import Fate, Outcome, Stage
from mandata.foundation.errors import Fault

SUFFIX: Final = ".journal"
_BEGUN: Final = ".new"
"""Of a journal whose writer has not locked and named it yet."""
MAGIC: Final = b"MDTJRNL\x01"
HEADER_SIZE: Final = 64
RECORD_SIZE: Final = 40

_HEADER = struct.Struct("<8s16s16s20x")
_RECORD = struct.Struct("<BBH16sQHHB3x")
_CRC = struct.Struct("<I")
_OPENED, _BEGIN, _OUTCOME, _SETTLED = 1, 2, 3, 4
_FATES: Final[tuple[Fate, ...]] = ("sent", "deferred", "failed", "unknown", "returned")
_FATE_NUMBER: Final = {fate: number for number, fate in enumerate(_FATES, 1)}
_STAGES: Final[tuple[Stage, ...]] = ("", "connect", "mail", "rcpt", "data", "content")
_STAGE_NUMBER: Final = {stage: number for number, stage in enumerate(_STAGES)}


class BrokenJournal(Exception):
    """The file is no journal, or its header is damaged."""


def boot_id() -> bytes:
    """Return the 16 bytes that name this run of the kernel."""
    return UUID(Path("/proc/sys/kernel/random/boot_id").read_text().strip()).bytes


class Journal:
    """The journal that one worker writes, from several threads. `begin` flushes; the rest is kept until a flush."""

    def __init__(self, path: Path, worker: UUID, *, fsync: bool = False, boot: bytes = b"") -> None:
        """Begin a new file. FileExistsError when there is one: a journal is never continued by another process."""
        self.path = path
        self._fsync = fsync
        self._kept = bytearray()
        self._lock = threading.Lock()
        begun = path.with_suffix(_BEGUN)
        if path.exists():
            raise FileExistsError(path)
        # The lock says that the writer lives; the name tells others of the file only once it is locked and whole.
        self._file = _locked(begun)
        head = _HEADER.pack(MAGIC, boot or boot_id(), worker.bytes)
        self._kept += head + _CRC.pack(zlib.crc32(head))
        try:
            self.sync()
        except Fault:
            begun.unlink()
            os.close(self._file)
            raise
        begun.rename(path)

    def opened(self, chunk: UUID, campaign: int = 0) -> None:
        """A chunk's claim is committed. `campaign` is the number that tokens carry: it finds the chunk again once its
        lease was given up."""
        self._keep(_OPENED, 0, 0, chunk, campaign)

    def begin(self, chunk: UUID, message: int) -> None:
        """The first byte of the content leaves next; returns once the kernel has the record."""
        self._keep(_BEGIN, 0, 0, chunk, message)
        self.flush()

    def outcome(self, chunk: UUID, message: int, outcome: Outcome) -> None:
        """What became of the message."""
        major, detail = _pack_status(outcome.enhanced)
        fate, stage = _FATE_NUMBER[outcome.fate], _STAGE_NUMBER[outcome.stage]
        self._keep(_OUTCOME, fate, outcome.code, chunk, message, major=major, detail=detail, stage=stage)

    def settled(self, chunk: UUID) -> None:
        """PostgreSQL has committed every outcome of the chunk."""
        self._keep(_SETTLED, 0, 0, chunk, 0)

    def _keep(
        self,
        kind: int,
        fate: int,
        code: int,
        chunk: UUID,
        message: int,
        *,
        major: int = 0,
        detail: int = 0,
        stage: int = 0,
    ) -> None:
        record = _RECORD.pack(kind, fate, code, chunk.bytes, message, major, detail, stage)
        with self._lock:
            self._kept += record + _CRC.pack(zlib.crc32(record))

    def flush(self) -> None:
        """Hand everything kept to the kernel by one write. Fault when the disk is full; nothing kept is lost.

        A Fault and no OSError, so that a transport never takes it for the loss of a connection.
        """
        with self._lock:
            while self._kept:
                try:
                    written = os.write(self._file, self._kept)
                except OSError as error:
                    raise _unwritten(error) from error
                del self._kept[:written]

    def sync(self) -> None:
        """Flush, and with `fsync` wait for the disk."""
        self.flush()
        if self._fsync:
            try:
                os.fdatasync(self._file)
            except OSError as error:
                raise _unwritten(error) from error

    def close(self, *, remove: bool = False) -> None:
        """Flush and close; `remove` when every chunk is settled and the file has nothing more to tell."""
        if remove:
            self.path.unlink(missing_ok=True)
        else:
            self.sync()
        os.close(self._file)


def _locked(path: Path) -> int:
    """Make a file and lock it; where somebody tidied it away in between, make it again."""
    while True:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file).st_nlink:
            return file
        os.close(file)


def _unwritten(error: OSError) -> Fault:
    return Fault(f"The journal cannot be written: {error.strerror}.", remedy="Make room in MANDATA_VAR.")


def abandoned(folder: Path) -> Iterator[Path]:
    """Go through the journals in a folder whose writers are dead, holding each one's lock while it is looked at."""
    yield from _left(folder, SUFFIX)


def tidy(folder: Path) -> None:
    """Remove the files of writers that died before they gave them their names: nothing stands in them."""
    for path in _left(folder, _BEGUN):
        path.unlink()


def _left(folder: Path, suffix: str) -> Iterator[Path]:
    for path in sorted(folder.glob(f"*{suffix}")):
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists():
                yield path
        except BlockingIOError:
            continue
        finally:
            os.close(file)


@dataclass(slots=True)
class Chunk:
    """What a journal says of one chunk: its campaign's number, begun message numbers, outcomes by message number."""

    settled: bool = False
    campaign: int = 0
    begun: set[int] = field(default_factory=set)
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def fates(self, messages: Iterable[int], *, same_boot: bool) -> dict[int, Outcome | None]:
        """Return for each message of the chunk its outcome, an *unknown*, or None where it is still to send."""
        found: dict[int, Outcome | None] = {}
        for message in messages:
            outcome = self.outcomes.get(message)
            if outcome is None and (message in self.begun or not same_boot):
                outcome = Outcome(message, "unknown", 0, "", "the sending process ended before the receiver answered")
            found[message] = outcome
        return found


@dataclass(slots=True)
class Replay:
    """A journal read back: its worker, boot id and chunks. `torn` counts the bytes behind the last good record."""

    worker: UUID
    boot: bytes
    chunks: dict[UUID, Chunk]
    torn: int

    def unsettled(self) -> dict[UUID, Chunk]:
        """Return the chunks that PostgreSQL may not know everything of."""
        return {number: chunk for number, chunk in self.chunks.items() if not chunk.settled}


def replay(path: Path) -> Replay:
    """Read a journal. BrokenJournal when it has no good header; a torn or damaged tail is tolerated."""
    data = path.read_bytes()
    head = data[:HEADER_SIZE]
    if len(head) < HEADER_SIZE or not _sound(head):
        raise BrokenJournal(f"{path.name} has no good header")
    magic, boot, worker = _HEADER.unpack(head[:-4])
    if magic != MAGIC:
        raise BrokenJournal(f"{path.name} is no journal of this version")
    chunks: dict[UUID, Chunk] = {}
    at = HEADER_SIZE
    while len(record := data[at : at + RECORD_SIZE]) == RECORD_SIZE and _sound(record):
        _apply(chunks, record)
        at += RECORD_SIZE
    return Replay(UUID(bytes=worker), boot, chunks, len(data) - at)


def _apply(chunks: dict[UUID, Chunk], record: bytes) -> None:
    kind, fate, code, number, message, major, detail, stage = _RECORD.unpack(record[:-4])
    chunk = chunks.setdefault(UUID(bytes=number), Chunk())
    if kind == _OPENED:
        chunk.campaign = message
    elif kind == _BEGIN:
        chunk.begun.add(message)
        chunk.outcomes.pop(message, None)
    elif kind == _OUTCOME:
        outcome = Outcome(message, _FATES[fate - 1], code, _unpack_status(major, detail), "", _STAGES[stage])
        if outcome.fate == "returned":
            chunk.begun.discard(message)
        else:
            chunk.outcomes[message] = outcome
    elif kind == _SETTLED:
        chunk.settled = True


def checksum(block: bytes) -> bytes:
    """Return the four bytes that stand behind a header's or a record's others."""
    return _CRC.pack(zlib.crc32(block))


def _sound(block: bytes) -> bool:
    return checksum(block[:-4]) == block[-4:]


def _pack_status(enhanced: str) -> tuple[int, int]:
    if not enhanced:
        return 0, 0
    major, subject, detail = (int(part) for part in enhanced.split("."))
    return major * 1000 + subject, detail


def _unpack_status(major: int, detail: int) -> str:
    return f"{major // 1000}.{major % 1000}.{detail}" if major else ""
