"""What came back: bounces by reason, complaints, replies, by campaign; and the stops and warnings that they raised."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.audience.selectors import people
from mandata.campaigns import selectors as campaigns
from mandata.console import requests
from mandata.console.audience.words import REASONS as GROUNDS
from mandata.console.sending import returned_words as words
from mandata.delivery import returned as selectors
from mandata.delivery.services import thresholds
from mandata.infra.clock import now

DAYS: Final = 30


class LiftForm(forms.Form):
    """Why a warning or a stop is lifted."""

    reason = forms.CharField(
        label=gettext_lazy("Reasons"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("What was found, and what changes. It is kept sealed; the record proves it."),
    )


def returned(request: HttpRequest) -> HttpResponse:
    """Show what came back in the last thirty days, for all campaigns or for one."""
    at, campaign = now(), _campaign(request)
    since = _first_day(at)
    counts = selectors.by_kind(since, campaign.id if campaign else None)
    reasons = selectors.by_reason(since, campaign.id if campaign else None)
    context = {
        "campaign": campaign,
        "figures": [{"label": label, "value": counts[kind], "help": help_} for kind, label, help_ in words.FIGURES],
        "nothing": not any(counts.values()),
        "plot": _plot(selectors.by_day(since, str(timezone.get_current_timezone()), campaign and campaign.id), at),
        "reasons": [
            {"label": words.reason(code), "value": count, "cells": [_("for good") if hard else _("for now")]}
            for code, hard, count in reasons
        ],
        "columns": [_("Reason"), _("Messages"), _("Meant")],
        "meanings": [(words.reason(code), words.MEANINGS[code]) for code in _each(reasons) if code in words.MEANINGS],
        "campaigns": [] if campaign else selectors.by_campaign(since),
        "latest": _latest(since, campaign and campaign.id),
        "alarms": alarm_rows(at),
        "form": LiftForm(),
        "may": {"lift": request.may("sending:alarm_lift")},  # type: ignore[attr-defined]
    }
    return render(request, "console/sending/returned.html", context)


def _each(reasons: list[tuple[str, bool, int]]) -> list[str]:
    return list(dict.fromkeys(code for code, _hard, _count in reasons))


def _campaign(request: HttpRequest) -> Any:
    asked = request.GET.get("campaign", "")
    if not asked:
        return None
    try:
        return campaigns.find(UUID(asked)).row
    except ValueError:
        raise Http404 from None


def _first_day(at: datetime) -> datetime:
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)


def _plot(days: Any, at: datetime) -> dict[str, Any]:
    begin = _first_day(at)
    every = [begin + timedelta(days=number) for number in range(DAYS)]
    rows = [days.get(day.date(), (0, 0, 0)) for day in every]
    labels = (_("Came back for good"), _("Came back for now"), _("Complaints"))
    series = [{"label": label, "values": [row[at] for row in rows]} for at, label in enumerate(labels)]
    return {"kind": "bars", "x": every, "series": series}


def _latest(since: datetime, campaign: UUID | None) -> list[dict[str, Any]]:
    rows = selectors.latest(since, campaign)
    known = people.identities([row.subscriber_id for row in rows if row.subscriber_id]) if rows else {}
    return [
        {
            "row": row,
            "kind": words.kind(row.kind, row.hard),
            "tone": words.TONES.get(row.kind, "calm"),
            "reason": words.reason(row.reason),
            "rests": GROUNDS.get(row.rests, ""),
            "address": people.shown_address(known.get(row.subscriber_id, {}), sealed=True) if row.subscriber_id else "",
            "known": row.subscriber_id in known,
        }
        for row in rows
    ]


def alarm_rows(at: datetime, controller_id: UUID | None = None) -> list[dict[str, Any]]:
    """Return the alarms for `alarms_part.html`; for the operator's page of a controller, where one is given."""

    def act(alarm_id: UUID) -> str:
        if controller_id is None:
            return reverse("sending:alarm_lift", args=[alarm_id])
        return reverse("operator:alarm_lift", args=[controller_id, alarm_id])

    return [
        {
            "row": row,
            "tone": "calm" if row.lifted_at else "bad" if row.level == "stopped" else "warn",
            "state": words.level(row.level, lifted=bool(row.lifted_at)),
            "dialog": f"lift-{row.id}",
            "act": act(row.id),
            "by": words.who(row.lifted_by),
        }
        for row in selectors.alarms(at=at)
    ]


def lift(request: HttpRequest, alarm_id: UUID) -> HttpResponse:
    """Lift a warning or a stop with reasons."""
    thresholds.lift(
        alarm_id=alarm_id, reason=request.POST.get("reason", "")[:2000], actor=requests.actor(request), at=now()
    )
    messages.success(request, _("Lifted, and recorded with your reasons. Held campaigns wait until they are released."))
    return redirect("sending:returned")
