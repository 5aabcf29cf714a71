"""Keeping events: the rows of the event table, who did something for the first time, and the counters.

The figures of a report are counted here, as events come in, and never from the rows of events.

Tens of thousands of events a second come through here, so one statement does it all: it joins each event with its
message, decides by the time since delivery which of its shape's verdicts holds, and writes rows, firsts and counters.
What many events have in common (a shape, a network) goes over the wire once, and columns go as PostgreSQL's own array
texts, which costs a tenth of binding each value.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

from mandata.infra import bulk
from mandata.infra.tenancy import current_controller
from mandata.tracking import rules
from mandata.tracking.countries import country
from mandata.tracking.rules import ANY_LINK, Kind, Verdict

_DAY_MS: Final = 86_400_000
_KINDS: Final = tuple(Kind)
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('tracking ' || %b::text, 0))"


class Shape(NamedTuple):
    """What an event has in common with many: all that is kept of it but when, of which message, and from where.

    `verdicts` are for an event so soon after delivery as no person is, as no image proxy is, and later. `individual`:
    whether the person's row is kept, or counts only.
    """

    kind: Kind
    agent: str
    verdicts: tuple[Verdict, Verdict, Verdict]
    individual: bool


@dataclass(slots=True)
class Batch:
    """Events of one campaign, in columns of one length.

    `times` are milliseconds since 1970 UTC; `links` have ANY_LINK for what is no click; `shapes` and `networks` are
    places in `forms` and `sources`.
    """

    times: list[int] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    shapes: list[int] = field(default_factory=list)
    networks: list[int] = field(default_factory=list)
    forms: dict[Shape, int] = field(default_factory=dict)
    sources: dict[bytes, int] = field(default_factory=dict)

    def add(self, at_ms: int, message_no: int, link: int, shape: Shape, network: bytes) -> None:
        """Add one event; for the few. Who has very many fills the columns."""
        self.times.append(at_ms)
        self.messages.append(message_no)
        self.links.append(link)
        self.shapes.append(self.forms.setdefault(shape, len(self.forms)))
        self.networks.append(self.sources.setdefault(network, len(self.sources)))


def keep(campaign_id: UUID, events: Batch) -> None:
    """Keep the events of one campaign, in the open scope and transaction: rows, firsts, counters."""
    if not events.times:
        return
    for day in {at_ms // _DAY_MS for at_ms in events.times}:
        bulk.execute("select tracking_ensure_month(to_timestamp(%b::bigint)::date)", [day * 86_400])
    left = any(shape.kind is Kind.UNSUBSCRIBE for shape in events.forms)
    # One process at a time looks for a campaign's firsts; unsubscriptions have no first in common with other events,
    # and never wait for them.
    bulk.execute(_LOCK, [f"{campaign_id} {left}"])
    # The planner takes what a statement has just made for a handful, and would compare all of it with all of it.
    bulk.execute("set local enable_nestloop = off", [])
    forms = [(3 * place + stage, shape, stage) for shape, place in events.forms.items() for stage in range(3)]
    bulk.execute(
        _KEEP,
        {
            "controller": current_controller(),
            "campaign": campaign_id,
            "soon": rules.SOONEST_PERSON_SECONDS,
            "ahead": rules.PROXY_AHEAD_SECONDS,
            "any": ANY_LINK,
            "times": _array(events.times),
            "messages": _array(events.messages),
            "links": _array(events.links),
            "shapes": _array(events.shapes),
            "networks": _array(events.networks),
            "forms": [place for place, _, _ in forms],
            "kinds": [shape.kind.value for _, shape, _ in forms],
            "kindnos": [_KINDS.index(shape.kind) for _, shape, _ in forms],
            "agents": [shape.agent for _, shape, _ in forms],
            "individual": [shape.individual for _, shape, _ in forms],
            "origins": [shape.verdicts[stage].origin.value for _, shape, stage in forms],
            "signals": [int(shape.verdicts[stage].signals) for _, shape, stage in forms],
            "classes": _array(f'"{rules.network_text(one)}"' for one in events.sources),
            "countries": _array(f'"{country(one)}"' for one in events.sources),
        },
    )
    bulk.execute("set local enable_nestloop = on", [])


def _array(values: Iterable[object]) -> str:
    """PostgreSQL's text of an array of numbers or of quoted plain words."""
    return "{" + ",".join(map(str, values)) + "}"


