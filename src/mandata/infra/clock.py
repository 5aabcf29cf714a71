"""The one place that reads the clock and makes ids. Edges call it once and pass the value on."""

import os
import time
from datetime import UTC, datetime
from uuid import UUID

from mandata.foundation.ids import uuid7


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def milliseconds() -> int:
    """Return the present instant as milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def new_id() -> UUID:
    """Return a fresh UUIDv7; of two that a process makes, the later one sorts later."""
    return uuid7(time.time_ns(), os.urandom(8))


def new_ids(count: int) -> list[UUID]:
    """Return `count` fresh UUIDv7 of one instant, in no order, with one draw of entropy."""
    instant = time.time_ns()
    entropy = os.urandom(8 * count)
    return [uuid7(instant, entropy[at : at + 8]) for at in range(0, 8 * count, 8)]
