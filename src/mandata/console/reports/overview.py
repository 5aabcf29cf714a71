"""Across campaigns: what people did over time, and what came of each campaign."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from mandata.audience.rules.cells import Writer
from mandata.campaigns import selectors
from mandata.console import requests
from mandata.console.campaigns.views import glance
from mandata.console.reports import plots
from mandata.console.reports.campaign import download
from mandata.console.templatetags.ui import number, percent
from mandata.infra.clock import now
from mandata.tracking import selectors as tracking

_MOST = 200


def overview(request: HttpRequest) -> HttpResponse:
    """Show the last thirty days and every launched campaign."""
    rows = [one for one in glance(selectors.campaigns(limit=_MOST)) if one["row"].state != "draft"]
    context = {
        "campaigns": rows,
        "figures": totals(rows),
        "plot": plots.over_time(lately(request), kind="bars"),
        "csv": reverse("reports:days"),
        "writes": request.may("campaigns:new"),  # type: ignore[attr-defined]
    }
    return render(request, "console/reports/overview.html", context)


def lately(request: HttpRequest) -> list[tuple[Any, tracking.Row]]:
    """Return the last thirty days, in the viewer's zone."""
    at = now()
    zone = requests.member(request).time_zone
    return plots.days(tracking.by_day(plots.first_day(at), zone), at)


def totals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the figures of several campaigns together."""
    found: list[tracking.Summary] = [one["result"] for one in rows]
    sent, delivered = sum(one.sent for one in found), sum(one.delivered for one in found)
    opened = sum(one.total.opens.unique for one in found)
    clicked = sum(one.total.clicks.unique for one in found)
    complaints = sum(one.returns.complaints for one in found)
    return [
        {"label": _("Campaigns"), "value": number(len(rows))},
        {"label": _("Sent"), "value": number(sent)},
        {"label": _("Delivered"), "value": percent(delivered, sent), "note": number(delivered)},
        {"label": _("Opened"), "value": percent(opened, delivered), "note": number(opened)},
        {"label": _("Clicked"), "value": percent(clicked, delivered), "note": number(clicked)},
        {"label": _("Complained"), "value": plots.share(complaints, delivered), "note": number(complaints)},
    ]


def days_csv(request: HttpRequest) -> HttpResponseBase:
    """Give the plot of the last thirty days as CSV."""
    line = Writer().line
    people = [_("Opens"), _("Clicks"), _("Unsubscriptions")]
    lines = [line([_("Day"), *people, _("Opens by machines"), _("Clicks by machines")])]
    for day, row in lately(request):
        counts = (row.opens.human, row.clicks.human, row.unsubscriptions.human, row.opens.machine, row.clicks.machine)
        lines.append(line([f"{day:%Y-%m-%d}", *map(str, counts)]))
    return download(lines, "days.csv")


def campaigns_csv(_request: HttpRequest) -> HttpResponseBase:
    """Give the results of every launched campaign as CSV."""
    line = Writer().line
    lines = [line([
        _("Campaign"), _("State"), _("Launched"), _("Recipients"), _("Sent"), _("Delivered"), _("Opened"), _("Clicked"),
        _("Unsubscribed"), _("Complained"), _("Came back for good"), _("Came back for now"),
    ])]  # fmt: skip
    rows = [one for one in glance(selectors.campaigns(limit=_MOST)) if one["row"].state != "draft"]
    lines += [line(_cells(one)) for one in rows]
    return download(lines, "campaigns.csv")


def _cells(one: dict[str, Any]) -> list[str]:
    row, found = one["row"], one["result"]
    total, returns = found.total, found.returns
    people = (total.opens.unique, total.clicks.unique, total.unsubscriptions.unique)
    counts = (found.recipients, found.sent, found.delivered, *people)
    back = (returns.complaints, returns.hard_bounces, returns.soft_bounces)
    launched = row.launched_at.isoformat(timespec="minutes") if row.launched_at else ""
    return [row.name, one["state"], launched, *map(str, (*counts, *back))]
