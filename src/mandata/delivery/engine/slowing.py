"""Heeds receivers that say "less": their lane is slowed down for all workers, and what lies ready for it goes back."""

import time
from collections import Counter, defaultdict

from mandata.delivery.engine.desk import Complaint, Desk, OpenChunk
from mandata.delivery.rules.limits import Allowance
from mandata.delivery.services import limiting
from mandata.delivery.services.claiming import Settled
from mandata.delivery.services.limiting import Limits
from mandata.infra.logs import log

_MEASURED_OVER = 5.0

_log = log("delivery")


class Slowing:
    """See the module; one for each worker, in its supply thread. It measures how many of each lane were taken on by
    their receivers, so that a slow-down has something to halve."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._since = time.monotonic()
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._before: dict[str, float] = {}

    def count(self, rows: list[tuple[OpenChunk, Settled]]) -> None:
        """Count what was sent."""
        at = time.monotonic()
        if at - self._since > _MEASURED_OVER:
            self._before = {key: count / (at - self._since) for key, count in self._counts.items()}
            self._since = at
            self._counts.clear()
        sent = Counter(
            [(chunk.road.transport, settled.provider) for chunk, settled in rows if settled.outcome.fate == "sent"]
        )
        for (transport, provider), count in sent.items():
            self._counts[limiting.road_key(transport)] += count
            self._counts[limiting.lane_key(transport, provider)] += count

    def _rate(self, key: str) -> float:
        """Return how many messages a second were taken on in the last seconds."""
        passed = max(1.0, time.monotonic() - self._since)
        return max(self._before.get(key, 0.0), self._counts.get(key, 0) / passed)

    def heed(self, limits: Limits) -> bool:
        """Slow down what receivers complained of; return whether anything is slower now."""
        complaints: dict[str, Complaint] = {}
        pools: defaultdict[str, set[str]] = defaultdict(set)
        while self._desk.complaints:
            one = self._desk.complaints.popleft()
            key = _key(one)
            if key:
                complaints[key] = one
                pools[key].add(one.pool)
        changed = False
        for key, one in sorted(complaints.items()):
            limit = limits.limit(one.road.transport, one.provider) if key.startswith("lane:") else None
            rate = limit.per_second if limit is not None else one.road.rate or None
            measured = self._rate(key) * limits.workers
            said = f"{one.outcome.code or ''} {one.outcome.enhanced}".strip()
            if limiting.slow_down(key, allowed=Allowance(rate, None), measured=measured, said=said):
                changed = True
                self._desk.recalled |= dict.fromkeys(pools[key], time.monotonic())
                _log.warning("lane.slowed", lane=key, said=said)
        return changed


def _key(one: Complaint) -> str:
    """Return the bucket that a complaint is about; "" where it is about one small receiver among many.

    In direct delivery it is the provider who speaks. A relay speaks for itself, unless it passes on what the
    recipient's provider said.
    """
    if "/" in one.lane:
        return limiting.lane_key(one.road.transport, one.provider) if one.provider else ""
    passed_on = one.outcome.stage in ("rcpt", "data", "content") and one.outcome.code != 421
    if passed_on and one.provider:
        return limiting.lane_key(one.road.transport, one.provider)
    return limiting.road_key(one.road.transport)
