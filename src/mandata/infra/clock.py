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
    """Return a fresh UUIDv7."""
    return uuid7(time.time_ns() // 1_000_000, os.urandom(10))


def new_ids(count: int) -> list[UUID]:
    """Return `count` fresh UUIDv7 of one millisecond, with one draw of entropy."""
    milliseconds = time.time_ns() // 1_000_000
    entropy = os.urandom(10 * count)
    return [uuid7(milliseconds, entropy[at : at + 10]) for at in range(0, 10 * count, 10)]
