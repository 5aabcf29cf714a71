"""Canonical JSON (RFC 8785, without floating-point numbers): one value, one sequence of bytes.

What is hashed, signed or sealed goes through here. Floats are refused, because their printing is the one part of the
RFC
in which implementations differ; figures are integers or strings.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID


def dumps(value: object) -> bytes:
    """Return the canonical UTF-8 bytes of a JSON-like value.

    UUIDs become their text, aware datetimes ISO 8601 in UTC with microseconds, dates ISO 8601, bytes lower-case hex.
    Raises TypeError for floats, naive datetimes, keys that are no text, and anything else without a canonical form.
    """
    plain = _plain(value)
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def loads(data: bytes | str) -> Any:
    """Return the value of JSON bytes."""
    return json.loads(data)


def instant(at: datetime) -> str:
    """Return an aware datetime as `2026-03-27T21:30:00.000000Z`."""
    if at.tzinfo is None:
        raise TypeError("a naive datetime has no place in canonical JSON")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _utf16(key: object) -> bytes:
    """RFC 8785 §3.2.3 sorts keys by UTF-16 code units."""
    if not isinstance(key, str):
        raise TypeError("keys of canonical JSON are text")
    return key.encode("utf-16-be", "surrogatepass")
