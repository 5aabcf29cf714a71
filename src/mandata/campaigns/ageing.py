"""What goes by its age here, for `holdings.ageing`: the content of campaigns that have ended, and drafts nobody writes.

Name, times, figures and links' labels stay, so that a report still says what it is about. In the open scope.
"""

from datetime import datetime
from typing import Final

from mandata.infra import bulk

_ENDED: Final = "state in ('finished', 'cancelled') and created_at < %(before)b"
_FULL: Final = "(body <> '' or compiled is not null or subject <> '' or preheader <> '')"
_CONTENT: Final = f"select count(*) from campaigns_campaign where {_ENDED} and {_FULL}"  # noqa: S608 - our own words
_UNDER_WAY: Final = """
select count(*) from campaigns_campaign
where state not in ('draft', 'finished', 'cancelled') and created_at < %(before)b
"""
_EMPTY: Final = f"""
with old as materialized (select id from campaigns_campaign where {_ENDED} and {_FULL} limit %(limit)b), gone as (
    update campaigns_campaign c
    set body = '', compiled = null, compiled_digest = null, subject = '', preheader = ''
    from old where c.id = old.id returning 1
)
select count(*) from gone
"""  # noqa: S608 - our own words
_DRAFTS: Final = "select count(*) from campaigns_campaign where state = 'draft' and updated_at < %(before)b"
_DROP_DRAFTS: Final = """
with old as materialized (
    select id from campaigns_campaign where state = 'draft' and updated_at < %(before)b limit %(limit)b
), links as (
    delete from campaigns_link l using old where l.campaign_id = old.id
), numbers as (
    delete from campaigns_number n using old where n.campaign_id = old.id
), gone as (
    delete from campaigns_campaign c using old where c.id = old.id and c.state = 'draft' returning 1
)
select count(*) from gone
"""


def count_content(before: datetime) -> int:
    """Return how many campaigns that ended, made before an instant, still have their content."""
    return int(bulk.execute(_CONTENT, {"before": before})[0][0])


def content_under_way(before: datetime) -> int:
    """Return how many campaigns of that age keep theirs because they have not ended."""
    return int(bulk.execute(_UNDER_WAY, {"before": before})[0][0])


def empty_content(before: datetime, limit: int) -> int:
    """Empty at most so many of the ended ones; return how many."""
    return int(bulk.execute(_EMPTY, {"before": before, "limit": limit})[0][0])


def count_drafts(before: datetime) -> int:
    """Return how many drafts nobody has worked at since before an instant."""
    return int(bulk.execute(_DRAFTS, {"before": before})[0][0])


def drop_drafts(before: datetime, limit: int) -> int:
    """Delete at most so many of them; return how many."""
    return int(bulk.execute(_DROP_DRAFTS, {"before": before, "limit": limit})[0][0])
