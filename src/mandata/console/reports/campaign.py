"""The report of one campaign: the last of its steps."""

from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from mandata.campaigns import selectors
from mandata.console.campaigns.page import LIVE, page
from mandata.console.reports import plots
from mandata.console.templatetags.ui import number
from mandata.tracking import selectors as tracking
from mandata.tracking.rules import Signal

_PARTS = ("hours", "links", "providers")


def campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show what came of a campaign: people first, machines one click away."""
    found = selectors.find(campaign_id)
    if found.row.state == "draft":
        return redirect("campaigns:content", campaign_id)
    report = tracking.report(campaign_id)
    summary = tracking.Summary(report.states, report.total, report.returns)
    context = page(request, found, "report") | {
        "report": report,
        "live": found.row.state in LIVE,
        "figures": plots.figures(summary, individual=tracking.measuring(campaign_id).individual),
        "plot": plots.over_time(plots.hours(report.hours), kind="bars" if len(report.hours) < 12 else "line"),
        "csv": {part: reverse("reports:csv", args=[campaign_id, part]) for part in _PARTS},
        "links": [_link(row) for row in report.links],
        "link_columns": [_("Link"), _("People"), _("Clicks")],
        "providers": report.providers,
        "most": max((row.sent for row in report.providers), default=0),
        "machines": _machines(report),
        "measuring": tracking.measuring(campaign_id),
    }
    return render(request, "console/reports/campaign.html", context)


def _link(row: tracking.LinkRow) -> dict[str, Any]:
    label = row.label or row.url or _("Link %(number)s") % {"number": row.number}
    return {"label": label, "hint": row.url, "value": row.clicks.unique, "cells": [number(row.clicks.human)]}


def _machines(report: tracking.Report) -> list[dict[str, Any]]:
    kinds = {"open": _("Opens"), "click": _("Clicks"), "unsubscribe": _("Unsubscriptions"), "web": _("Visits")}
    origins = {
        "prefetch": _("fetched by the mail program before anybody looked"),
        "scanner": _("by a program that looks for harm"),
    }
    explained = {(one.kind, one.origin): 0 for one in report.reasons}
    rows = []
    for one in report.reasons:
        explained[one.kind, one.origin] += one.count
        rows.append((one.kind, one.origin, _why(one.signals), one.count))
    for (kind, origin), count in report.machines.items():
        # What was taken in before reasons were counted.
        if (rest := count - explained.get((kind, origin), 0)) > 0:
            rows.append((kind, origin, "", rest))
    return [
        {"kind": kinds.get(kind, kind), "origin": origins.get(origin, origin), "why": why, "count": count}
        for kind, origin, why, count in sorted(rows, key=lambda row: -row[3])
    ]


def _why(signals: Signal) -> str:
    """The signals in words."""
    words = {
        Signal.TRAP: _("it followed the link that no person sees"),
        Signal.AT_ONCE: _("several links at once"),
        Signal.SOON: _("sooner after delivery than a person can"),
        Signal.NETWORK: _("from a network that only machines use"),
        Signal.AGENT: _("it says so itself"),
        Signal.NO_AGENT: _("it does not say what it is"),
        Signal.METHOD: _("it asked without wanting the answer"),
        Signal.IMAGE_PROXY: _("through the mailbox provider’s picture server"),
    }
    return "; ".join(text for signal, text in words.items() if signal & signals)


def csv(_request: HttpRequest, campaign_id: UUID, part: str) -> HttpResponseBase:
    """Give a part of the report as CSV."""
    if part not in _PARTS:
        raise Http404
    selectors.find(campaign_id)
    lines = list(tracking.csv_lines(tracking.report(campaign_id), cast(tracking.Part, part)))
    name = f"{part}-{str(campaign_id)[-12:]}.csv"
    return download(lines, name)


def download(lines: list[str], name: str) -> StreamingHttpResponse:
    """Give lines as a file of CSV in UTF-8."""
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
