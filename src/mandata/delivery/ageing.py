"""What goes by its age here, for `holdings.ageing`: who got which campaign, and what came back.

Counters and reports stay: they are numbers. In the open scope.
"""

from datetime import datetime
from typing import Final

from mandata.infra import bulk

_ENDED: Final = """
select id from campaigns_campaign
where state in ('finished', 'cancelled') and coalesce(finished_at, updated_at) < %(before)b
"""
_MESSAGES: Final = f"select count(*) from delivery_message where campaign_id in ({_ENDED})"  # noqa: S608 - our own words
_UNDER_WAY: Final = """
select count(*) from delivery_message where campaign_id in (
    select id from campaigns_campaign
    where state not in ('draft', 'finished', 'cancelled') and launched_at < %(before)b
)
"""
_DROP_MESSAGES: Final = f"""
with old as materialized (
    select m.campaign_id, m.subscriber_id from delivery_message m where m.campaign_id in ({_ENDED}) limit %(limit)b
), gone as (
    delete from delivery_message m using old
    where m.campaign_id = old.campaign_id and m.subscriber_id = old.subscriber_id returning 1
)
select count(*) from gone
"""  # noqa: S608 - our own words
_RETURNS: Final = "select count(*) from delivery_return where received_at < %(before)b"
_DROP_RETURNS: Final = """
with old as materialized (
    select id from delivery_return where received_at < %(before)b order by received_at limit %(limit)b
), gone as (delete from delivery_return r using old where r.id = old.id returning 1)
select count(*) from gone
"""


def count_messages(before: datetime) -> int:
    """Return how many messages there are of campaigns that ended before an instant."""
    return int(bulk.execute(_MESSAGES, {"before": before})[0][0])


def messages_under_way(before: datetime) -> int:
    """Return how many messages stay because their campaign, though launched before, has not ended."""
    return int(bulk.execute(_UNDER_WAY, {"before": before})[0][0])


def drop_messages(before: datetime, limit: int) -> int:
    """Delete at most so many messages of campaigns that ended before; return how many."""
    return int(bulk.execute(_DROP_MESSAGES, {"before": before, "limit": limit})[0][0])


def count_returns(before: datetime) -> int:
    """Return how many bounces, complaints and replies came back before an instant."""
    return int(bulk.execute(_RETURNS, {"before": before})[0][0])


def drop_returns(before: datetime, limit: int) -> int:
    """Delete at most so many of them; return how many."""
    return int(bulk.execute(_DROP_RETURNS, {"before": before, "limit": limit})[0][0])
