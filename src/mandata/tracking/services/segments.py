"""Taking segments of the spool, each record once: the mark moves in the transaction that keeps what was read."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from mandata.tracking import spool
from mandata.tracking.models import SpoolMark
from mandata.tracking.spool import Batch

# Keeps our advisory locks apart from others': "sp".
_LOCK_CLASS = 0x7370
# So many records behind a batch are looked at, so that what belongs together is judged together.
_FURTHER = 500

Keep = Callable[[Batch], None]


def take(folder: Path, stream: str, keep: Keep, *, at: datetime, limit: int, before_ms: int = 2**48) -> int:
    """Hand every record of a stream that is older than `before_ms` to `keep`, in batches of at most `limit`.

    Returns how many there were. A segment that another process is at is left to it. What goes wrong with one segment
    holds up no other, and is raised at the end.
    """
    taken = 0
    failure: Exception | None = None
    for path in spool.segments(folder, stream):
        try:
            taken += _take_segment(path, keep, at=at, limit=limit, before_ms=before_ms)
        except Exception as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return taken


def _take_segment(path: Path, keep: Keep, *, at: datetime, limit: int, before_ms: int) -> int:
    """Take what there is of a segment; one that is complete and taken is removed.

    First the file goes and then its mark: the other way round a crash in between would let it be taken again.
    """
    taken = 0
    batch: Batch | None = None
    while batch is None or (batch.records and not batch.complete):
        batch = _take_batch(path, keep, at=at, limit=limit, before_ms=before_ms)
        if batch is None:
            return taken
        taken += len(batch.records)
    if batch.complete:
        spool.remove(path)
        SpoolMark.objects.filter(segment=path.name).delete()
    return taken


def _take_batch(path: Path, keep: Keep, *, at: datetime, limit: int, before_ms: int) -> Batch | None:
    """One batch in one transaction; None when another process is at this segment or has finished it."""
    try:
        with _unswept(), transaction.atomic():
            if not _locked(path.name):
                return None
            mark, _ = SpoolMark.objects.get_or_create(segment=path.name, defaults={"offset": 0, "taken_at": at})
            batch = spool.read(path, mark.offset, limit=limit, before_ms=before_ms, further=max(limit // 10, _FURTHER))
            if batch.next_offset != mark.offset:
                keep(batch)
                SpoolMark.objects.filter(segment=path.name).update(offset=batch.next_offset, taken_at=at)
            return batch
    except FileNotFoundError:
        return None


@contextmanager
def _unswept() -> Iterator[None]:
    """Without looking for cycles: tens of thousands of tuples at once make that look half of all the work, and there is
    none among them."""
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()


def _locked(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_CLASS, name])
        return bool(cursor.fetchone()[0])
