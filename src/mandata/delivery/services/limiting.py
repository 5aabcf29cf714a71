"""Limits that all workers share: what holds, grants from the buckets, slow-downs, leases of connections.

Everything here is the installation's, not a controller's: no scope is open, and each verb commits before it returns.
The instant is the database's, so that hosts whose clocks differ share a bucket exactly (decision 0016).
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import transaction

from mandata.delivery import catalogue
from mandata.delivery.models import Hold, Lane, Rule, Warmup, Worker
from mandata.delivery.rules import limits, warmup
from mandata.delivery.rules.limits import Allowance, Ask, Bucket, Limit
from mandata.delivery.transports.port import Road
from mandata.infra import bulk

HOLD: Final = timedelta(seconds=60)
"""A worker that is not heard of so long has lost the connections it leased."""

_MAKE = """
insert into delivery_lane (key, tokens, filled_at, day, granted, said)
select key, 0, clock_timestamp(), (clock_timestamp() at time zone 'utc')::date, 0, ''
from unnest(%(keys)s::text[]) k (key)
order by key on conflict do nothing
"""
_LOCK = """
select key, tokens, filled_at, day, granted, pace, ceiling, slowed_at from delivery_lane
where key = any(%(keys)s::text[]) order by key for update
"""
_KEEP = """
update delivery_lane l set tokens = t.tokens, filled_at = t.filled_at, day = t.day, granted = t.granted
from unnest(%(keys)s::text[], %(tokens)s::float8[], %(filled)s::timestamptz[], %(days)s::date[], %(granted)s::int[])
     t (key, tokens, filled_at, day, granted)
where l.key = t.key
"""
_RETURN = """
update delivery_lane l set
    tokens = l.tokens + t.messages,
    granted = case when l.day = (clock_timestamp() at time zone 'utc')::date
              then greatest(0, l.granted - t.messages) else l.granted end
from (select * from unnest(%(keys)s::text[], %(messages)s::int[]) u (key, messages) order by key) t where l.key = t.key
"""
_CLOCK = "select clock_timestamp()"


class Plan(NamedTuple):
    """A warm-up plan in force."""

    messages: tuple[int, ...]
    begins_on: date


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds now; looked up anew every second."""

    rules: limits.Rules = field(default_factory=dict)
    plans: Mapping[tuple[str, str], Plan] = field(default_factory=dict)
    slow: Mapping[str, Bucket] = field(default_factory=dict)
    workers: int = 1

    def limit(self, transport: int, provider: str) -> Limit:
        """Return the operator's limit for a provider, its connections also from what is shipped."""
        found = limits.limit_of(self.rules, transport, provider)
        if found.connections is None and provider:
            found = found._replace(connections=catalogue.connections(provider))
        return found

    def buckets(self, road: Road, provider: str, domain: str, at: datetime) -> dict[str, Allowance]:
        """Return the buckets of which a message to a provider takes a token, each with what may be used of it; nothing
        where no limit holds."""
        found: dict[str, Allowance] = {}
        limit = self.limit(road.transport, provider)
        self._add(found, road_key(road.transport), road.rate or None, road.daily or None, at)
        self._add(found, lane_key(road.transport, provider), limit.per_second, limit.daily, at)
        for kind, name in (("domain", domain), ("source", road.source)):
            plan = self.plans.get((kind, name)) if name else None
            if plan is not None:
                cap = warmup.cap(plan.messages, plan.begins_on, at.date())
                self._add(found, f"{kind}:{name}", None, cap, at)
        return found

    def _add(self, found: dict[str, Allowance], key: str, rate: float | None, daily: int | None, at: datetime) -> None:
        slow = self.slow.get(key)
        if rate is not None or daily is not None or (slow is not None and limits.pace(slow, at) is not None):
            found[key] = Allowance(rate, daily)


def road_key(transport: int) -> str:
    """Return the key of the bucket of all that goes by one transport."""
    return f"road:{transport}"


def lane_key(transport: int, provider: str) -> str:
    """Return the key of the bucket of one provider on one transport."""
    return f"lane:{transport}:{provider}"


def current(*, at: datetime) -> Limits:
    """Return what holds now, and how many workers share it."""
    rules = {
        (one.transport, one.provider): Limit(one.per_second, one.connections, one.daily) for one in Rule.objects.all()
    }
    plans = {(one.kind, one.name): Plan(tuple(one.plan), one.begins_on) for one in Warmup.objects.all()}
    slow = {one.key: bucket(one) for one in Lane.objects.filter(slowed_at__isnull=False)}
    alive = Worker.objects.filter(seen_at__gt=at - HOLD).count()
    return Limits(rules, plans, slow, max(1, alive))


