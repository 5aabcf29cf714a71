"""Addresses of the gallery; set as ROOT_URLCONF by the tests that show it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import URLPattern, include, path

from mandata.foundation.errors import Refused

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


class Example(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Name of the list", help_text="Recipients see it on the preference page.")
    about = forms.CharField(label="About", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    basis = forms.ChoiceField(label="Lawful basis", choices=[("consent", "Consent"), ("contract", "Contract")])
    kind = forms.ChoiceField(
        label="Who may see it", widget=forms.RadioSelect, choices=[("all", "Everybody"), ("us", "Members only")]
    )
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    agreed = forms.BooleanField(label="I have read it")


def component(request: HttpRequest, what: str) -> HttpResponse:
    """Render a template of the gallery."""
    request.user = SimpleNamespace(  # type: ignore[assignment]
        name="Olga Ownerová", email="olga@bakery.example", is_operator=True, is_authenticated=True
    )
    request.member = SimpleNamespace(  # type: ignore[attr-defined]
        watched=0, controller_name="Demo Bakery", role="owner", seats=2, time_zone="Europe/Prague"
    )
    now = datetime.now(UTC)
    days = [NOW - timedelta(days=30 - at) for at in range(31)]
    context = {
        "now": now,
        "clocks": [
            {"due": now + timedelta(days=20), "start": now - timedelta(days=10)},
            {"due": now + timedelta(days=2, hours=3), "start": now - timedelta(days=10)},
            {"due": now + timedelta(hours=3), "start": now - timedelta(days=10)},
            {"due": now - timedelta(hours=5), "start": now - timedelta(days=10)},
            {"due": now - timedelta(hours=5), "start": now - timedelta(days=10), "done": now - timedelta(days=1)},
        ],
        "refusal": Refused(
            "The campaign cannot start: bakery.example is not verified.",
            clause="VP 7.2: own sending domain",
            remedy="Publish the two records shown and check again.",
        ),
        "chart_data": {
            "kind": "line",
            "x": days,
            "series": [
                {"label": "Opened by people", "values": [40 + 7 * (at % 9) + at * 3 for at in range(31)]},
                {"label": "Clicked", "values": [8 + 3 * (at % 5) + at for at in range(31)]},
            ],
        },
        "bar_data": {
            "kind": "bars",
            "x": days,
            "series": [{"label": "New subscribers", "values": [(at * 37) % 90 for at in range(31)]}],
        },
        "bars": [
            {"label": "gmail.com", "value": 8123, "whole": 12000, "cells": ["67.7 %"]},
            {"label": "seznam.cz", "value": 5012, "whole": 8000, "cells": ["62.6 %"]},
            {"label": "outlook.com", "value": 801, "whole": 4100, "cells": ["19.5 %"]},
        ],
        "work": {
            "title": "Importing subscribers.csv",
            "done": 12400,
            "total": 20000,
            "rate": 10312,
            "left": 1,
            "unit": "rows",
            "running": True,
            "state": "running",
            "tone": "info",
        },
        "done_work": {
            "title": "November newsletter",
            "done": 18211,
            "total": 18211,
            "rate": 1040,
            "unit": "messages",
            "running": False,
            "state": "sent",
            "tone": "good",
        },
        "timeline": [
            {
                "at": now,
                "title": "Erased",
                "text": "All holdings answered.",
                "tone": "good",
                "icon": "check",
                "who": "Petra Privacy",
                "instruction": "Case 12",
                "proof": "a1b2c3d4",
                "proof_url": "/",
            },
            {
                "at": now - timedelta(days=1),
                "title": "Unsubscribed",
                "tone": "warn",
                "icon": "minus",
                "who": "the person",
            },
            {
                "at": now - timedelta(days=9),
                "title": "Consented",
                "text": "Double opt-in from 198.51.100.7",
                "tone": "info",
                "icon": "mail",
            },
        ],
        "checks": [
            {"title": "Agreement in force", "allowed": True, "clause": "Terms 1.4"},
            {
                "title": "Sending domain",
                "allowed": False,
                "reason": "bakery.example has no DKIM record.",
                "remedy": "Publish the record shown on the page of the domain.",
                "url": "/",
                "clause": "Terms 7.2",
            },
            {"title": "Postal address in the footer", "allowed": None},
        ],
        "steps": [
            {"label": "Content", "url": "/", "tone": "good"},
            {"label": "Audience", "url": "/", "tone": "good"},
            {"label": "Checks", "url": "/", "tone": "bad", "current": True},
            {"label": "Send"},
            {"label": "Report"},
        ],
        "figures": [
            {"label": "Delivered", "value": "18 204", "note": "99.96 % of 18 211"},
            {"label": "Opened by people", "value": "7 611", "note": "41.8 %"},
            {"label": "Clicked", "value": "1 203", "note": "6.6 %"},
            {"label": "Complaints", "value": "3", "note": "0.02 %", "tone": "bad"},
        ],
        "form": Example({"name": "", "about": "Every Friday", "basis": "consent", "kind": "us"}),
        "controller_name": "Demo Bakery",
    }
    template = engines["django"].from_string((HERE / "templates" / f"{what}.html").read_text(encoding="utf-8"))
    return HttpResponse(template.render(context, request))


def _stub(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def _area(*names: str) -> list[URLPattern]:
    return [path(f"{name}/", _stub, name=name) for name in names]


urlpatterns = [
    path("<str:what>.html", component),
    path("i18n/", include("django.conf.urls.i18n")),
    path("logout/", _stub, name="account_logout"),
    path("home/", include((_area("home"), "home"))),
    path("campaigns/", include((_area("list"), "campaigns"))),
    path("audience/", include((_area("subscribers", "lists", "fields", "imports"), "audience"))),
    path("reports/", include((_area("overview"), "reports"))),
    path("sending/", include((_area("domains", "senders", "suppression", "unknown"), "sending"))),
    path("privacy/", include((_area("overview", "agreement", "requests", "data_map", "record"), "privacy"))),
    path("accounts/", include((_area("members", "settings", "security", "choose", "language"), "accounts"))),
    path("operator/", include((_area("overview", "controllers", "notices"), "operator"))),
]
