"""Keeping events: the rows of the event table, who did something for the first time, and the counters.

The figures of a report are counted here, as events come in, and never from the rows of events.

Tens of thousands of events a second come through here, so columns go to PostgreSQL as its own array texts, which costs
a tenth of binding each value, and what is new among firsts is summed where it is found.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from mandata.infra import bulk
from mandata.infra.tenancy import current_controller
from mandata.tracking.rules import ANY_LINK

_HOUR_MS = 3_600_000
_DAY_MS = 86_400_000


class Seen(NamedTuple):
    """An event with everything that is known of it. Times are milliseconds since 1970 UTC; texts are ready to keep."""

    at_ms: int
    kind: str
    message_no: int
    subscriber_id: str | None
    provider: str
    link: int
    origin: str
    signals: int
    agent: str
    network: str
    country: str
    individual: bool


class _Key(NamedTuple):
    """What a counter counts."""

    hour_ms: int
    kind: str
    origin: str
    link: int
    provider: str


def keep(campaign_id: UUID, events: list[Seen]) -> None:
    """Keep the events of one campaign, in the open scope and transaction: rows, firsts, counters."""
    if not events:
        return
    counts, uniques = _counts(events), _new_firsts(campaign_id, events)
    _keep_events(campaign_id, [event for event in events if event.individual])
    # In one order everywhere, so that two processes never wait for each other crosswise.
    keys = sorted(counts)
    bulk.execute(
        _COUNTERS,
        {
            "controller": current_controller(),
            "campaign": campaign_id,
            "hours": [key[0] for key in keys],
            "kinds": [key[1] for key in keys],
            "origins": [key[2] for key in keys],
            "links": [key[3] for key in keys],
            "providers": [key[4] for key in keys],
            "counts": [counts[key] for key in keys],
            "uniques": [uniques.get(key, 0) for key in keys],
        },
    )


def _counts(events: Iterable[Seen]) -> dict[_Key, int]:
    counts: dict[_Key, int] = {}
    for at_ms, kind, _, _, provider, link, origin, _, _, _, _, _ in events:
        hour_ms = at_ms - at_ms % _HOUR_MS
        for one in (link,) if link == ANY_LINK else (link, ANY_LINK):
            key = _Key(hour_ms, kind, origin, one, provider)
            counts[key] = counts.get(key, 0) + 1
    return counts


def _new_firsts(campaign_id: UUID, events: Iterable[Seen]) -> dict[_Key, int]:
    """What people did for the first time with a message, summed by the counter it belongs to."""
    firsts: dict[tuple[int, str, int], tuple[int, str]] = {}
    for at_ms, kind, message, _, provider, link, origin, _, _, _, _, individual in events:
        if origin == "human" and individual:
            for one in (link,) if link == ANY_LINK else (link, ANY_LINK):
                first = (message, kind, one)
                known = firsts.get(first)
                if known is None or at_ms < known[0]:
                    firsts[first] = (at_ms, provider)
    if not firsts:
        return {}
    ordered = sorted(firsts)
    rows = bulk.execute(
        _FIRSTS,
        {
            "controller": current_controller(),
            "campaign": campaign_id,
            "messages": _array(first[0] for first in ordered),
            "kinds": _array(first[1] for first in ordered),
            "links": _array(first[2] for first in ordered),
            "times": _array(firsts[first][0] for first in ordered),
            "providers": _array(_quoted(firsts[first][1]) for first in ordered),
        },
    )
    return {_Key(hour_ms, kind, "human", link, provider): count for hour_ms, kind, link, provider, count in rows}


def _keep_events(campaign_id: UUID, events: list[Seen]) -> None:
    if not events:
        return
    for day in {event.at_ms // _DAY_MS for event in events}:
        bulk.execute("select tracking_ensure_month(to_timestamp(%b::bigint)::date)", [day * 86_400])
    at_ms, kind, _, subscriber, _, link, origin, signals, agent, network, country, _ = zip(*events, strict=True)
    bulk.execute(
        _EVENTS,
        {
            "controller": current_controller(),
            "campaign": campaign_id,
            "times": _array(at_ms),
            "kinds": _array(kind),
            "subscribers": _array("null" if one is None else one for one in subscriber),
            "links": _array(link),
            "origins": _array(origin),
            "signals": _array(map(int, signals)),
            "agents": _array(map(_quoted, agent)),
            "networks": _array(map(_quoted, network)),
            "countries": _array(map(_quoted, country)),
        },
    )


def _array(values: Iterable[object]) -> str:
    """PostgreSQL's text of an array. Texts that are not plain words come quoted."""
    return "{" + ",".join(map(str, values)) + "}"


@lru_cache(maxsize=65_536)
def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# A row of an event is nobody's reference, so its id is made by PostgreSQL.
_EVENTS = """
insert into tracking_event
    (controller_id, at, id, kind, campaign_id, subscriber_id, link, actor_class, signals, agent, network, country)
select %(controller)b, to_timestamp(e.at_ms / 1000.0), gen_random_uuid(), e.kind, %(campaign)b, e.subscriber_id, e.link,
    e.origin, e.signals, e.agent, e.network, e.country
from unnest(
    %(times)s::bigint[], %(kinds)s::text[], %(subscribers)s::uuid[], %(links)s::int[], %(origins)s::text[],
    %(signals)s::smallint[], %(agents)s::text[], %(networks)s::text[], %(countries)s::text[]
) as e(at_ms, kind, subscriber_id, link, origin, signals, agent, network, country)
"""

_FIRSTS = """
with given as (
    select *
    from unnest(%(messages)s::bigint[], %(kinds)s::text[], %(links)s::int[], %(times)s::bigint[], %(providers)s::text[])
        as f(message, kind, link, at_ms, provider)
), made as (
    insert into tracking_first (controller_id, campaign_id, message, kind, link, at)
    select %(controller)b, %(campaign)b, message, kind, link, to_timestamp(at_ms / 1000.0) from given
    on conflict do nothing
    returning message, kind, link
)
select at_ms - at_ms %% 3600000, kind, link, provider, count(*)
from made join given using (message, kind, link)
group by 1, 2, 3, 4
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
