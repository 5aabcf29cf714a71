"""What tracking holds of one person, for `holdings`: events by the random reference, and a message's first acts by
its number.

Erased, an event stays as a statistic: the reference goes, with the network and the program that could single somebody
out. The counters never knew a person.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

from mandata.tracking.models import Event
from mandata.tracking.rules import Signal

Messages = Collection[tuple[UUID, int]]
"""Messages as (campaign, number)."""


def count_events(subscriber: UUID) -> int:
    """Return how many events are known of the subscriber."""
    return Event.objects.filter(subscriber_id=subscriber).count()


def events(subscriber: UUID) -> list[dict[str, object]]:
    """Return the subscriber's events, oldest first."""
    rows = Event.objects.filter(subscriber_id=subscriber).order_by("at", "id")
    told = rows.values("at", "kind", "campaign_id", "link", "actor_class", "signals", "agent", "network")
    return [
        {**row, "signals": [one.name.lower() for one in Signal if one.name and one & row["signals"]]} for row in told
    ]


def anonymise_events(subscriber: UUID) -> int:
    """Take the person out of the subscriber's events; return how many became statistics."""
    return Event.objects.filter(subscriber_id=subscriber).update(subscriber_id=None, agent="", network="")


_COUNT = """
select count(*) from tracking_first
where (campaign_id, message) in (select * from unnest(%s::uuid[], %s::bigint[]))
"""
_DELETE = """
delete from tracking_first
where (campaign_id, message) in (select * from unnest(%s::uuid[], %s::bigint[]))
"""
_READ = """
select campaign_id, kind, link, at from tracking_first
where (campaign_id, message) in (select * from unnest(%s::uuid[], %s::bigint[])) order by at
"""


def count_firsts(messages: Messages) -> int:
    """Return how many first acts are known of the messages."""
    with _run(_COUNT, messages) as cursor:
        return int(cursor.fetchone()[0])


def delete_firsts(messages: Messages) -> int:
    """Delete the messages' first acts; return how many. The counters keep what they counted."""
    with _run(_DELETE, messages) as cursor:
        return int(cursor.rowcount)


def firsts(messages: Messages) -> list[dict[str, object]]:
    """Return the messages' first acts, oldest first."""
    names = ("campaign_id", "kind", "link", "at")
    with _run(_READ, messages) as cursor:
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def _run(statement: str, messages: Messages) -> Iterator[CursorWrapper]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [[campaign for campaign, _ in messages], [number for _, number in messages]])
        yield cursor
