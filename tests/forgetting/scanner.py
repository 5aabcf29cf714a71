"""Reads every byte below some folders and tells where a needle lies.

A search for bytes, file by file: a page of PostgreSQL, a segment of its log, a mailbox are all only bytes. Mail folds
long lines, so lines of text are read a second time without the breaks. Compression would hide a text; nothing here
undoes it but for files of gzip, the installation is told not to compress (`tests.forgetting.installation`), and a test
proves both.

`grep -F` looks for hundreds of needles at once; where it says yes, `bytes.find` tells which and where.
"""

import contextlib
import gzip
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

BLOCK = 32 << 20
_AROUND = 48
_NEAR = 200


@dataclass(frozen=True)
class Hit:
    """A needle in a file."""

    path: Path
    name: str
    around: bytes

    def __str__(self) -> str:
        return f"{self.path}: {self.name}: {self.around!r}"


def scan(folders: Iterable[Path], needles: Mapping[bytes, str]) -> list[Hit]:
    """Return the first place of each needle in each file below the folders, and in files named themselves.

    Of files that are copies of each other (PostgreSQL's template databases) only the first is searched.
    """
    known: set[bytes] = set()
    found = []
    overlap = 2 * max(map(len, needles), default=1)
    with _sieve(needles) as sieve:
        for path in files(folders):
            told: set[str] = set()
            for data in _pieces(path, overlap=overlap):
                digest = hashlib.blake2b(data, digest_size=16).digest()
                if digest in known:
                    continue
                known.add(digest)
                hits = _in_bytes(data, needles, sieve)
                found += [Hit(path, name, around) for name, around in hits.items() if name not in told]
                told |= set(hits)
    return found


def files(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield every regular file below the folders."""
    for folder in folders:
        there = folder.resolve()
        paths = [there] if there.is_file() else sorted(there.rglob("*"))
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def in_bytes(data: bytes, needles: Mapping[bytes, str]) -> dict[str, bytes]:
    """Return name -> what stands around it of the needles in bytes, as they are and with line breaks taken out."""
    with _sieve(needles) as sieve:
        return _in_bytes(data, needles, sieve)


def _in_bytes(data: bytes, needles: Mapping[bytes, str], sieve: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for text in (data, _unfolded(data)):
        for needle, name in needles.items() if _may_hold(text, sieve) else ():
            if name not in found and (at := text.find(needle)) >= 0:
                found[name] = text[max(at - _AROUND, 0) : at + _AROUND]
    return found


@contextmanager
def _sieve(needles: Mapping[bytes, str]) -> Iterator[Path]:
    """A file of patterns for grep, a line each; of a needle with a line break in it its longest line."""
    with tempfile.NamedTemporaryFile(prefix="needles-") as file:
        file.write(b"".join(max(needle.split(b"\n"), key=len) + b"\n" for needle in needles))
        file.flush()
        yield Path(file.name)


def _may_hold(text: bytes, sieve: Path) -> bool:
    command = ["grep", "--quiet", "--text", "--fixed-strings", f"--file={sieve}"]
    done = subprocess.run(command, input=text, env={**os.environ, "LC_ALL": "C"}, check=False)
    assert done.returncode in (0, 1), "grep does not work"
    return done.returncode == 0


def _unfolded(data: bytes) -> bytes:
    """The lines of text in bytes, without the breaks that quoted-printable and base64 put between them."""
    return b"".join(_legible(line).removesuffix(b"\r").removesuffix(b"=") for line in data.split(b"\n"))


def _legible(line: bytes) -> bytes:
    """A line of text; of one that begins or ends with other bytes the end that is text."""
    if line.isascii():
        return line
    begin, end = line[:_NEAR], line[-_NEAR:]
    return (begin if begin.isascii() else b"") + b"\0" + (end if end.isascii() else b"")


def _pieces(path: Path, *, overlap: int) -> Iterator[bytes]:
    """Yield a file in blocks that overlap, and once more unpacked where it is packed by gzip.

    A file that goes away meanwhile has gone; what is only zeros tells nothing.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            yield from _blocks(file, overlap)
            if packed:
                file.seek(0)
                with gzip.open(file) as unpacked, contextlib.suppress(EOFError):
                    yield from _blocks(unpacked, overlap)
    except FileNotFoundError:
        return


def _blocks(file: IO[bytes] | gzip.GzipFile, overlap: int) -> Iterator[bytes]:
    kept = b""
    while block := file.read(BLOCK):
        data = kept + block
        if filled := data.rstrip(b"\0"):
            yield filled
        kept = data[-overlap:]
