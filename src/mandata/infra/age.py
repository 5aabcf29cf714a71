"""age (age-encryption.org/v1) as streams: what is encrypted here, Debian's `age` opens, and the other way round.

The library reads and writes files of any size, but by calling; here it runs in a thread of its own, with a few chunks
under way, so that the caller pulls and the memory stays flat.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyrage

from mandata.foundation.errors import Fault

_CHUNK = 256 * 1024
_UNDER_WAY = 4  # chunks that wait for the caller: with the library's own, about 2 MB for each stream

Recipient = Any
"""A public key that pyrage knows: X25519 or SSH."""
Identity = Any
"""The private key of a recipient."""


def recipients(text: str) -> list[Recipient]:
    """Return the recipients that `text` names, with commas: `age1…`, `ssh-ed25519 …`, `ssh-rsa …`. Raises Fault."""
    parts = [part.strip() for part in text.split(",")]
    return [_recipient(part) for part in parts if part]


def identities(text: str) -> list[Identity]:
    """Return the identities in the text of an identity file: one a line, comments begin with #; or an SSH key.

    Raises Fault where there is none; the message repeats nothing of the text.
    """
    try:
        if "PRIVATE KEY-----" in text:
            return [pyrage.ssh.Identity.from_buffer(text.encode())]
        lines = [line.strip() for line in text.splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError as error:
        raise Fault("The identity file holds a line that is no identity of age.", remedy=_REMEDY) from error
    if not found:
        raise Fault("The identity file holds no identity.", remedy=_REMEDY)
    return found


_REMEDY = "Give the file that age-keygen wrote: its lines begin with AGE-SECRET-KEY-1, or with #."


def encrypt(chunks: Iterable[bytes], recipients: list[Recipient]) -> Iterator[bytes]:
    """Yield the age file of `chunks` for `recipients`, flat in memory. An error of `chunks` comes out unchanged."""
    if not recipients:
        raise Fault("There is nobody to encrypt for.", remedy="Name at least one recipient (age1…).")
    return _streamed(lambda reader, writer: pyrage.encrypt_io(reader, writer, recipients), chunks)


def decrypt(chunks: Iterable[bytes], identities: list[Identity]) -> Iterator[bytes]:
    """Yield what the age file `chunks` holds. Raises Fault where no identity opens it, or where it was changed.

    A chunk that was yielded is genuine; that the file is whole is known only once the iterator ends without a Fault.
    """
    return _streamed(lambda reader, writer: _opened(reader, writer, identities), chunks)


def _opened(reader: "_Stream", writer: "_Stream", identities: list[Identity]) -> None:
    try:
        pyrage.decrypt_io(reader, writer, identities)
    except (pyrage.DecryptError, OSError) as error:
        if reader.error is not None:
            raise
        raise Fault(
            _why(error), remedy="Give the identity of one of its recipients, or fetch the file again."
        ) from error


def _recipient(text: str) -> Recipient:
    kind = pyrage.ssh.Recipient if text.startswith("ssh-") else pyrage.x25519.Recipient
    try:
        return kind.from_str(text)
    except pyrage.RecipientError as error:
        raise Fault(
            f"{text[:24]} is no recipient of age.", remedy="Name public keys as age-keygen prints them: age1…"
        ) from error


class _Abandoned(Exception):
    """The caller pulls no more."""


class _Stream:
    """Between the library, which calls read and write in its thread, and the caller, who pulls."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""
        self._out: queue.Queue[bytes | None] = queue.Queue(_UNDER_WAY)
        self._abandoned = threading.Event()
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            try:
                self._rest = bytes(next(self._chunks))
            except StopIteration:
                return b""
            except BaseException as error:
                self.error = error
                raise
        size = len(self._rest) if size < 0 else size
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def write(self, data: bytes) -> int:
        self._put(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def run(self, work: Callable[[Any, Any], None]) -> None:
        try:
            work(self, self)
        except BaseException as error:
            self.error = self.error or error
        self._put(None, last=True)

    def pulled(self) -> Iterator[bytes]:
        gathered = bytearray()
        while (data := self._out.get()) is not None:
            gathered += data
            if len(gathered) >= _CHUNK:
                yield bytes(gathered)
                gathered.clear()
        if self.error is None and gathered:
            yield bytes(gathered)

    def abandon(self) -> None:
        self._abandoned.set()

    def _put(self, data: bytes | None, *, last: bool = False) -> None:
        while not self._abandoned.is_set():
            try:
                return self._out.put(data, timeout=0.2)
            except queue.Full:
                continue
        if not last:
            raise _Abandoned


def _streamed(work: Callable[[Any, Any], None], chunks: Iterable[bytes]) -> Iterator[bytes]:
    stream = _Stream(chunks)
    thread = threading.Thread(target=stream.run, args=(work,), name="age", daemon=True)
    thread.start()
    try:
        yield from stream.pulled()
    finally:
        stream.abandon()
        thread.join()
    if stream.error is not None:
        raise stream.error


def _why(error: BaseException) -> str:
    if "No matching keys" in str(error):
        return "None of the identities opens it."
    return f"It does not decrypt: {error}."
