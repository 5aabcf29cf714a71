"""The fourth step: launching, and what goes on while it is sent."""

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.audience.selectors import catalogue, people
from mandata.campaigns import selectors
from mandata.console import requests
from mandata.console.campaigns import live
from mandata.console.campaigns.checks import checked
from mandata.console.campaigns.page import page
from mandata.console.campaigns.views import confirm_name
from mandata.delivery import selectors as delivery
from mandata.delivery import services
from mandata.infra.clock import now

_LISTED: Final = 100


def send(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show the last look before the launch; after it, how far it is."""
    found = selectors.find(campaign_id)
    if found.row.state == "draft":
        return render(request, "console/campaigns/launch.html", _before(request, found))
    context = page(request, found, "send") | live.quick(request, found) | live.slow(request, found)
    context |= _unknown(found.row.id)
    context |= {
        "acts": {act: act in found.acts for act in ("pause", "resume", "release", "cancel")},
        "launched_by": _member(found.launched_by),
        "cancel_title": _("Stop “%(name)s” for good?") % {"name": found.row.name},
    }
    return render(request, "console/campaigns/sending.html", context)


def _before(request: HttpRequest, found: selectors.CampaignDetail) -> dict[str, Any]:
    asked = checked(found)
    listed = catalogue.list_names().get(found.row.list_id, "–") if found.row.list_id else "–"
    facts = [
        {"label": _("Subject"), "value": found.content.subject or "–"},
        {"label": _("From"), "value": f"{found.content.from_name} <{found.content.from_address}>"},
        {"label": _("List"), "value": listed},
    ]
    tone = "good" if asked["passed"] else "bad"
    context = page(request, found, "send", checks=tone) | asked
    return context | {"facts": facts}


def launch(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Launch. Of two members at once, one wins and the other is told."""
    services.launch(campaign_id=campaign_id, actor=requests.actor(request), at=now())
    messages.success(request, _("Launched. The first messages leave in a moment."))
    return redirect("campaigns:send", campaign_id)


def _unknown(campaign_id: UUID) -> dict[str, Any]:
    rows = delivery.unknown(campaign_id, limit=_LISTED)
    known = people.identities([row.subscriber_id for row in rows]) if rows else {}
    return {
        "unknown": [
            {"row": row, "address": people.shown_address(known.get(row.subscriber_id, {}), sealed=True)} for row in rows
        ],
        "unknown_more": len(rows) == _LISTED,
    }


def _member(member_id: UUID | None) -> str:
    return next((member.name for member in accounts.members() if member.id == member_id), "")


def pause(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Let nothing new leave."""
    services.pause(campaign_id=campaign_id, actor=requests.actor(request), at=now())
    messages.success(request, _("Paused. What is on its way is finished."))
    return redirect("campaigns:send", campaign_id)


def resume(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Go on."""
    services.resume(campaign_id=campaign_id, actor=requests.actor(request), at=now())
    messages.success(request, _("It goes on."))
    return redirect("campaigns:send", campaign_id)


def release(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Let a campaign go on that was held because an older database was put in place."""
    services.release(campaign_id=campaign_id, actor=requests.actor(request), at=now())
    messages.success(request, _("Released. It goes on; whoever has got the message already gets no other."))
    return redirect("campaigns:send", campaign_id)


def cancel(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show what a cancellation touches; a POST with the name typed cancels."""
    found = selectors.find(campaign_id)
    if request.method != "POST":
        context = {"stands": delivery.progress(campaign_id)}
        return render(request, "console/campaigns/parts/cancel.html", context)
    confirm_name(request, found.row.name)
    services.cancel(campaign_id=campaign_id, actor=requests.actor(request), at=now())
    messages.success(request, _("Cancelled. What was not sent will not be."))
    return redirect("campaigns:send", campaign_id)


def decide(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Decide about messages of unknown outcome: send them again, or count them as sent."""
    chosen = [int(number) for number in request.POST.getlist("number") if number.isdecimal()]
    whole = request.POST.get("whole") == "yes"
    if not chosen and not whole:
        messages.warning(request, _("Nothing was chosen, so nothing was decided."))
        return redirect("campaigns:send", campaign_id)
    resend = request.POST.get("decision") == "resend"
    moved = services.decide_unknown(
        campaign_id=campaign_id,
        resend=resend,
        actor=requests.actor(request),
        at=now(),
        numbers=None if whole else chosen,
    )
    told = _("%(count)d are sent again.") if resend else _("%(count)d count as sent.")
    messages.success(request, told % {"count": moved})
    return redirect("campaigns:send", campaign_id)
