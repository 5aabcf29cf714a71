"""Rate limits of the public pages: by network or by token.

A limit slows guessing down; it never stands between a person and a first unsubscription.
"""

from typing import Final

from django.http import HttpRequest

from mandata.infra.environment import env
from mandata.infra.limits import Limit, count, exceeded
from mandata.tracking import rules

__all__ = ["CHANGES", "UNKNOWN_TOKENS", "Limit", "count", "exceeded", "network_of"]

UNKNOWN_TOKENS: Final = Limit("unknown-tokens", 60, 600)
CHANGES: Final = Limit("changes", 60, 3600)


def network_of(request: HttpRequest) -> str:
    """The network class a request comes from; never the address."""
    remote, forwarded = request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
    return rules.network(rules.client_address(remote, forwarded, env().trusted_networks)).hex()
