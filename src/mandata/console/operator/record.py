"""The installation's own log, over which every controller's heads stand: its heads, stamps, last verification."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from mandata.console import requests
from mandata.foundation.errors import Fault
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import checking, selectors, services

SHOWN = 20


def health() -> dict[str, Any]:
    """The size of the installation's log, what waits, its newest head and stamp, and the last verification."""
    with scope(INSTANCE):
        return {
            "size": selectors.size(),
            "waiting": selectors.waiting(),
            "head": next(iter(selectors.heads(1)), None),
            "stamp": next(iter(selectors.stamps(1)), None),
            "verified": next(iter(selectors.entries(kind=checking.KIND, limit=1)), None),
        }


def record(request: HttpRequest) -> HttpResponse:
    """Show the installation's log."""
    shown = health()
    with scope(INSTANCE):
        context = {
            **shown,
            "heads": selectors.heads(SHOWN),
            "stamps": selectors.stamps(SHOWN),
            "entries": selectors.entries(limit=SHOWN),
            "authority": env().timestamp_url,
        }
    return render(request, "console/operator/record.html", context)


def stamp(request: HttpRequest) -> HttpResponse:
    """Have the newest head stamped now."""
    try:
        made = services.stamp(at=now(), actor=requests.operator(request))
    except Fault as fault:
        messages.error(request, f"{fault} {fault.remedy}")
    else:
        messages.success(request, _("Stamped, and recorded.") if made else _("The newest head is stamped already."))
    return redirect("operator:record")


def verify(request: HttpRequest) -> HttpResponse:
    """Have a worker verify the whole record."""
    checking.ask(requests.user_id(request))
    messages.success(request, _("A worker verifies it; the result will stand here."))
    return redirect("operator:record")
