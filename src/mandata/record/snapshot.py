"""One snapshot for everything read inside: verification and packs compare what was there at one instant."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from mandata.infra import bulk


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything inside from one snapshot; inside an open transaction, from that one's."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            bulk.execute("set transaction isolation level repeatable read, read only", [])
        yield
