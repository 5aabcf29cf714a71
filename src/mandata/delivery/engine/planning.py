"""What a worker may claim of a campaign now: by provider, within windows, limits, plans and leased connections.

Unlimited providers of a relay share one pool and one window; a provider with a lane or a limit of its own has its own,
so that one that is slow or throttled takes up no room of the others.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.delivery.engine.desk import Desk
from mandata.delivery.engine.loading import Loaded
from mandata.delivery.engine.windows import MOST, Window
from mandata.delivery.rules.limits import Allowance, Ask
from mandata.delivery.rules.sharing import spread
from mandata.delivery.services import claiming, limiting
from mandata.delivery.services.limiting import Limits
from mandata.delivery.transports.port import Road

_LIMITS_KEPT: Final = 1.0
_BACKLOG_KEPT: Final = 2.0
_BARE: Final = 0.3
"""Seconds for which a provider that gave less than was wanted is passed over: nothing is due, or others have it."""
_LEAST_WAIT, _MOST_WAIT = 0.1, 15.0
_LEASE_EVERY: Final = 5.0
_RESTING: Final = 20.0
"""Seconds, more than an idle connection is kept, after which connections over which nothing went are others'."""
_CHUNK: Final = 50
_FIRST: Final = 500
"""So many messages lie ready before it is known how many are taken."""
_LEAST_OF_A_PROVIDER: Final = 10
_LEAST_OF_A_LANE, _FIRST_OF_A_LANE, _LANES_KEPT = 20, 200, 5_000


@dataclass(slots=True)
class Plan:
    """How many messages of each provider to claim, in which pools they go, and which buckets granted them.

    `wait`: seconds until something of what is shut opens again, where there was nothing to claim but that.
    """

    wants: dict[str, int] = field(default_factory=dict)
    pools: dict[str, str] = field(default_factory=dict)
    buckets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    wait: float | None = None

    @property
    def opens_in(self) -> float:
        """Seconds until it is worth looking again: at once where no limit stands in the way."""
        return self.wait or 0.0

    def unused(self, got: Mapping[str, int]) -> dict[str, int]:
        """Return bucket -> messages that were granted and not found."""
        back: dict[str, int] = {}
        for provider, keys in self.buckets.items():
            missing = self.wants.get(provider, 0) - got.get(provider, 0)
            for key in keys:
                back[key] = back.get(key, 0) + missing
        return back


