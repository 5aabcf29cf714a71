"""What the steps of one campaign have in common: its head, the steps with their tones, and where things are mended."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from mandata.campaigns import selectors, words

TONES: Final = {
    "draft": "calm",
    "launching": "info",
    "sending": "info",
    "paused": "warn",
    "finished": "good",
    "cancelled": "calm",
}
ICONS: Final = {"draft": "pencil", "launching": "clock", "sending": "send", "paused": "pause", "cancelled": "stop"}
LIVE: Final = frozenset({"launching", "sending", "paused"})

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
}
_FIELDS: Final = {
    "campaign.subject": "#id_subject",
    "campaign.content": "#id_source",
    "campaign.sender": "#id_from_name",
    "tracking": "#id_track_opens",
}


def page(request: HttpRequest, found: selectors.CampaignDetail, step: str, **tones: str) -> dict[str, Any]:
    """Return the context that every step shares. `tones` are those that only the step itself knows."""
    row = found.row
    may = request.may  # type: ignore[attr-defined]
    return {
        "campaign": row,
        "detail": found,
        "step": step,
        "steps": _steps(found, step, tones),
        "state_name": words.state(row.state),
        "state_tone": TONES[row.state],
        "state_icon": ICONS.get(row.state, ""),
        "draft": row.state == "draft",
        "writes": may("campaigns:duplicate"),
        "discard_title": _("Discard “%(name)s”?") % {"name": row.name},
    }


def _steps(found: selectors.CampaignDetail, step: str, tones: dict[str, str]) -> list[dict[str, Any]]:
    draft = found.row.state == "draft"
    known = {
        "content": ("good" if found.ready else "warn") if found.content.source.strip() else "",
        "audience": "good" if found.row.list_id else "",
        "checks": "" if draft else "good",
        "send": "" if draft else TONES[found.row.state].replace("calm", ""),
        "report": "",
    } | tones
    labels = {
        "content": _("Content"),
        "audience": _("Audience"),
        "checks": _("Checks"),
        "send": _("Send"),
        "report": _("Report"),
    }
    return [
        {
            "label": label,
            "url": "" if name == "report" and draft else reverse(f"campaigns:{name}", args=[found.row.id]),
            "current": name == step,
            "tone": known[name],
        }
        for name, label in labels.items()
    ]


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
