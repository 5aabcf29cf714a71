"""Rate limits of the public pages: so many acts in so much time from one network or with one token.

Keys are hashed; what is kept are counts. A limit slows guessing down; it never stands between a person and a first
unsubscription.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from mandata.infra.environment import env
from mandata.tracking import rules


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` in `seconds`."""

    name: str
    times: int
    seconds: int


UNKNOWN_TOKENS: Final = Limit("unknown-tokens", 60, 600)
CHANGES: Final = Limit("changes", 60, 3600)


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


def network_of(request: HttpRequest) -> str:
    """The network class a request comes from; never the address."""
    remote, forwarded = request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
    return rules.network(rules.client_address(remote, forwarded, env().trusted_networks)).hex()


def _name(limit: Limit, key: str) -> str:
    secret = settings.SECRET_KEY.encode()[:64]
    return f"limit-{hashlib.blake2b(f'{limit.name}:{key}'.encode(), key=secret, digest_size=16).hexdigest()}"
