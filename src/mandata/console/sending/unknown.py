"""Messages of which nobody but the receiver knows whether they arrived: across campaigns, with the decision."""

from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mandata.audience.selectors import people
from mandata.campaigns import selectors as campaigns
from mandata.console import requests
from mandata.delivery import selectors, services
from mandata.delivery.errors import NothingToDecide
from mandata.infra.clock import now

_LISTED: Final = 20


def unknown(request: HttpRequest) -> HttpResponse:
    """Show every campaign with messages of unknown outcome."""
    rows = [_row(campaign_id, count) for campaign_id, count in selectors.undecided()]
    may = {"decide": request.may("sending:decide")}  # type: ignore[attr-defined]
    context = {"rows": rows, "whole": sum(row["count"] for row in rows), "may": may}
    return render(request, "console/sending/unknown.html", context)


def _row(campaign_id: UUID, count: int) -> dict[str, Any]:
    found = selectors.unknown(campaign_id, limit=_LISTED)
    known = people.identities([message.subscriber_id for message in found]) if found else {}
    return {
        "campaign": campaigns.find(campaign_id).row,
        "count": count,
        "messages": [
            {
                "row": message,
                "address": people.shown_address(known.get(message.subscriber_id, {}), sealed=True),
                "known": message.subscriber_id in known,
            }
            for message in found
        ],
        "rest": max(count - len(found), 0),
        "resend": f"resend-{campaign_id}",
        "settle": f"settle-{campaign_id}",
    }


def decide(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Decide about a campaign's, one or all: send them again, or count them as sent."""
    campaigns.find(campaign_id)
    chosen = [int(text) for text in request.POST.getlist("number") if text.isascii() and text.isdecimal()][:_LISTED]
    resend = request.POST.get("decision") == "resend"
    moved = services.decide_unknown(
        campaign_id=campaign_id, resend=resend, actor=requests.actor(request), at=now(), numbers=chosen or None
    )
    messages.success(request, _told(moved, resend))
    return redirect("sending:unknown")


def decide_all(request: HttpRequest) -> HttpResponse:
    """Decide about all there are, campaign by campaign, each with its own entry in the record."""
    resend, moved = request.POST.get("decision") == "resend", 0
    for campaign_id, _held in selectors.undecided():
        with suppress(NothingToDecide):  # somebody else was quicker with this one
            moved += services.decide_unknown(
                campaign_id=campaign_id, resend=resend, actor=requests.actor(request), at=now()
            )
    if not moved:
        raise NothingToDecide(_("There is no unknown message to decide about."))
    messages.success(request, _told(moved, resend))
    return redirect("sending:unknown")


def _told(moved: int, resend: bool) -> str:
    if resend:
        told = ngettext("%(count)d message is sent again.", "%(count)d messages are sent again.", moved)
    else:
        told = ngettext("%(count)d message counts as sent.", "%(count)d messages count as sent.", moved)
    return told % {"count": moved}
