"""The live page of a campaign that runs: two parts that ask for themselves anew, one quickly and one slowly.

Both read counters and the campaign's pace only, so that the page costs a million messages no more than ten. Of a
finished campaign the same parts stand still and keep the curve.
"""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.audience.rules.cells import Writer
from mandata.campaigns import selectors
from mandata.console.campaigns import holding
from mandata.console.campaigns.page import LIVE
from mandata.console.reports.campaign import download
from mandata.console.templatetags.ui import number, percent, span
from mandata.delivery import following
from mandata.delivery import selectors as delivery
from mandata.infra.clock import now

_WINDOW: Final = 15.0  # seconds over which the rate is taken
STATES: Final[dict[str, tuple[Any, str]]] = {
    "sent": (gettext_lazy("taken by the receiver"), "good"),
    "claimed": (gettext_lazy("being sent"), "info"),
    "queued": (gettext_lazy("to send"), "calm"),
    "deferred": (gettext_lazy("to be tried again"), "warn"),
    "failed": (gettext_lazy("refused by the receiver"), "bad"),
    "unknown": (gettext_lazy("outcome unknown"), "warn"),
    "cancelled": (gettext_lazy("not sent any more"), "calm"),
}
DRAWN: Final = {state: STATES[state][0] for state in following.DRAWN}


