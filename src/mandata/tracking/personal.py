"""What tracking holds of one person, for `holdings`: events by the random reference, and a message's first acts by
its number.

Erased, an event stays as a statistic: the reference goes, with the network, the country and the program that could
single somebody out. The counters never knew a person.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from mandata.infra import bulk
from mandata.tracking.models import Event
from mandata.tracking.rules import Signal

Messages = Collection[tuple[UUID, UUID, int]]
"""Messages as (subscriber, campaign, number)."""


def count_events(subscribers: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many events are known of each subscriber."""
    return bulk.tally(
        "select subscriber_id, count(*) from tracking_event where subscriber_id = any(%b) group by 1", subscribers
    )


def events(subscriber: UUID) -> list[dict[str, object]]:
    """Return the subscriber's events, oldest first."""
    rows = Event.objects.filter(subscriber_id=subscriber).order_by("at")
    told = rows.values("at", "kind", "campaign_id", "link", "actor_class", "signals", "agent", "network", "country")
    return [
        {**row, "signals": [one.name.lower() for one in Signal if one.name and one & row["signals"]]} for row in told
    ]


def anonymise_events(subscribers: Sequence[UUID]) -> dict[UUID, int]:
    """Take the person out of the subscribers' events; return how many of each became statistics."""
    return bulk.tally(_ANONYMISE, subscribers)


# Who it was is joined, because a row that was changed returns what it has become.
_ANONYMISE = """
with done as (
    update tracking_event e set subscriber_id = null, agent = '', network = '', country = ''
    from unnest(%b::uuid[]) as w (id) where e.subscriber_id = w.id returning w.id
)
select id, count(*) from done group by 1
"""
_WANTED = (
    "unnest(%(subscribers)b::uuid[], %(campaigns)b::uuid[], %(numbers)b::int8[]) as w (subscriber, campaign, number)"
)
_MINE = "f.campaign_id = w.campaign and f.message = w.number"
_COUNT = f"select w.subscriber, count(*) from {_WANTED} join tracking_first f on {_MINE} group by 1"  # noqa: S608 - our own words
_DELETE = f"""
with gone as (delete from tracking_first f using {_WANTED} where {_MINE} returning w.subscriber)
select subscriber, count(*) from gone group by 1
"""  # noqa: S608 - our own words
_READ = f"""
select f.campaign_id, f.kind, f.link, f.at from {_WANTED} join tracking_first f on {_MINE} order by f.at
"""  # noqa: S608 - our own words


def count_firsts(messages: Messages) -> dict[UUID, int]:
    """Return how many first acts are known of each subscriber's messages."""
    return dict(_run(_COUNT, messages))


def delete_firsts(messages: Messages) -> dict[UUID, int]:
    """Delete the messages' first acts; return how many of each subscriber. The counters keep what they counted."""
    return dict(_run(_DELETE, messages))


def firsts(messages: Messages) -> list[dict[str, object]]:
    """Return the messages' first acts, oldest first."""
    names = ("campaign_id", "kind", "link", "at")
    return [dict(zip(names, row, strict=True)) for row in _run(_READ, messages)]


def _run(statement: str, messages: Messages) -> list[tuple[Any, ...]]:
    if not messages:
        return []
    subscribers, campaigns, numbers = zip(*messages, strict=True)
    wanted = {"subscribers": list(subscribers), "campaigns": list(campaigns), "numbers": list(numbers)}
    return bulk.execute(statement, wanted)


REACH: Final[Mapping[str, tuple[str, str, str]]] = {"events": ("tracking_event t", "t.subscriber_id", "t.at")}
"""By holding: rows, person and time of what many people are counted by (`holdings.rules.Reach`)."""
