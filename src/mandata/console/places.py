"""Where a refusal is mended: the symbolic places of the gates' verdicts, and the pages that stand for them."""

from typing import Final
from uuid import UUID

from django.urls import NoReverseMatch, reverse

_PLACES: Final = {
    "agreement": "privacy:agreement",
    "suspension": "privacy:overview",
    "fields": "audience:fields",
    "import.basis": "audience:imports",
    "controller.address": "accounts:settings",
    "domains": "sending:domains",
    "campaign.recipients": "campaigns:audience",
    "campaign.subject": "campaigns:content",
    "campaign.content": "campaigns:content",
    "campaign.sender": "campaigns:content",
    "tracking": "campaigns:content",
    "subprocessors": "privacy:subprocessors",
    "instructions": "privacy:instructions",
}
_FIELDS: Final = {
    "campaign.subject": "#id_subject",
    "campaign.content": "#id_source",
    "campaign.sender": "#id_from_name",
    "tracking": "#id_track_opens",
}


def place(name: str, campaign_id: UUID | None = None) -> str:
    """Return the address of the page that mends what a verdict's place names; empty where there is none."""
    route = _PLACES.get(name, "")
    if route.startswith("campaigns:"):
        return reverse(route, args=[campaign_id]) + _FIELDS.get(name, "") if campaign_id else ""
    return address(route)


def address(route: str) -> str:
    """Return the address of a route that takes nothing; empty where it does not exist."""
    try:
        return reverse(route) if route else ""
    except NoReverseMatch:
        return ""


def clause_url(key: str) -> str:
    """Return the address of a clause's paragraph in the text of the agreement in force."""
    return f"{address('privacy:agreement')}#clause-{key.replace('.', '-')}"
