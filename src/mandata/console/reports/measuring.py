"""How reactions are measured: by person or as counts only, and visits of the controller's own site."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from mandata.campaigns import selectors as campaigns
from mandata.console import requests
from mandata.delivery import selectors as delivery
from mandata.infra.clock import now
from mandata.tracking import selectors, services


def measuring(request: HttpRequest) -> HttpResponse:
    """Show how reactions to all campaigns are measured; a member may choose."""
    if request.method == "POST":
        individual, web = (_said(request, name) for name in ("individual", "web"))
        if services.choose(actor=requests.actor(request), at=now(), individual=individual, web=web):
            messages.success(request, _("Chosen. It holds for what happens from now on."))
        return redirect("reports:measuring")
    return render(request, "console/reports/measuring.html", _context(request) | {"snippet": _snippet()})


def campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show how reactions to one campaign are measured; a member may choose."""
    found = campaigns.find(campaign_id)
    if request.method == "POST":
        individual = request.POST.get("individual") == "yes"
        if services.choose(actor=requests.actor(request), at=now(), individual=individual, campaign_id=campaign_id):
            messages.success(request, _("Chosen. It holds for what happens from now on."))
        return redirect("reports:campaign_measuring", campaign_id)
    return render(request, "console/reports/measuring.html", _context(request, campaign_id) | {"campaign": found.row})


def _said(request: HttpRequest, name: str) -> bool | None:
    return {"yes": True, "no": False}.get(request.POST.get(name, ""))


def _context(request: HttpRequest, campaign_id: UUID | None = None) -> dict[str, object]:
    found = selectors.measuring(campaign_id)
    return {"measuring": found, "writes": request.may("campaigns:new")}  # type: ignore[attr-defined]


def _snippet() -> str:
    return f'<script src="{delivery.tracking_url(now())}/visit.js" async></script>'
