"""Keeping events: the rows of the event table, who did something for the first time, and the counters.

The figures of a report are counted here, as events come in, and never from the rows of events.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from mandata.infra import bulk
from mandata.infra.clock import new_ids
from mandata.infra.tenancy import current_controller
from mandata.tracking.rules import ANY_LINK

_HOUR_MS = 3_600_000


class Seen(NamedTuple):
    """An event with everything that is known of it. Times are milliseconds since 1970 UTC; texts are ready to keep."""

    at_ms: int
    kind: str
    message_no: int
    subscriber_id: UUID | None
    provider: str
    link: int
    origin: str
    signals: int
    agent: str
    network: str
    individual: bool


class _Key(NamedTuple):
    hour_ms: int
    kind: str
    origin: str
    link: int
    provider: str


@dataclass(slots=True)
class _Count:
    count: int = 0
    uniques: int = 0


@dataclass(slots=True)
class Tally:
    """Collects the events of one campaign, then keeps them in three statements."""

    campaign_id: UUID
    events: list[Seen] = field(default_factory=list)

    def keep(self) -> None:
        """Write events, firsts and counters, in the open scope and transaction."""
        if not self.events:
            return
        counts = self._counts()
        for first, key in self._new_firsts():
            counts[key._replace(link=first[2])].uniques += 1
        self._keep_events()
        self._keep_counts(counts)

    def _counts(self) -> defaultdict[_Key, _Count]:
        counts: defaultdict[_Key, _Count] = defaultdict(_Count)
        for event in self.events:
            key = _key(event)
            counts[key].count += 1
            if event.link != ANY_LINK:
                counts[key._replace(link=ANY_LINK)].count += 1
        return counts

    def _new_firsts(self) -> Iterable[tuple[tuple[int, str, int], _Key]]:
        """What people did for the first time with a message: ((message, kind, link), counter) of what is new."""
        firsts: dict[tuple[int, str, int], Seen] = {}
        for event in self.events:
            if event.origin == "human" and event.individual:
                for link in {event.link, ANY_LINK}:
                    known = firsts.get((event.message_no, event.kind, link))
                    if known is None or event.at_ms < known.at_ms:
                        firsts[event.message_no, event.kind, link] = event
        new = bulk.execute(
            _FIRSTS,
            {
                "controller": current_controller(),
                "campaign": self.campaign_id,
                "messages": [message for message, _, _ in firsts],
                "kinds": [kind for _, kind, _ in firsts],
                "links": [link for _, _, link in firsts],
                "times": [event.at_ms for event in firsts.values()],
            },
        )
        return [(first, _key(firsts[first])) for first in new]

    def _keep_events(self) -> None:
        kept = [event for event in self.events if event.individual]
        for month in {event.at_ms // 86_400_000 for event in kept}:
            bulk.execute("select tracking_ensure_month(to_timestamp(%b::bigint)::date)", [month * 86_400])
        at_ms, kind, _, subscriber_id, _, link, origin, signals, agent, network, _ = (
            zip(*kept, strict=True) if kept else [()] * 11
        )
        bulk.execute(
            _EVENTS,
            {
                "controller": current_controller(),
                "campaign": self.campaign_id,
                "ids": new_ids(len(kept)),
                "times": list(at_ms),
                "kinds": list(kind),
                "subscribers": list(subscriber_id),
                "links": list(link),
                "origins": list(origin),
                "signals": list(signals),
                "agents": list(agent),
                "networks": list(network),
            },
        )

    def _keep_counts(self, counts: dict[_Key, _Count]) -> None:
        # In one order everywhere, so that two processes never wait for each other crosswise.
        keys = sorted(counts)
        bulk.execute(
            _COUNTERS,
            {
                "controller": current_controller(),
                "campaign": self.campaign_id,
                "hours": [key.hour_ms for key in keys],
                "kinds": [key.kind for key in keys],
                "origins": [key.origin for key in keys],
                "links": [key.link for key in keys],
                "providers": [key.provider for key in keys],
                "counts": [counts[key].count for key in keys],
                "uniques": [counts[key].uniques for key in keys],
            },
        )


def _key(event: Seen) -> _Key:
    return _Key(event.at_ms // _HOUR_MS * _HOUR_MS, event.kind, event.origin, event.link, event.provider)


_EVENTS = """
insert into tracking_event
    (controller_id, at, id, kind, campaign_id, subscriber_id, link, actor_class, signals, agent, network)
select %(controller)b, to_timestamp(e.at_ms / 1000.0), e.id, e.kind, %(campaign)b, e.subscriber_id, e.link, e.origin,
    e.signals, e.agent, e.network
from unnest(
    %(times)b::bigint[], %(ids)b::uuid[], %(kinds)b::text[], %(subscribers)b::uuid[], %(links)b::int[],
    %(origins)b::text[], %(signals)b::int[], %(agents)b::text[], %(networks)b::text[]
) as e(at_ms, id, kind, subscriber_id, link, origin, signals, agent, network)
"""

_FIRSTS = """
insert into tracking_first (controller_id, campaign_id, message, kind, link, at)
select %(controller)b, %(campaign)b, f.message, f.kind, f.link, to_timestamp(f.at_ms / 1000.0)
from unnest(%(messages)b::bigint[], %(kinds)b::text[], %(links)b::int[], %(times)b::bigint[])
    as f(message, kind, link, at_ms)
on conflict do nothing
returning message, kind, link
"""

_COUNTERS = """
insert into tracking_counter (controller_id, campaign_id, hour, kind, actor_class, link, provider, count, uniques)
select %(controller)b, %(campaign)b, to_timestamp(c.hour_ms / 1000.0), c.kind, c.origin, c.link, c.provider, c.count,
    c.uniques
from unnest(
    %(hours)b::bigint[], %(kinds)b::text[], %(origins)b::text[], %(links)b::int[], %(providers)b::text[],
    %(counts)b::bigint[], %(uniques)b::bigint[]
) as c(hour_ms, kind, origin, link, provider, count, uniques)
on conflict (controller_id, campaign_id, hour, kind, actor_class, link, provider)
do update set count = tracking_counter.count + excluded.count, uniques = tracking_counter.uniques + excluded.uniques
"""
