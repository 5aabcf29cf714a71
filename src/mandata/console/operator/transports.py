"""The roads that mail leaves by: whose they are, how they stand, and the operator's acts on them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.console import requests
from mandata.delivery.services import probing, showing, transports
from mandata.delivery.services.showing import Listed
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.subprocessors import selectors as subprocessors

KINDS: Final[dict[str, Promise]] = {
    "relay": gettext_lazy("Relay"),
    "direct": gettext_lazy("Direct delivery"),
    "ses": gettext_lazy("Amazon SES"),
    "catcher": gettext_lazy("Catcher"),
}
STANDING: Final[dict[str, tuple[Promise, str]]] = {
    "ready": (gettext_lazy("ready"), "good"),
    "paused": (gettext_lazy("paused"), "calm"),
    "maintained": (gettext_lazy("being maintained"), "info"),
    "terms": (gettext_lazy("terms not accepted"), "warn"),
}
FAULTS: Final[dict[str, Promise]] = {
    "ptr": gettext_lazy("another name in the reverse zone"),
    "helo": gettext_lazy("its name leads elsewhere"),
    "foreign": gettext_lazy("no address of this machine"),
}


class TransportForm(forms.Form):
    """A new transport."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(KINDS.items()))
    address = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("For a relay: smtp://, smtp+starttls:// or smtps:// with host and port."),
    )
    region = forms.CharField(
        label=gettext_lazy("Region"), required=False, max_length=40, help_text=gettext_lazy("For Amazon SES.")
    )
    subprocessor = forms.ChoiceField(
        label=gettext_lazy("Whose it is"),
        required=False,
        help_text=gettext_lazy("It takes mail only of controllers who authorised the sub-processor."),
    )
    user = forms.CharField(label=gettext_lazy("User or key id"), required=False, max_length=200)
    password = forms.CharField(
        label=gettext_lazy("Its secret"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Sealed, and never shown again."),
    )
    tier = forms.IntegerField(
        label=gettext_lazy("Tier"), initial=1, min_value=1, help_text=gettext_lazy("The lowest is taken first.")
    )
    weight = forms.IntegerField(label=gettext_lazy("Weight within the tier"), initial=1, min_value=1)
    connections = forms.IntegerField(label=gettext_lazy("Connections"), initial=10, min_value=1)
    sources = forms.CharField(
        label=gettext_lazy("Source addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("For direct delivery, one a line: address, name, and a pool where it has one."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [one.name for one in subprocessors.register()]
        self.fields["subprocessor"].choices = [("", _("the house")), *((name, name) for name in names)]  # type: ignore[attr-defined]

    def clean_sources(self) -> tuple[transports.From, ...]:
        """Return the source addresses."""
        lines = [line.replace(",", " ").split() for line in str(self.cleaned_data["sources"]).splitlines()]
        if any(len(parts) not in (2, 3) for parts in lines if parts):
            raise forms.ValidationError(_("Write address and name, like 192.0.2.1 out.example.com."))
        return tuple(transports.From(*parts) for parts in lines if parts)


def listed(request: HttpRequest) -> HttpResponse:
    """Show the transports; carry out one act by POST."""
    at, sent = now(), request.POST if request.method == "POST" else None
    act = sent.get("act", "") if sent is not None else ""
    form = TransportForm(sent if act == "add" else None)
    refusal: Refused | None = None
    if sent is not None:
        try:
            done = _act(act, request, form, at)
        except Refused as refused:
            refusal = refused
        else:
            if done:
                messages.success(request, done)
                return redirect("operator:transports")
    context = {
        "rows": [_row(one) for one in showing.listed(at=at)],
        "form": form,
        "refusal": refusal,
        "writing": act == "add" or "new" in request.GET,
        "own": env().smtp_subprocessor or _("the house"),
        "lists": [part.strip() for part in env().blocklists.split(",") if part.strip()],
    }
    return render(request, "console/operator/transports.html", context, status=422 if sent is not None else 200)


def _act(act: str, request: HttpRequest, form: TransportForm, at: datetime) -> str:
    """Do what was asked for; return what to say, "" where the form has faults."""
    name, given = request.POST.get("name", ""), {"actor": requests.operator(request), "at": at}
    simple: dict[str, Callable[[], None]] = {
        "pause": lambda: transports.pause(name, **given),  # type: ignore[arg-type]
        "resume": lambda: transports.resume(name, **given),  # type: ignore[arg-type]
        "remove": lambda: transports.remove(name, **given),  # type: ignore[arg-type]
        "accept": lambda: transports.accept_terms(name, version=request.POST.get("version", ""), **given),  # type: ignore[arg-type]
    }
    if act in simple:
        simple[act]()
        return _("Done, and recorded. Workers know within two seconds.")
    if act == "check":
        found = probing.check(name, at=at)
        return " ".join(one.words for one in found) or _("There is nothing to look at.")
    if act != "add" or not form.is_valid():
        return ""
    values = dict(form.cleaned_data)
    secret = {word: values.pop(word) for word in ("user", "password")}
    transports.add(transports.Details(**values), **secret, **given)  # type: ignore[arg-type]
    return _("Set up, and recorded. Workers know within two seconds.")


def _row(one: Listed) -> dict[str, Any]:
    label, tone = STANDING[one.standing]
    return {
        "one": one,
        "kind": KINDS[one.kind],
        "state": label,
        "tone": tone,
        "sources": [{"one": it, "fault": FAULTS.get(it.fault)} for it in one.sources],
    }
