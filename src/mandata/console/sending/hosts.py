"""Tracking hosts: a name of the controller's own in the links of its messages, with a certificate."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.console import requests
from mandata.console.sending import words
from mandata.delivery import selectors, services
from mandata.foundation.errors import Fault, Refused
from mandata.infra.clock import now


class HostForm(forms.Form):
    """The name of a host."""

    name = forms.CharField(
        label=gettext_lazy("Host"),
        max_length=253,
        help_text=gettext_lazy(
            "A name that leads nowhere yet, below a domain of yours, for example links.example.com."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "inputmode": "url"}),
    )


def hosts(request: HttpRequest) -> HttpResponse:
    """Show the hosts: the record of each, what DNS says, how its certificate stands."""
    at = now()
    rows = [_row(one) for one in selectors.hosts(at)]
    context = {"rows": rows, "door": selectors.tracking_url(at), "may": _may(request)}
    return render(request, "console/sending/hosts.html", context)


def _may(request: HttpRequest) -> dict[str, bool]:
    acts = ("host_new", "host_check", "host_remove")
    return {act: request.may(f"sending:{act}") for act in acts}  # type: ignore[attr-defined]


def _row(one: selectors.TrackingHost) -> dict[str, Any]:
    label, tone = words.HOSTS["usable" if one.usable else "waits" if one.state == "verified" else one.state]
    return {
        "one": one,
        "key": str(one.id),
        "state": label,
        "tone": tone,
        "explains": words.ALIGNED.get(one.code, ""),
        "remove_title": _("Remove %(host)s?") % {"host": one.name},
    }


def host_new(request: HttpRequest) -> HttpResponse:
    """Add a host; what was typed stays where it is refused."""
    form = HostForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                services.add_host(name=form.cleaned_data["name"], actor=requests.actor(request), at=now())
        except Refused as refused:
            refusal = refused
        else:
            return redirect("sending:hosts")
    context = {"form": form, "refusal": refusal}
    return render(request, "console/sending/host_new.html", context, status=422 if form.is_bound else 200)


def check(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Ask DNS now."""
    try:
        state = services.check_host(host_id=host_id, actor=requests.actor(request), at=now())
    except Fault as fault:
        messages.error(request, str(fault))
    else:
        if state == "verified":
            messages.success(request, _("The host leads here. Its certificate is ordered within a few minutes."))
        else:
            messages.warning(request, _("The host does not lead here yet."))
    return redirect("sending:hosts")


def remove(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Remove a host."""
    services.remove_host(host_id=host_id, actor=requests.actor(request), at=now())
    messages.success(request, _("The host is removed and the key of its certificate destroyed."))
    return redirect("sending:hosts")
