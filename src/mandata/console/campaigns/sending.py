"""The fourth step: launching, and what goes on while it is sent."""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.audience.selectors import catalogue, people
from mandata.campaigns import selectors
from mandata.console import requests
from mandata.console.campaigns.checks import checked, holding
from mandata.console.campaigns.page import LIVE, page
from mandata.console.campaigns.views import confirm_name
from mandata.delivery import selectors as delivery
from mandata.delivery import services
from mandata.infra.clock import now

_WINDOW: Final = 15.0  # seconds over which the rate is taken
_LISTED: Final = 100
STATES: Final[dict[str, tuple[Any, str]]] = {
    "sent": (gettext_lazy("taken by the receiver"), "good"),
    "claimed": (gettext_lazy("being sent"), "info"),
    "queued": (gettext_lazy("to send"), "calm"),
    "deferred": (gettext_lazy("to be tried again"), "warn"),
    "failed": (gettext_lazy("refused by the receiver"), "bad"),
    "unknown": (gettext_lazy("outcome unknown"), "warn"),
    "cancelled": (gettext_lazy("not sent any more"), "calm"),
}


def send(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show the last look before the launch; after it, how far it is."""
    found = selectors.find(campaign_id)
    if found.row.state == "draft":
        return render(request, "console/campaigns/launch.html", _before(request, found))
    context = page(request, found, "send") | _live(request, found) | _unknown(found.row.id)
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


def progress(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Give the figures of a live campaign anew; where its state has changed, the whole page is asked for."""
    found = selectors.find(campaign_id)
    if found.row.state != request.GET.get("state"):
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "console/campaigns/parts/live.html", {"campaign": found.row, **_live(request, found)})


def _live(request: HttpRequest, found: selectors.CampaignDetail) -> dict[str, Any]:
    stands = delivery.progress(found.row.id)
    rate, mark = _rate(request, stands.done)
    running = found.row.state in {"launching", "sending"}
    since = urlencode({"state": found.row.state, **mark})
    return {
        "work": {
            "title": _title(found.row.state),
            "done": stands.done,
            "total": stands.total,
            "rate": rate if running else None,
            "left": stands.left / rate if rate and running else None,
            "unit": _("messages"),
            "tone": _tone(found.row.state, stands),
            "running": running,
        },
        "stands": stands,
        "holding": holding(found.row.id) if running and stands.left else [],
        "by_state": _by_state(stands),
        "by_provider": _by_provider(stands),
        "poll": f"{reverse('campaigns:progress', args=[found.row.id])}?{since}" if found.row.state in LIVE else "",
    }


def _tone(state: str, stands: delivery.Progress) -> str:
    if state in {"paused", "held"}:
        return "warn"
    return "good" if not stands.left and stands.total else "info"


def _title(state: str) -> str:
    return {
        "launching": _("The audience is being counted out"),
        "sending": _("Sending"),
        "paused": _("Paused: nothing new leaves until somebody resumes it"),
        "held": _("Held after a restore: nothing leaves until somebody releases it"),
        "finished": _("Every message has its outcome"),
        "cancelled": _("Cancelled: what was not sent will not be"),
    }.get(state, "")


def _rate(request: HttpRequest, done: int) -> tuple[float | None, dict[str, str]]:
    """Messages a second since the mark that the page carries, and the mark to carry on."""
    at = now().timestamp()
    try:
        then, before = float(request.GET["then"]), int(request.GET["before"])
    except (KeyError, ValueError):
        return None, {"then": f"{at:.2f}", "before": str(done)}
    passed = at - then
    rate = (done - before) / passed if passed > 0.5 and done > before else None
    if passed < _WINDOW:
        return rate, {"then": f"{then:.2f}", "before": str(before)}
    half = before + (done - before) // 2  # the window slides by half, so that the rate stays smooth
    return rate, {"then": f"{then + passed / 2:.2f}", "before": str(half)}


def _by_state(stands: delivery.Progress) -> list[dict[str, Any]]:
    return [
        {"label": label, "tone": tone, "value": stands.by_state[state]}
        for state, (label, tone) in STATES.items()
        if stands.by_state.get(state)
    ]


def _by_provider(stands: delivery.Progress) -> list[dict[str, Any]]:
    rows = []
    for provider, states in stands.by_provider.items():
        whole, sent = sum(states.values()), states.get("sent", 0)
        rest = {state: states.get(state, 0) for state in ("deferred", "failed", "unknown")}
        rows.append({"provider": provider or _("others"), "whole": whole, "sent": sent, **rest})
    return sorted(rows, key=lambda row: -int(str(row["whole"])))


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
