"""Rate limits of the faces: so many acts in so much time from one network, with one token or by one key.

Names are hashed; what is kept are counts. A limit slows down; it is no wall.
"""

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` in `seconds`."""

    name: str
    times: int
    seconds: int


def exceeded(limit: Limit, key: str) -> bool:
    """Whether the limit is used up."""
    return int(cache.get(_name(limit, key), 0)) >= limit.times


def count(limit: Limit, key: str) -> None:
    """Count one act against a limit. Two at the same instant may count as one, which is near enough."""
    name = _name(limit, key)
    if not cache.add(name, 1, limit.seconds):
        try:
            cache.incr(name)
        except ValueError:
            cache.set(name, 1, limit.seconds)


def _name(limit: Limit, key: str) -> str:
    secret = settings.SECRET_KEY.encode()[:64]
    return f"limit-{hashlib.blake2b(f'{limit.name}:{key}'.encode(), key=secret, digest_size=16).hexdigest()}"
