"""Whether a customer divides its database among several accounts: counted on demand, and only counts are seen."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.audience.selectors import splitting as selectors
from mandata.audience.services import splitting as services
from mandata.console import requests
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import scope

AT_ONCE = 500
"""Among so many accounts those of one customer are looked for without being asked to; more take a while."""


def splitting(request: HttpRequest) -> HttpResponse:
    """Show which accounts seem to be one customer's; count the chosen ones' people by POST and show the counts."""
    found: services.Split | None = None
    refusal: Refused | None = None
    chosen = _chosen(request)
    if request.method == "POST":
        if len(chosen) < 2:
            messages.error(request, _("Choose two accounts or more of one customer."))
        else:
            try:
                found = services.count(chosen, at=now(), actor=requests.operator(request))
            except Refused as refused:
                refusal = refused
    known = accounts.ids()
    looked = "look" in request.GET or bool(chosen) or len(known) <= AT_ONCE
    groups = selectors.candidates(chosen or known) if looked else []
    context = {
        "groups": [_group(one, chosen) for one in groups],
        "looked": looked,
        "known": len(known),
        "refusal": refusal,
        "result": _told(found) if found else None,
    }
    return render(request, "console/operator/splitting.html", context, status=refusal.status if refusal else 200)


def _chosen(request: HttpRequest) -> list[UUID]:
    known = set(accounts.ids()) if request.method == "POST" else set()
    return sorted(one for one in known if str(one) in set(request.POST.getlist("controller")))


def _group(ids: tuple[UUID, ...], chosen: list[UUID]) -> list[dict[str, Any]]:
    whole = not set(ids) & set(chosen)
    return [{"id": one, "name": _name(one), "chosen": whole or one in chosen} for one in ids]


def _name(controller_id: UUID) -> str:
    with scope(controller_id):
        return accounts.controller().name


def _told(found: services.Split) -> dict[str, Any]:
    names = {one: _name(one) for one in found.sizes}
    return {
        "figures": [
            {"label": _("Together, each person once"), "value": found.distinct},
            {"label": _("Sum of the accounts"), "value": found.total},
            {"label": _("Counted twice or more"), "value": max(0, found.total - found.distinct)},
        ],
        "sizes": [{"id": one, "name": names[one], "count": count} for one, count in found.sizes.items()],
        "shared": [
            {"first": names[first], "second": names[second], "count": count}
            for (first, second), count in found.shared.items()
        ],
        "one_in": found.one_in if found.one_in > 1 else 0,
    }