def bucket(row: Lane) -> Bucket:
    """Return a stored bucket as the rules take it."""
    return Bucket(row.tokens, row.filled_at, row.day, row.granted, row.pace, row.ceiling, row.slowed_at)


class Granted(NamedTuple):
    """What an ask got, and how long until its buckets have something again."""

    messages: int
    wait: timedelta


def grant(asks: Sequence[Ask], allowed: Mapping[str, Allowance]) -> list[Granted]:
    """Grant messages from the shared buckets, the first ask first; return what each one got, committed."""
    keys = sorted(allowed)
    with _at_once():
        held, at = _locked(keys)
        held = {key: limits.filled(one, allowed[key], at) for key, one in held.items()}
        granted = limits.grant(asks, {key: limits.stock(one, allowed[key], at) for key, one in held.items()})
        for ask, messages in zip(asks, granted, strict=True):
            for key in ask.buckets:
                held[key] = limits.spent(held[key], messages)
        _keep(held)
    waits = {key: limits.wait(one, allowed[key], at) for key, one in held.items()}
    return [
        Granted(messages, max((waits[key] for key in ask.buckets), default=timedelta()))
        for ask, messages in zip(asks, granted, strict=True)
    ]


def give_back(messages: Mapping[str, int]) -> None:
    """Put back what was granted and not used, bucket -> messages."""
    used = {key: count for key, count in sorted(messages.items()) if count > 0}
    if used:
        with _at_once():
            _locked(sorted(used))  # in the order in which everybody takes them
            bulk.execute(_RETURN, {"keys": list(used), "messages": list(used.values())})


def slow_down(key: str, *, allowed: Allowance, measured: float, said: str) -> bool:
    """A provider said that too much comes too fast: halve its pace. Return whether that changed anything."""
    with _at_once():
        held, at = _locked([key])
        before = held[key]
        after = limits.slowed(limits.filled(before, allowed, at), allowed, measured, at)
        if after.slowed_at == before.slowed_at:
            return False
        Lane.objects.filter(key=key).update(
            tokens=0.0, pace=after.pace, ceiling=after.ceiling, slowed_at=after.slowed_at, filled_at=at, said=said[:20]
        )
    return True


def hold(*, key: str, worker_id: UUID, wanted: int, most: int) -> int:
    """Lease connections to a provider for a minute; return how many this worker may have, at most `wanted`. All workers
    together never have more than `most`."""
    with _at_once():
        _, at = _locked([key])
        Hold.objects.filter(key=key, until__lte=at).delete()
        taken = sum(
            Hold.objects.filter(key=key).exclude(worker_id=worker_id).values_list("connections", flat=True), start=0
        )
        mine = max(0, min(wanted, most - taken))
        if mine:
            row = Hold(key=key, worker_id=worker_id, connections=mine, until=at + HOLD)
            Hold.objects.bulk_create(
                [row], update_conflicts=True, unique_fields=["key", "worker_id"],
                update_fields=["connections", "until"],
            )  # fmt: skip
        else:
            Hold.objects.filter(key=key, worker_id=worker_id).delete()
    return mine


def let_go(*, worker_id: UUID, keys: Iterable[str] | None = None) -> None:
    """Give up leased connections, all of a worker's without `keys`."""
    held = Hold.objects.filter(worker_id=worker_id)
    (held if keys is None else held.filter(key__in=list(keys))).delete()


def _at_once() -> "AbstractContextManager[Any]":
    return transaction.atomic()


def _locked(keys: Sequence[str]) -> tuple[dict[str, Bucket], datetime]:
    """Lock buckets in the order of their keys; return them, made where they are new, and the database's time."""
    rows = bulk.execute(_LOCK, {"keys": list(keys)})
    if len(rows) < len(keys):
        bulk.execute(_MAKE, {"keys": list(keys)})
        rows = bulk.execute(_LOCK, {"keys": list(keys)})
    return {key: Bucket(*rest) for key, *rest in rows}, bulk.execute(_CLOCK, [])[0][0]


def _keep(held: Mapping[str, Bucket]) -> None:
    values = {
        "keys": list(held),
        "tokens": [one.tokens for one in held.values()],
        "filled": [one.filled_at for one in held.values()],
        "days": [one.day for one in held.values()],
        "granted": [one.granted for one in held.values()],
    }
    bulk.execute(_KEEP, values)
