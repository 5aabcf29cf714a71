"""What the steps of one campaign have in common: its head, the steps with their tones."""

from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from mandata.campaigns import selectors, words

TONES: Final = {
    "draft": "calm",
    "launching": "info",
    "sending": "info",
    "paused": "warn",
    "held": "warn",
    "finished": "good",
    "cancelled": "calm",
}
ICONS: Final = {
    "draft": "pencil",
    "launching": "clock",
    "sending": "send",
    "paused": "pause",
    "held": "pause",
    "cancelled": "stop",
}
LIVE: Final = frozenset({"launching", "sending", "paused", "held"})


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