def progress(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Give the figures of a live campaign anew; where its state has changed, the whole page is asked for."""
    found = selectors.find(campaign_id)
    if found.row.state != request.GET.get("state"):
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "console/campaigns/parts/live.html", {"campaign": found.row, **quick(request, found)})


def slow_part(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Give anew what holds a campaign back, its curve, what receivers said, and the providers."""
    found = selectors.find(campaign_id)
    context = {"campaign": found.row, **slow(request, found), "again": True}
    return render(request, "console/campaigns/parts/slow.html", context)


def quick(request: HttpRequest, found: selectors.CampaignDetail) -> dict[str, Any]:
    """Return the figures that change each second."""
    stands = delivery.progress(found.row.id)
    seen, mark = _seen_rate(request, stands.done)
    running = found.row.state in {"launching", "sending"}
    rate = (seen or following.rate(found.row.id, at=now())) if running else None
    since = urlencode({"state": found.row.state, **mark})
    return {
        "work": {
            "title": _title(found.row.state),
            "done": stands.done,
            "total": stands.total,
            "rate": rate if rate and rate >= 1 else None,
            "left": _left(stands) / rate if rate else None,
            "unit": _("messages"),
            "tone": _tone(found.row.state, stands),
            "running": running,
            "note": _note(stands, rate) if running else "",
        },
        "stands": stands,
        "by_state": _by_state(stands, relayed=delivery.relayed(found.row.id)),
        "poll": f"{reverse('campaigns:progress', args=[found.row.id])}?{since}" if found.row.state in LIVE else "",
    }


def slow(request: HttpRequest, found: selectors.CampaignDetail) -> dict[str, Any]:
    """Return what changes slowly: what holds it back, its curve, what receivers said, and the providers."""
    at, row = now(), found.row
    stands = delivery.progress(row.id)
    running = row.state in {"launching", "sending"}
    told = _told(row.state, stands, following.rate(row.id, at=at) if running else None)
    mark = f"{row.state}-{10 * stands.done // max(stands.total, 1)}"
    address = reverse("campaigns:slow", args=[row.id])
    return {
        "holding": holding.holding(found, stands, at=at) if running and stands.left else [],
        "curve": plot(following.curve(row.id, until=at if running else None)),
        "curve_csv": reverse("campaigns:pace", args=[row.id]),
        "by_provider": _by_provider(stands),
        "reasons": [_reason(one) for one in following.reasons(row.id, limit=20)],
        "tries": following.tries(row.id) if stands.by_state.get("deferred") else None,
        "told": told,
        "tell": request.GET.get("told") != mark,
        "slow_poll": f"{address}?{urlencode({'told': mark})}" if row.state in LIVE else "",
        "recipients": reverse("campaigns:recipients", args=[row.id]),
        "total": stands.total,
    }


def plot(curve: following.Curve) -> dict[str, Any]:
    """Return the plot of a campaign's pace, in messages a minute, for the tag `chart`."""
    series = [
        {"label": str(label), "values": [_a_minute(point.counts.get(state, 0), curve.step) for point in curve.points]}
        for state, label in DRAWN.items()
        if state == "sent" or any(point.counts.get(state) for point in curve.points)
    ]
    kind = "bars" if len(curve.points) < 12 else "line"
    return {"kind": kind, "x": [point.at for point in curve.points], "series": series}


def _a_minute(count: int, step: int) -> float:
    return round(count * 60 / step, 1)


def pace_csv(_request: HttpRequest, campaign_id: UUID) -> HttpResponseBase:
    """Give a campaign's pace as CSV: how many messages reached each state, from when and for how many seconds."""
    selectors.find(campaign_id)
    curve, line = following.curve(campaign_id), Writer().line
    lines = [line([_("Time"), _("Seconds"), *map(str, DRAWN.values())])]
    for point in curve.points:
        counts = [str(point.counts.get(state, 0)) for state in DRAWN]
        lines.append(line([point.at.isoformat(), str(curve.step), *counts]))
    return download(lines, f"pace-{str(campaign_id)[-12:]}.csv")


def _left(stands: delivery.Progress) -> int:
    """Messages that wait for nothing but their turn."""
    return sum(stands.by_state.get(state, 0) for state in ("queued", "claimed", "sending"))


def _note(stands: delivery.Progress, rate: float | None) -> str:
    waiting = stands.by_state.get("deferred", 0)
    slow = _("%(rate)s a minute") % {"rate": number(60 * rate, 1)} if rate and rate < 1 else ""
    again = _("then %(count)s are tried again") % {"count": number(waiting)} if waiting else ""
    return " · ".join(part for part in (slow, again) if part)


def _told(state: str, stands: delivery.Progress, rate: float | None) -> str:
    """What a screen reader hears now and then."""
    said = _("%(title)s: %(part)s, %(done)s of %(total)s messages.") % {
        "title": _title(state),
        "part": percent(stands.done, stands.total) if stands.total else percent(0, 1),
        "done": number(stands.done),
        "total": number(stands.total),
    }
    left = _left(stands)
    if not rate or not left:
        return said
    rest = _("About %(left)s left.") % {"left": span(left / rate)}
    return f"{said} {rest}"


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


def _seen_rate(request: HttpRequest, done: int) -> tuple[float | None, dict[str, str]]:
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


def _by_state(stands: delivery.Progress, *, relayed: bool) -> list[dict[str, Any]]:
    """The states with their numbers. What a relay took is told as such: it decides what becomes of it."""
    taken = {"sent": _("taken by the relay, which decides")} if relayed else {}
    return [
        {"label": taken.get(state, label), "tone": tone, "value": stands.by_state[state]}
        for state, (label, tone) in STATES.items()
        if stands.by_state.get(state)
    ]


def _by_provider(stands: delivery.Progress) -> list[dict[str, Any]]:
    rows = []
    for provider, states in stands.by_provider.items():
        whole, sent = sum(states.values()), states.get("sent", 0)
        rest = {state: states.get(state, 0) for state in ("deferred", "failed", "unknown")}
        rows.append({"provider": provider or _("others"), "whole": whole, "sent": sent, **rest})
    return sorted(rows, key=lambda row: -int(str(row["whole"])))[:50]


def _reason(one: following.Said) -> dict[str, Any]:
    label, tone = STATES[one.state]
    code = " ".join(part for part in (str(one.code or ""), one.status) if part)
    return {"one": one, "code": code, "label": label, "tone": tone, "provider": one.provider or _("others")}
