"""The recovery copy as bytes, before age encrypts them.

    mandata recovery 1\\n          19 bytes: the format and its version
    frames                        kind (1 byte) || length (4, big-endian) || body, at most 1 MiB each
      H   canonical JSON          at (ISO 8601), full (whether tables follow)
      S   service key             length of the name (1) || name || key
      K   epoch key               controller (16) || epoch (4) || began, ms since 1970 or 0 (8) || key (32)
      T   a controller's tables   controller (16); its X and R follow
      X   secrets                 canonical JSON: [[purpose, version, epoch, wrapped in hexadecimal], ...]
      R   subject keys            rows by ascending holder: holder (16) || epoch (4) || wrapped (61)
      Z   end mark                SHA-256 over everything before this frame

A copy without its end mark was cut off; one whose digest differs was changed. Every key that an R or an X needs comes
in a K before it.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

from mandata.foundation.errors import Fault
from mandata.vault import rules

MAGIC: Final = b"mandata recovery 1\n"
LONGEST: Final = 1024 * 1024
WRAPPED: Final = 1 + rules.NONCE_BYTES + rules.KEY_BYTES + 16
_HEAD: Final = struct.Struct(">cI")
_EPOCH: Final = struct.Struct(">16sIQ32s")
_ROW: Final = struct.Struct(f">16sI{WRAPPED}s")

Row = tuple[UUID, int, bytes]
"""Holder, epoch, wrapped key."""


class Damaged(Fault):
    """A recovery copy that is cut off, changed, or of another version."""


def write(frames: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """Yield the copy's bytes from its frames (kind, body), the end mark added."""
    digest, gathered = hashlib.sha256(MAGIC), bytearray(MAGIC)
    for kind, body in frames:
        whole = _HEAD.pack(kind, len(body)) + body
        digest.update(whole)
        gathered += whole
        if len(gathered) >= LONGEST // 4:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered) + _HEAD.pack(b"Z", digest.digest_size) + digest.digest()


def read(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the frames (kind, body) of a copy's bytes. Raises Damaged, at the latest in place of the end: what was
    yielded before may be trusted once the iterator has ended."""
    source = _Source(chunks)
    if source.take(len(MAGIC)) != MAGIC:
        raise Damaged("This is no recovery copy that this version reads.", remedy=_REMEDY)
    digest = hashlib.sha256(MAGIC)
    while True:
        head = source.take(_HEAD.size)
        kind, length = _HEAD.unpack(head)
        if length > LONGEST:
            raise Damaged("The recovery copy was changed: a frame is too long.", remedy=_REMEDY)
        body = source.take(length)
        if kind == b"Z":
            break
        digest.update(head)
        digest.update(body)
        yield kind, body
    if body != digest.digest() or source.more():
        raise Damaged("The recovery copy was changed: its digest does not fit.", remedy=_REMEDY)


_REMEDY: Final = "Fetch it again, or take an older one; nothing was installed."


class _Source:
    """Chunks of any length as exact pieces."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held, self._at = b"", 0

    def take(self, length: int) -> bytes:
        while len(self._held) - self._at < length:
            chunk = next(self._chunks, None)
            if chunk is None:
                raise Damaged("The recovery copy is cut off.", remedy=_REMEDY)
            self._held, self._at = self._held[self._at :] + chunk, 0
        self._at += length
        return self._held[self._at - length : self._at]

    def more(self) -> bool:
        return self._at < len(self._held) or any(self._chunks)


def service(name: str, key: bytes) -> bytes:
    """Return the body of an S."""
    return bytes([len(name)]) + name.encode("ascii") + key


def service_of(body: bytes) -> tuple[str, bytes]:
    """Return name and key of an S."""
    end = 1 + body[0]
    return body[1:end].decode("ascii"), body[end:]


def epoch(controller_id: UUID, number: int, began_ms: int, key: bytes) -> bytes:
    """Return the body of a K."""
    return _EPOCH.pack(controller_id.bytes, number, began_ms, key)


def epoch_of(body: bytes) -> tuple[UUID, int, int, bytes]:
    """Return controller, number, began (ms, 0 for an epoch to come) and key of a K."""
    controller, number, began_ms, key = _EPOCH.unpack(body)
    return UUID(bytes=controller), number, began_ms, key


def rows(table: Sequence[Row]) -> bytes:
    """Return the body of an R: at most 12,000 rows."""
    return b"".join(_ROW.pack(holder.bytes, number, wrapped) for holder, number, wrapped in table)


def rows_of(body: bytes) -> list[Row]:
    """Return the rows of an R."""
    return [(UUID(bytes=holder), number, wrapped) for holder, number, wrapped in _ROW.iter_unpack(body)]
