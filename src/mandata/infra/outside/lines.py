"""Lines of the outside log: their bytes, and what they say; the format stands at the head of the package."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from mandata.foundation import canonical

_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME


@dataclass(frozen=True, slots=True)
class Line:
    """One fact of the outside log; see the module."""

    at: datetime
    kind: str
    controller: UUID
    body: dict[str, Any]


def encode(kind: str, controller: UUID, at: datetime, *bodies: Mapping[str, object]) -> bytes:
    """Return the bytes of lines, each with a line feed before and behind it."""
    head = f"{canonical.instant(at)} {kind} {controller} ".encode("ascii")
    parts = []
    for body in bodies:
        text = head + orjson.dumps(body, default=_plain, option=_OPTIONS)
        parts.append(b"\n%08x %b\n" % (zlib.crc32(text), text))
    return b"".join(parts)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return canonical.instant(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in the outside log")


def decode(line: bytes) -> Line | None:
    """Return what a line says, without its line feed; None where it is torn or damaged."""
    try:
        crc, rest = line[:8], line[9:]
        if len(crc) != 8 or int(crc, 16) != zlib.crc32(rest):
            return None
        at, kind, controller, body = rest.split(b" ", 3)
        stamp = datetime.fromisoformat(at.decode("ascii").removesuffix("Z")).replace(tzinfo=UTC)
        return Line(stamp, kind.decode("ascii"), UUID(controller.decode("ascii")), orjson.loads(body))
    except (ValueError, UnicodeDecodeError):
        return None
