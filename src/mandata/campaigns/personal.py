"""What the campaigns can say beside a person's messages, for `holdings`: titles and link targets. No person stands in
a campaign.
"""

from collections.abc import Collection
from uuid import UUID

from mandata.campaigns.models import Campaign, Link


def titles(campaigns: Collection[UUID]) -> dict[UUID, str]:
    """Return the subject line (or, where it has none, the name) of each campaign."""
    rows = Campaign.objects.filter(id__in=set(campaigns)).values_list("id", "subject", "name")
    return {campaign: subject or name for campaign, subject, name in rows}


def targets(campaigns: Collection[UUID]) -> dict[tuple[UUID, int], str]:
    """Return the address that each numbered link of the campaigns leads to."""
    rows = Link.objects.filter(campaign_id__in=set(campaigns)).values_list("campaign_id", "number", "url")
    return {(campaign, number): url for campaign, number, url in rows}


def has_number(number: int) -> bool:
    """Say whether the number is that of one of the controller's campaigns."""
    return Campaign.objects.filter(number=number).exists()
