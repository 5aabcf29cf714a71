"""From a program's output to objects in a store: counted, compressed, cut into slices, each encrypted and put."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from mandata.backups.rules.manifest import Part
from mandata.infra import age
from mandata.infra.stores import WHOLE, Store

SLICE: Final = WHOLE - 1024 * 1024
"""Bytes of the compressed stream in one part, so that encrypted it still goes to S3 in one request."""
_LEVEL: Final = 1  # most is sealed and does not shrink; the rest does with the least work, too
_GZIP: Final = 31  # zlib's number for a gzip header and trailer


class Measured:
    """Passes chunks on, counts and digests them, and tells `told` how many bytes have gone by."""

    def __init__(self, chunks: Iterable[bytes], told: Callable[[int], None] = lambda _size: None) -> None:
        self._chunks = chunks
        self._digest = hashlib.sha256()
        self._told = told
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._digest.update(chunk)
            self.size += len(chunk)
            self._told(self.size)
            yield chunk

    @property
    def sha256(self) -> str:
        """Return the digest of what has gone by."""
        return self._digest.hexdigest()


def compressed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the gzip stream of `chunks`."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def expanded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what a gzip stream holds. Raises OSError, EOFError or zlib.error for another stream or a cut one."""
    with gzip.GzipFile(fileobj=io.BufferedReader(_Readable(chunks), WHOLE // 32)) as stream:
        while data := stream.read(WHOLE // 32):
            yield data


def slices(chunks: Iterable[bytes], size: int = SLICE) -> Iterator[Iterator[bytes]]:
    """Cut a stream into streams of `size` bytes; each must be read to its end before the next one."""
    source = (chunk for chunk in chunks if chunk)
    rest: list[bytes] = []

    def one() -> Iterator[bytes]:
        left = size
        while left:
            chunk = rest.pop() if rest else next(source, b"")
            if not chunk:
                return
            if len(chunk) > left:
                rest.append(chunk[left:])
            yield chunk[:left]
            left -= min(left, len(chunk))

    while (chunk := rest.pop() if rest else next(source, None)) is not None:
        rest.append(chunk)
        yield one()


def put(store: Store, folder: str, name: str, chunks: Iterable[bytes], recipients: list[age.Recipient]) -> Part:
    """Encrypt `chunks` and put them as `name` into `folder` of the store; return what was stored."""
    measured = Measured(age.encrypt(chunks, recipients))
    store.put(folder + name, measured)
    return Part(name, measured.size, measured.sha256)


class _Readable(io.RawIOBase):
    """A stream of chunks as a file that can be read once."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        part = self._rest[: len(buffer)]
        self._rest = self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)
