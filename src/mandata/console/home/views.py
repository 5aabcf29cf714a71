"""The first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from mandata.accounts import selectors
from mandata.agreements import selectors as agreements
from mandata.infra.clock import now


def home(request: HttpRequest) -> HttpResponse:
    """Show what needs you, what runs, what happened."""
    return render(request, "console/home/home.html", {"controller": selectors.controller(), "steps": _steps()})


def _steps() -> list[dict[str, object]]:
    """The way to the first campaign, as far as it can be told here."""
    card = selectors.controller()
    agreement = agreements.in_force(now())
    return [
        {
            "title": _("Agreement in force"),
            "allowed": agreement is not None,
            "clause": "" if agreement is None else f"{agreement.name} {agreement.version}",
        },
        {
            "title": _("Postal address"),
            "allowed": bool(card.postal_address),
            "reason": card.postal_address,
            "remedy": _("Every campaign must carry it."),
            "url": reverse("accounts:settings"),
        },
        {
            "title": _("Colleagues"),
            "allowed": len(selectors.members()) > 1 or None,
            "reason": _("Whoever writes campaigns or answers requests needs an own log-in."),
            "url": reverse("accounts:members"),
            "act": _("See the members"),
        },
    ]
