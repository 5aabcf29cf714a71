"""Keys of the API: which there are, making one (shown once), ending one."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from mandata.accounts import selectors, services
from mandata.accounts.rules import apikeys
from mandata.console import requests
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.environment import env

SCOPES = {
    "cases:create": gettext_lazy("Hand in requests of data subjects"),
    "cases:read": gettext_lazy("Read how a request stands: codes and times"),
}
LASTS = (30, 90, 365)


class KeyForm(forms.Form):
    """What a key is for, what it may do, how long it lasts."""

    name = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=apikeys.MAX_NAME,
        help_text=gettext_lazy("The program or the place, such as “Web shop”; nobody’s name."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("How long it lasts"),
        coerce=int,
        choices=[
            *((days, ngettext_lazy("%(days)d day", "%(days)d days", days) % {"days": days}) for days in LASTS),
            (0, gettext_lazy("until it is revoked")),
        ],
        initial=365,
    )


def keys(request: HttpRequest) -> HttpResponse:
    """List the keys; on POST, make one and show it, this once."""
    form, made, at = KeyForm(request.POST or None), None, now()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        until = at + timedelta(days=given["days"]) if given["days"] else None
        try:
            made = services.apikeys.make(
                name=given["name"], scopes=given["scopes"], by=requests.member(request).member_id, at=at, until=until
            )
            form = KeyForm()
        except Refused as refusal:
            form.add_error(None, f"{refusal.message} {refusal.remedy}")
    may = request.may  # type: ignore[attr-defined]
    own = requests.member(request).role == "owner"
    context = {
        "rows": [_row(one) for one in selectors.api_keys(at=at)],
        "form": form if own else None,
        "made": made,
        "may": {"revoke": may("accounts:key_revoke")},
        "address": f"{env().public_url.rstrip('/')}/api/v1/",
    }
    return render(request, "console/accounts/keys.html", context, status=422 if form.errors else 200)


def _row(one: selectors.KeyView) -> dict[str, Any]:
    return {
        "one": one,
        "written": f"{apikeys.BEGINNING}…{one.tail}",
        "scopes": [SCOPES.get(scope, scope) for scope in one.scopes],
        "dialog": f"revoke-{one.id}",
        "title": _("Revoke “%(name)s”?") % {"name": one.name},
    }


def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """End a key."""
    services.apikeys.revoke(key_id=key_id, actor=requests.actor(request), at=now())
    messages.success(request, _("The key is revoked; the next request by it is refused."))
    return redirect("accounts:keys")
