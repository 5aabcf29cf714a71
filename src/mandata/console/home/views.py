"""The first page: what needs you, what runs, what happened."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.campaigns import selectors
from mandata.console.campaigns.views import glance
from mandata.console.home.needs import needs, way
from mandata.console.reports import plots
from mandata.console.reports.overview import lately
from mandata.infra.clock import now

_LATELY = 50


def home(request: HttpRequest) -> HttpResponse:
    """Show what needs you, what runs, what happened; to an empty account, the way to the first campaign."""
    at, rows = now(), glance(selectors.campaigns(limit=_LATELY))
    ended = agreements.ground(at).standing.ended
    launched = [one for one in rows if one["row"].state != "draft"]
    context = {
        "controller": accounts.controller(),
        "needs": needs(rows, at=at),
        "way": [] if launched or ended else way(at=at, any_campaign=bool(rows)),
        "live": _live(rows),
        "latest": launched[:5],
        "drafts": [one for one in rows if one["row"].state == "draft"][:3],
        "plot": plots.over_time(lately(request), kind="bars") if launched else None,
        "csv": reverse("reports:days"),
        "writes": not ended and request.may("campaigns:new"),  # type: ignore[attr-defined]
    }
    return render(request, "console/home/home.html", context)


def running(request: HttpRequest) -> HttpResponse:
    """Give anew what runs."""
    return render(request, "console/home/running.html", {"live": _live(glance(selectors.campaigns(limit=_LATELY)))})


def _live(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in rows if one["live"]]
