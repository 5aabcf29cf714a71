"""What receiving providers are sent at most, warm-up plans, and the lanes that are slowed down now."""

from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.console import requests
from mandata.delivery import catalogue
from mandata.delivery.rules import warmup
from mandata.delivery.services import caps
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Refused
from mandata.infra.clock import now


class LimitForm(forms.Form):
    """What one provider is sent at most."""

    provider = forms.CharField(
        label=gettext_lazy("Provider"),
        required=False,
        max_length=catalogue.LONGEST,
        widget=forms.TextInput(attrs={"list": "providers"}),
        help_text=gettext_lazy("Empty: every provider that has no limit of its own."),
    )
    transport = forms.CharField(
        label=gettext_lazy("Transport"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Empty: each of them. “settings” is that of MANDATA_SMTP_URL."),
    )
    per_second = forms.FloatField(label=gettext_lazy("Messages a second"), required=False, min_value=0.001)
    connections = forms.IntegerField(label=gettext_lazy("Connections"), required=False, min_value=1)
    daily = forms.IntegerField(label=gettext_lazy("Messages a day"), required=False, min_value=1)


class WarmupForm(forms.Form):
    """How a new sending domain or source address is warmed up."""

    name = forms.CharField(label=gettext_lazy("Sending domain or source address"), max_length=253)
    begins_on = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    plan = forms.CharField(
        label=gettext_lazy("Messages on each day"),
        max_length=1000,
        help_text=gettext_lazy("Numbers with commas, none less than the one before. Afterwards no cap holds."),
    )

    def clean_plan(self) -> list[int]:
        """Return the days' numbers."""
        parts = [part.strip() for part in str(self.cleaned_data["plan"]).split(",")]
        if not all(part.isdigit() for part in parts):
            raise forms.ValidationError(_("Write numbers with commas, like 100,200,400."))
        return [int(part) for part in parts]


def limits(request: HttpRequest) -> HttpResponse:
    """Show limits, plans and lanes; keep or take away one of them by POST."""
    at = now()
    sent = request.POST if request.method == "POST" else None
    act = sent.get("act", "") if sent is not None else ""
    limit = LimitForm(sent if act == "limit" else None)
    warm = WarmupForm(
        sent if act == "warm" else None,
        initial={"begins_on": at.date().isoformat(), "plan": ",".join(map(str, warmup.USUAL))},
    )
    refusal: Refused | None = None
    if sent is not None:
        try:
            done = _act(act, request, limit, warm, at)
        except Refused as refused:
            refusal = refused
        else:
            if done:
                messages.success(request, done)
                return redirect("operator:limits")
    context = {
        "rules": caps.rules(),
        "plans": caps.plans(at=at),
        "lanes": [_lane(one) for one in caps.lanes_now(at=at)],
        "limit": limit,
        "warm": warm,
        "providers": catalogue.names(),
        "refusal": refusal,
        "writing": act if act in ("limit", "warm") else request.GET.get("new", ""),
    }
    return render(request, "console/operator/limits.html", context, status=422 if sent is not None else 200)


def _act(act: str, request: HttpRequest, limit: LimitForm, warm: WarmupForm, at: datetime) -> str:
    """Do what was asked for; return what to say, "" where the form has faults."""
    given = {"actor": Actor("operator", requests.user_id(request)), "at": at}
    text = request.POST
    road = {"transport": text.get("transport", ""), "provider": text.get("provider", "")}
    named = {"kind": text.get("kind", ""), "name": text.get("name", "")}
    simple: dict[str, Callable[[], None]] = {
        "drop": lambda: caps.drop_limit(**road, **given),  # type: ignore[arg-type]
        "end": lambda: caps.end_warmup(**named, **given),  # type: ignore[arg-type]
        "free": lambda: caps.free(key=text.get("lane", ""), **given),  # type: ignore[arg-type]
    }
    if act in simple:
        simple[act]()
        return _("Done, and recorded. Workers know within two seconds.")
    if act == "limit" and limit.is_valid():
        caps.set_limit(**limit.cleaned_data, **given)  # type: ignore[arg-type]
    elif act == "warm" and warm.is_valid():
        name = warm.cleaned_data["name"]
        caps.begin_warmup(
            kind=_kind(name), name=name, begins_on=warm.cleaned_data["begins_on"], plan=warm.cleaned_data["plan"],
            **given,  # type: ignore[arg-type]
        )  # fmt: skip
    else:
        return ""
    return _("Kept, and recorded. Workers keep to it within two seconds.")


def _kind(name: str) -> str:
    try:
        ip_address(name.strip())
    except ValueError:
        return "domain"
    return "source"


def _lane(one: caps.LaneNow) -> dict[str, Any]:
    kinds = {
        "road": _("transport"),
        "lane": _("provider"),
        "domain": _("sending domain"),
        "source": _("source address"),
    }
    slow = one.slowed_at is not None
    return {
        "one": one,
        "kind": kinds[one.kind],
        "name": one.name or (_("all others") if one.kind == "lane" else one.transport),
        "key": one.key,
        "rate": one.pace if slow else one.per_second,
        "state": _("slowed down") if slow else _("free"),
        "tone": "warn" if slow else "good",
    }
