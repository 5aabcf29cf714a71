"""What goes by its age here, for `holdings.ageing`: events, and the first acts of a campaign's messages.

The figures of a report stay: they were counted when things happened and never knew a person. In the open scope.
"""

from datetime import datetime
from typing import Final

from mandata.infra import bulk

_OLD: Final = "select count(*) from tracking_event where at < %(before)b"
# A row is named by its partition and its place there: the table has no key, so that it is quick to write.
_DROP: Final = """
with old as materialized (
    select tableoid as partition, ctid as place from tracking_event where at < %(before)b limit %(limit)b
), gone as (
    delete from tracking_event e using old
    where e.at < %(before)b and e.tableoid = old.partition and e.ctid = old.place returning 1
)
select count(*) from gone
"""
_ENDED: Final = """
from tracking_first f join campaigns_campaign c on c.id = f.campaign_id
where c.state in ('finished', 'cancelled') and coalesce(c.finished_at, c.updated_at) < %(before)b
"""
_FIRSTS: Final = f"select count(*) {_ENDED}"
_DROP_FIRSTS: Final = f"""
with old as materialized (select f.campaign_id, f.message, f.kind, f.link {_ENDED} limit %(limit)b), gone as (
    delete from tracking_first f using old
    where f.campaign_id = old.campaign_id and f.message = old.message and f.kind = old.kind and f.link = old.link
    returning 1
)
select count(*) from gone
"""  # noqa: S608 - our own words


def count_events(before: datetime) -> int:
    """Return how many events are older than an instant."""
    return int(bulk.execute(_OLD, {"before": before})[0][0])


def drop_events(before: datetime, limit: int) -> int:
    """Delete at most so many events that are older; return how many."""
    return int(bulk.execute(_DROP, {"before": before, "limit": limit})[0][0])


def count_firsts(before: datetime) -> int:
    """Return how many first acts there are of campaigns that ended before an instant."""
    return int(bulk.execute(_FIRSTS, {"before": before})[0][0])


def drop_firsts(before: datetime, limit: int) -> int:
    """Delete at most so many of them; return how many."""
    return int(bulk.execute(_DROP_FIRSTS, {"before": before, "limit": limit})[0][0])