class Planner:
    """See the module; one for each worker, in its supply thread."""

    def __init__(self, desk: Desk, worker_id: UUID, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._worker_id = worker_id
        self._clock = clock
        self._limits = Limits()
        self._limits_until = 0.0
        self._windows: dict[str, Window] = {}
        self._total = Window(_CHUNK, _FIRST, clock())
        self._rooms: dict[str, int] = {}
        self._lane_windows: dict[str, Window] = {}
        self._backlogs: dict[UUID, tuple[float, dict[str, int]]] = {}
        self._bare: dict[tuple[UUID, str], float] = {}
        self._shut: dict[tuple[str, ...], tuple[float, float]] = {}
        self._leases: dict[str, tuple[float, int, int]] = {}

    # -- room ------------------------------------------------------------------------------------------------------

    def room(self) -> int:
        """Return how many messages to claim in all, in whole chunks; 0 while a third of the window lies ready: a claim
        costs about the same for few as for many, and the transport must not run dry while one is made."""
        at, desk = self._clock(), self._desk
        if desk.starved:
            desk.starved = False
            self._total.starved()
        self._total.measure(at, sum(list(desk.taken.values())))
        ready = 0
        for pool, window in self._windows.items():
            window.measure(at, desk.taken.get(pool, 0))
            waiting = desk.waiting(pool)
            if waiting and window.stands(at):
                continue  # it is slow: what lies there keeps nobody else from working
            ready += waiting
        self._rooms.clear()
        missing = self._total.size - max(0, ready - desk.late(at))  # nor does what waits for a single slow receiver
        return -(-missing // _CHUNK) * _CHUNK if missing * 3 >= self._total.size * 2 else 0

    def _pool_room(self, pool: str) -> int:
        window = self._windows.get(pool)
        if window is None:
            shared = pool.endswith("\0*")
            window = self._windows[pool] = Window(
                _CHUNK if shared else _LEAST_OF_A_PROVIDER, MOST if shared else _CHUNK, self._clock()
            )
        if pool.endswith("\0*"):
            return MOST
        waiting = self._desk.waiting(pool)
        if not waiting and self._desk.laid.get(pool):
            window.starved()
        missing = window.size - waiting
        return missing if missing * 2 >= window.size else 0

    def fits(self, lane: str) -> bool:
        """Return whether there is room for one more in the lane of a single receiver, and take it: as much as it takes
        in half a second. What does not fit waits in the queue, where it is in nobody's way."""
        if "/" not in lane:
            return True
        left = self._rooms.get(lane)
        if left is None:
            at, waiting = self._clock(), self._desk.waiting_in(lane)
            if len(self._lane_windows) > _LANES_KEPT:
                self._lane_windows = {key: one for key, one in self._lane_windows.items() if not one.stands(at)}
            window = self._lane_windows.setdefault(lane, Window(_LEAST_OF_A_LANE, _FIRST_OF_A_LANE, at))
            window.measure(at, self._desk.taken_in.get(lane, 0))
            if not waiting:
                window.starved()
            left = window.size - waiting
        self._rooms[lane] = left - 1
        return left > 0

    # -- what is known ---------------------------------------------------------------------------------------------

    def limits(self, at: datetime) -> Limits:
        """Return what holds, at most a second old."""
        if self._clock() >= self._limits_until:
            self._limits = limiting.current(at=at)
            self._limits_until = self._clock() + _LIMITS_KEPT
        return self._limits

    def look_again(self) -> None:
        """Something changed: read the limits anew."""
        self._limits_until = 0.0

    def backlog(self, loaded: Loaded) -> dict[str, int]:
        """Return what is to be sent of a campaign to each provider, about."""
        kept = self._backlogs.get(loaded.campaign_id)
        if kept is None or self._clock() >= kept[0]:
            found = claiming.backlog(controller_id=loaded.controller_id, campaign_id=loaded.campaign_id)
            kept = self._backlogs[loaded.campaign_id] = (self._clock() + _BACKLOG_KEPT, found)
        return kept[1]

    def forget(self, campaign_id: UUID) -> None:
        """A campaign's state changed: count anew."""
        self._backlogs.pop(campaign_id, None)

    # -- the plan --------------------------------------------------------------------------------------------------

    def plan(self, loaded: Loaded, road: Road, room: int, at: datetime) -> Plan:
        """Return what of a campaign to claim now on a road, granted by every limit there is."""
        limits, plan = self.limits(at), Plan()
        open_, allowed = self._open(loaded, road, limits, plan, at)
        shares = spread(room, open_)
        asked = {provider: count for provider, count in shares.items() if allowed.get(provider)}
        if asked:
            self._ask(asked, allowed, plan)
        free = {provider: count for provider, count in open_.items() if not allowed.get(provider)}
        plan.wants |= spread(room - sum(plan.wants.values()), free)
        if plan.wants:
            plan.wait = None
        return plan

    def _open(
        self, loaded: Loaded, road: Road, limits: Limits, plan: Plan, at: datetime
    ) -> tuple[dict[str, int], dict[str, dict[str, Allowance]]]:
        """Return how many of each provider there is room for, and the buckets of those with limits."""
        found: dict[str, int] = {}
        allowed: dict[str, dict[str, Allowance]] = {}
        clock, domain = self._clock(), loaded.domain
        for provider, count in self.backlog(loaded).items():
            if count <= 0 or self._bare.get((loaded.campaign_id, provider), 0.0) > clock:
                continue
            buckets = limits.buckets(road, provider, domain, at)
            until, wait = self._shut.get(tuple(sorted(buckets)), (0.0, 0.0)) if buckets else (0.0, 0.0)
            if until > clock:
                plan.wait = wait if plan.wait is None else min(plan.wait, wait)
                continue
            own = road.direct or bool(buckets)
            pool = f"{road.key}\0{provider if own else '*'}"
            room = self._pool_room(pool)
            if room <= 0 or (road.direct and not self._connected(road, provider, limits)):
                continue
            plan.pools[provider] = pool
            found[provider] = min(count, room)
            if buckets:
                allowed[provider] = buckets
        return found, allowed

    def _ask(self, asked: Mapping[str, int], allowed: Mapping[str, dict[str, Allowance]], plan: Plan) -> None:
        asks = {provider: Ask(count, tuple(sorted(allowed[provider]))) for provider, count in asked.items()}
        together = {key: one for provider in asked for key, one in allowed[provider].items()}
        granted = limiting.grant(list(asks.values()), together)
        for (provider, ask), got in zip(asks.items(), granted, strict=True):
            if got.messages:
                plan.wants[provider] = got.messages
                plan.buckets[provider] = ask.buckets
            if got.messages < ask.messages:
                wait = got.wait.total_seconds()
                self._shut[ask.buckets] = (self._clock() + min(_MOST_WAIT, max(_LEAST_WAIT, wait)), wait)
                if not got.messages:
                    plan.wait = wait if plan.wait is None else min(plan.wait, wait)

    def claimed(self, loaded: Loaded, plan: Plan, got: Mapping[str, int]) -> None:
        """Take note of what a claim found; what was granted and not found goes back."""
        kept = self._backlogs.get(loaded.campaign_id)
        for provider, wanted in plan.wants.items():
            found = got.get(provider, 0)
            if kept is not None:
                kept[1][provider] = kept[1].get(provider, 0) - found
            if found < wanted:
                self._bare[(loaded.campaign_id, provider)] = self._clock() + _BARE
        if len(self._bare) > 1_000:
            self._bare = {key: until for key, until in self._bare.items() if until > self._clock()}
        limiting.give_back(plan.unused(got))

    # -- connections -----------------------------------------------------------------------------------------------

    def learn(self, road: Road, provider: str, lane: str) -> None:
        """A road leads to this provider by this lane; where its connections are limited, the lane shares them."""
        if road.direct and provider and lane not in self._desk.groups:
            key = limiting.lane_key(road.transport, provider)
            if key in self._leases:
                self._desk.groups[lane] = key

    def _connected(self, road: Road, provider: str, limits: Limits) -> bool:
        """Return whether this worker may have a connection to a provider, leasing it where there is a limit."""
        most = limits.limit(road.transport, provider).connections if provider else None
        key = limiting.lane_key(road.transport, provider)
        if most is None:
            if key in self._leases:  # the limit was lifted
                self._let_go(key)
            return True
        until, leased, _ = self._leases.get(key, (0.0, 0, 0))
        if self._clock() >= until:
            # Never fewer than before: what is open cannot be given up before it is closed.
            self._lease(key, max(leased, -(-most // limits.workers)), most)
        return self._leases[key][1] > 0

    def _lease(self, key: str, wanted: int, most: int) -> None:
        leased = limiting.hold(key=key, worker_id=self._worker_id, wanted=wanted, most=most)
        self._leases[key] = (self._clock() + _LEASE_EVERY, leased, most)
        self._desk.leases[key] = leased

    def rest(self) -> None:
        """Keep the leases of connections over which something goes; give up those over which nothing went lately."""
        busy = {self._desk.groups.get(lane) for lane in self._desk.under_way()}
        for key, (until, leased, most) in list(self._leases.items()):
            if key in busy:
                self._lease(key, leased, most)
            elif self._clock() > until + _RESTING:
                self._let_go(key)

    def _let_go(self, key: str) -> None:
        limiting.let_go(worker_id=self._worker_id, keys=[key])
        del self._leases[key]
        self._desk.leases.pop(key, None)
