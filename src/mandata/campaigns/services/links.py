"""Where a campaign's links lead is forgotten once nobody can be expected to follow them any more."""

from datetime import datetime
from uuid import UUID

from mandata.infra import bulk


def forget_links(*, ended_before: datetime) -> dict[UUID, int]:
    """Empty the addresses of links of campaigns that ended before an instant; return how many, by campaign.

    In the open scope. Numbers and labels stay, for reports.
    """
    return dict(bulk.execute(_FORGET, {"before": ended_before}))


_FORGET = """
with ended as (
    select id from campaigns_campaign
    where state in ('finished', 'cancelled') and coalesce(finished_at, updated_at) < %(before)b
), gone as (
    update campaigns_link l set url = '' from ended
    where l.campaign_id = ended.id and l.url <> '' returning l.campaign_id
)
select campaign_id, count(*) from gone group by campaign_id
"""
