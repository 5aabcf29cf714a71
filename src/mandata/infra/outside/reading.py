"""Reading the outside log: forwards over the folders of several hosts, backwards from the newest line, and pruning.

Nothing holds more than a line of each host in memory. Damaged lines are stepped over and counted.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.outside import names
from mandata.infra.outside.lines import Line, decode

_BLOCK: Final = 1 << 16


class Reading(Iterator[Line]):
    """The lines of one or more folders, merged by time; those of one host stay in their order, whatever its clock did.

    `skipped` counts the damaged lines so far, torn ones among them.
    """

    def __init__(self, streams: list[list[Path]], kinds: tuple[str, ...]) -> None:
        self.skipped = 0
        self._kinds = tuple(kind.encode("ascii") for kind in kinds)
        self._lines = heapq.merge(*(self._stream(paths) for paths in streams), key=lambda line: line.at)

    def __iter__(self) -> "Reading":
        return self

    def __next__(self) -> Line:
        return next(self._lines)

    def _stream(self, paths: list[Path]) -> Iterator[Line]:
        for path in paths:
            with path.open("rb") as file:
                for raw in file:
                    if raw != b"\n" and (line := self._line(raw)):
                        yield line

    def _line(self, raw: bytes) -> Line | None:
        if self._kinds and raw[:8].isalnum():
            head = raw[9:200].split(b" ", 2)
            if len(head) == 3 and not head[1].startswith(self._kinds):
                return None  # not wanted, so its body is not looked at, damaged or not
        line = decode(raw[:-1] if raw.endswith(b"\n") else raw)
        self.skipped += line is None
        return line


def read(*folders: Path, since: datetime | None = None, kinds: tuple[str, ...] = ()) -> Reading:
    """Read the lines of folders, oldest first; a file that lies in two of them is read once, where it is longer.

    `since` leaves out whole files that were ended before that instant, and never a later line: earlier ones may come,
    and a replay must bear them. `kinds`: only those that begin with one of these. Raises OSError.
    """
    streams = _streams(folders)
    if since is not None:
        streams = [_since(paths, since) for paths in streams]
    return Reading(streams, kinds)


def files(folder: Path | None = None) -> list[Path]:
    """Return the log's files in a folder (default: the settings'), in their order; the last of each host is the one
    that still grows."""
    return [path for stream in _streams((folder or env().outside_folder,)) for path in stream]


def newest(kind: str, controller: UUID | None = None, folder: Path | None = None) -> Line | None:
    """Return the newest line of a kind, of one controller or of any, read from the end; None where there is none."""
    found = (next(_backwards(paths, kind, controller), None) for paths in _streams((folder or env().outside_folder,)))
    return max((line for line in found if line), key=lambda line: line.at, default=None)


def prune(before: datetime, folder: Path | None = None) -> list[str]:
    """Remove the files that were ended before an instant, which is that of the oldest backup that can still be
    restored; return their names. The newest file of a host stays."""
    gone: list[str] = []
    for paths in _streams((folder or env().outside_folder,)):
        for path in paths[: len(paths) - len(_since(paths, before))]:
            path.unlink(missing_ok=True)
            gone.append(path.name)
            names.sync_folder(path.parent)
    return gone


def _streams(folders: tuple[Path, ...]) -> list[list[Path]]:
    """Return the files of each host in their order."""
    found: defaultdict[str, dict[str, Path]] = defaultdict(dict)
    for folder in folders:
        for path in folder.glob(f"*-*-*{names.SUFFIX}"):
            same = found[path.name.split("-")[0]]
            if path.name not in same or path.stat().st_size > same[path.name].stat().st_size:
                same[path.name] = path
    return [[stream[name] for name in sorted(stream)] for _, stream in sorted(found.items())]


def _since(paths: list[Path], since: datetime) -> list[Path]:
    """Leave out the first files, as long as one after them begins before the instant.

    That one may have been begun by a clock that was behind; so none is left out in which a line of after the instant
    stands. A line of after now is a clock's that was ahead, and says nothing.
    """
    start = next((place for place in range(len(paths) - 1, 0, -1) if _begins_before(paths[place], since)), 0)
    latest = max(now(), (start and _last(paths[-1])) or since)
    for place, path in enumerate(paths[:start]):
        if any(at and since <= at <= latest for at in (_first(path), _last(path))):
            return paths[place:]
    return paths[start:]


def _begins_before(path: Path, instant: datetime) -> bool:
    first = _first(path)
    return first is not None and first <= instant


def _last(path: Path) -> datetime | None:
    return next((line.at for raw in _from_the_end(path) if (line := decode(raw))), None)


def _first(path: Path) -> datetime | None:
    with path.open("rb") as file:
        for raw in file:
            if line := decode(raw.rstrip(b"\n")):
                return line.at
    return None


def _backwards(paths: list[Path], kind: str, controller: UUID | None) -> Iterator[Line]:
    """Go through the lines of a kind, newest first."""
    wanted = f" {kind} {controller or ''}".encode("ascii")
    for path in reversed(paths):
        for raw in _from_the_end(path):
            if raw.find(wanted, 0, 200) > 0 and (line := decode(raw)):
                yield line


def _from_the_end(path: Path) -> Iterator[bytes]:
    """Go through a file's lines from the last to the first, without their line feeds."""
    with path.open("rb") as file:
        at = file.seek(0, 2)
        rest: list[bytes] = []  # the pieces of a line that begins further ahead, last first
        while at:
            size = min(_BLOCK, at)
            at -= size
            file.seek(at)
            *before, last = file.read(size).split(b"\n")[::-1]
            for piece in before:
                rest.append(piece)
                yield b"".join(reversed(rest))
                rest.clear()
            rest.append(last)
        yield b"".join(reversed(rest))
