"""Keys of the API: what one may do, and how it is written. Pure.

A key is `mandata_` and 64 characters: base64url of the controller's id (16 bytes) and a random secret (32 bytes). It
names its controller, so that the very first look-up stands behind that controller's wall; the secret is long and
random, so that its plain SHA-256 cannot be guessed back. The beginning lets scanners of repositories find one.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

BEGINNING: Final = "mandata_"
SECRET_BYTES: Final = 32
SCOPES: Final = ("cases:create", "cases:read")
"""What a key can be allowed: an area and a verb."""
TAIL: Final = 4
MAX_NAME: Final = 80
MAX_KEYS: Final = 50
"""Open keys of one controller."""
CALLS_LAST: Final = timedelta(days=7)
"""How long an act that was asked for by name is known again: longer than a weekend at which a queue stands still."""
CALLS: Final = 600
CALLS_SECONDS: Final = 60
"""At most so many requests by one key in so many seconds."""
MAX_NAMED: Final = 200
_WRITTEN: Final = re.compile(r"mandata_([A-Za-z0-9_-]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Written:
    """A key as it came in: whose it says to be, and the hash by which it is looked up."""

    controller_id: UUID
    digest: bytes


def write(controller_id: UUID, secret: bytes) -> str:
    """Return a key as its owner gets to see it, once. `secret`: 32 random bytes."""
    return BEGINNING + base64.urlsafe_b64encode(controller_id.bytes + secret).decode()


def read(text: str) -> Written | None:
    """Return what a key says; None for what is none."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(found.group(1))
    except binascii.Error:
        return None
    return Written(UUID(bytes=raw[:16]), digest(raw[16:]))


def digest(secret: bytes) -> bytes:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret).digest()


def holds(*, revoked: datetime | None, until: datetime | None, at: datetime) -> bool:
    """Say whether a key opens anything at an instant."""
    return revoked is None and (until is None or at < until)


def scopes(wished: Collection[str]) -> list[str]:
    """Return scopes in their order. Raises ValueError for one that there is not, or for none."""
    if not wished or set(wished) - set(SCOPES):
        raise ValueError("scopes")
    return [one for one in SCOPES if one in wished]