# `given` joins each event with its message by one look into an index, however large the campaign is, and in the order
# of the messages, so that neighbours are found on the same pages. It holds numbers: words join when they are written,
# and what is grouped is grouped by numbers. Firsts are looked for before they are written, which `on conflict` does at
# twice the cost; the lock in `keep` makes it safe. Uniques belong to the hour of the first act. A link's counters know
# neither hour (1970 stands there) nor provider: who reads a report by link asks for neither, and a campaign would have
# a hundred times as many. Counters are written in one order everywhere, so that two processes never wait for each
# other crosswise.
_KEEP = """
with form as materialized (
    select place, kind, agent, individual, origin, signals, kindno from unnest(
        %(forms)b::int[], %(kinds)b::text[], %(agents)b::text[], %(individual)b::bool[],
        %(origins)b::text[], %(signals)b::smallint[], %(kindnos)b::smallint[]
    ) as f(place, kind, agent, individual, origin, signals, kindno)
), given as materialized (
    select e.at_ms, e.message, e.link, e.source, m.subscriber_id, coalesce(m.provider, '') as provider,
        3 * e.shape + case
            when m.sent is null or e.at_ms / 1000::float8 - m.sent >= %(ahead)b then 2
            when e.at_ms / 1000::float8 - m.sent >= %(soon)b then 1
            else 0 end as place
    from (
        select at_ms, message, link, shape, source from unnest(
            %(times)s::bigint[], %(messages)s::bigint[], %(links)s::int[], %(shapes)s::int[], %(networks)s::int[]
        ) as e(at_ms, message, link, shape, source)
        order by message
    ) e
    left join lateral (
        select subscriber_id, provider, extract(epoch from sent_at)::float8 as sent from delivery_message
        where controller_id = %(controller)b and campaign_id = %(campaign)b and number = e.message
        offset 0
    ) m on true
), kept as (
    insert into tracking_event
        (controller_id, at, kind, campaign_id, subscriber_id, link, actor_class, signals, agent, network, country)
    select %(controller)b, to_timestamp(g.at_ms / 1000::float8), f.kind, %(campaign)b, g.subscriber_id, g.link,
        f.origin, f.signals, f.agent, n.network, n.country
    from given g
    join form f on f.place = g.place
    join unnest(%(classes)s::text[], %(countries)s::text[]) with ordinality as n(network, country, number)
    on n.number = g.source + 1
    where f.individual order by g.subscriber_id
), human as materialized (
    select g.message, f.kindno, g.link, g.at_ms, g.provider
    from given g join form f on f.place = g.place where f.individual and f.origin = 'human'
), acted as materialized (
    select message, kindno, link, min(at_ms) as at_ms, min(provider) as provider
    from (
        select message, kindno, link, at_ms, provider from human
        union all
        select message, kindno, %(any)b, at_ms, provider from human where link <> %(any)b
    ) as acts
    group by message, kindno, link
), first as materialized (
    select a.message, w.kind, a.link, a.at_ms, a.provider
    from (select message, kindno, link, at_ms, provider from acted order by message, kindno, link) a
    join (select distinct kindno, kind from form) w on w.kindno = a.kindno
    left join lateral (
        select true as known from tracking_first k
        where k.controller_id = %(controller)b and k.campaign_id = %(campaign)b and k.message = a.message
            and k.kind = w.kind and k.link = a.link
        offset 0
    ) k on true
    where k.known is null
), noted as (
    insert into tracking_first (controller_id, campaign_id, message, kind, link, at)
    select %(controller)b, %(campaign)b, message, kind, link, to_timestamp(at_ms / 1000::float8)
    from first order by message, kind, link
), placed as materialized (
    select at_ms / 3600000 as hour, place, link, provider, count(*) as count
    from given group by at_ms / 3600000, place, link, provider
), counted as (
    select p.hour, f.kind, f.origin, f.signals, p.link, p.provider, p.count
    from placed p join form f on f.place = p.place
), explained as (
    insert into tracking_reason (controller_id, campaign_id, kind, actor_class, signals, count)
    select %(controller)b, %(campaign)b, kind, origin, signals, sum(count)
    from counted where signals <> 0 group by kind, origin, signals order by kind, origin, signals
    on conflict (controller_id, campaign_id, kind, actor_class, signals)
    do update set count = tracking_reason.count + excluded.count
), summed as (
    select hour, kind, origin, %(any)b as link, provider, sum(count) as count, 0::bigint as uniques
    from counted group by hour, kind, origin, provider
    union all
    select 0, kind, origin, link, '', sum(count), 0 from counted where link <> %(any)b group by kind, origin, link
    union all
    select at_ms / 3600000, kind, 'human', link, provider, 0, count(*)
    from first where link = %(any)b group by 1, 2, 4, 5
    union all
    select 0, kind, 'human', link, '', 0, count(*)
    from first where link <> %(any)b group by kind, link
)
insert into tracking_counter (controller_id, campaign_id, hour, kind, actor_class, link, provider, count, uniques)
select %(controller)b, %(campaign)b, to_timestamp(hour * 3600), kind, origin, link, provider,
    sum(count)::bigint, sum(uniques)::bigint
from summed group by hour, kind, origin, link, provider
order by hour, kind, origin, link, provider
on conflict (controller_id, campaign_id, hour, kind, actor_class, link, provider)
do update set count = tracking_counter.count + excluded.count, uniques = tracking_counter.uniques + excluded.uniques
"""
