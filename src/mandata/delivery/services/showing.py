"""Transports as their operator sees them: frozen rows without secrets. Needs no scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mandata.delivery.models import Pool, Transport
from mandata.delivery.services import roads


@dataclass(frozen=True, slots=True)
class Shown:
    """A source address with what the last look found."""

    address: str
    helo: str
    pool: str
    fault: str
    said: str
    listed: Sequence[str]
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A transport. `standing`: ready, paused, maintained, or terms (they wait to be accepted)."""

    id: UUID
    number: int
    name: str
    kind: str
    address: str
    region: str
    subprocessor: str
    standing: str
    tier: int
    weight: int
    connections: int
    rate: int
    daily: int
    secret: bool
    terms: str
    terms_url: str
    accepted: str
    accepted_at: datetime | None
    contract_directly: bool
    windows: Sequence[tuple[datetime, datetime]]
    options: Mapping[str, Any]
    sources: Sequence[Shown]
    checked_at: datetime | None
    trouble: str

    @property
    def decides(self) -> bool:
        """Whether what becomes of a message is decided behind it, and not seen from here."""
        return self.kind != "direct"


def listed(*, at: datetime) -> list[Listed]:
    """Return the transports, lowest tier first."""
    rows = Transport.objects.prefetch_related("sources").order_by("tier", "number")
    return [_listed(row, at) for row in rows]


def engines(*, at: datetime) -> list[Listed]:
    """Return the transports that the scope's mail may take now (DLV-2): the controller is told whose they are, under
    which terms, and where it contracts with their provider itself."""
    numbers = {road.transport for road in roads.allowed(at=at)}
    rows = Transport.objects.filter(number__in=numbers).prefetch_related("sources").order_by("tier", "number")
    return [_listed(row, at) for row in rows]


def deciders() -> frozenset[int]:
    """Return the numbers of transports that decide what becomes of a message; 0, the settings' relay, too."""
    return frozenset({0, *Transport.objects.exclude(kind="direct").values_list("number", flat=True)})


def pools() -> dict[UUID, str]:
    """Return which controllers have a pool of their own."""
    return dict(Pool.objects.values_list("controller_id", "pool"))


def _listed(row: Transport, at: datetime) -> Listed:
    if row.state == "paused":
        standing = "paused"
    elif row.terms != row.accepted:
        standing = "terms"
    else:
        standing = "maintained" if roads.maintained(row, at) else "ready"
    return Listed(
        **{name: getattr(row, name) for name in _PLAIN},
        standing=standing,
        secret=row.secret is not None,
        windows=[(datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["until"])) for one in row.windows],
        sources=[
            Shown(one.address, one.helo, one.pool, one.fault, one.said, one.listed, one.checked_at)
            for one in sorted(row.sources.all(), key=lambda one: one.created_at)
        ],
    )


_PLAIN = (
    "id", "number", "name", "kind", "address", "region", "subprocessor", "tier", "weight", "connections", "rate",
    "daily", "terms", "terms_url", "accepted", "accepted_at", "contract_directly", "options", "checked_at", "trouble",
)  # fmt: skip
