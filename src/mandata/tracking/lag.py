"""How much of the spool waits to be taken in, and for how long: for whoever watches the installation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mandata.foundation.errors import Fault
from mandata.tracking import spool
from mandata.tracking.models import SpoolMark


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in one stream of this host's spool: bytes of records, and the age of the oldest."""

    stream: str
    size: int
    age: timedelta


def waiting(folder: Path, *, at: datetime) -> list[Waiting]:
    """Return what waits in a spool, stream by stream. Scope-free; what is taken meanwhile does not count."""
    marks = dict(SpoolMark.objects.values_list("segment", "offset"))
    return [_waiting(folder, stream, marks, at) for stream in (spool.UNSUBSCRIPTIONS, spool.EVENTS)]


def _waiting(folder: Path, stream: str, marks: dict[str, int], at: datetime) -> Waiting:
    size, oldest = 0, at
    for path, taken, length in _left(folder, stream, marks):
        size += length - taken
        if oldest == at:
            oldest = min(at, _first(path, taken) or at)
    return Waiting(stream, size, at - oldest)


def _left(folder: Path, stream: str, marks: dict[str, int]) -> Iterator[tuple[Path, int, int]]:
    for path in spool.segments(folder, stream):
        try:
            length = path.stat().st_size
        except FileNotFoundError:
            continue
        taken = max(marks.get(path.name, 0), spool.HEADER_BYTES)
        if length - taken >= spool.RECORD_BYTES:
            yield path, taken, length


def _first(path: Path, taken: int) -> datetime | None:
    try:
        batch = spool.read(path, taken, limit=1)
    except (FileNotFoundError, Fault):
        return None
    return datetime.fromtimestamp(batch.records[0].at_ms / 1000, UTC) if batch.records else None
