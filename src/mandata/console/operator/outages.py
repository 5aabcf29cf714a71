"""The register of outages: found by themselves or entered, attributed, announced, restored (SEC-9)."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.console import requests
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.measures import selectors, words
from mandata.measures.services import outages as services

FOUND = {
    "probe": gettext_lazy("found by looking"),
    "pulse": gettext_lazy("nobody was there to look"),
    "hand": gettext_lazy("entered by hand"),
}
_WHEN = {"type": "datetime-local"}


class ReportForm(forms.Form):
    """An outage that the installation could not see."""

    part = forms.ChoiceField(label=gettext_lazy("What was out"), choices=list(words.PARTS.items()))
    began_at = forms.DateTimeField(label=gettext_lazy("Since, in UTC"), widget=forms.DateTimeInput(attrs=_WHEN))
    restored_at = forms.DateTimeField(
        label=gettext_lazy("Until, in UTC"), required=False, widget=forms.DateTimeInput(attrs=_WHEN),
        help_text=gettext_lazy("Empty while it lasts."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Times are UTC, whatever zone is on."""
        given = super().clean() or {}
        for name in ("began_at", "restored_at"):
            value = given.get(name)
            if isinstance(value, datetime):
                given[name] = value.replace(tzinfo=UTC)
        return given


class CauseForm(forms.Form):
    """Why it was."""

    cause = forms.ChoiceField(label=gettext_lazy("Cause"), choices=list(words.CAUSES.items()))
    words = forms.CharField(
        label=gettext_lazy("What happened"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Stands on the public page. Name nobody."),
    )  # fmt: skip
    ended = forms.BooleanField(label=gettext_lazy("It is over now"), required=False)


def listed(request: HttpRequest) -> HttpResponse:
    """Show the register and what it makes of each month; take an outage that nobody of ours could see."""
    form, refusal, at = ReportForm(request.POST if request.method == "POST" else None), None, now()
    if request.method == "POST" and form.is_valid():
        try:
            made = services.report(by=requests.user_id(request), at=at, **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Entered, and recorded. Say now why it was."))
            return redirect("operator:outage", outage_id=made)
    context = {
        "rows": [row(one) for one in selectors.outages()],
        "availability": [{"part": words.PARTS[one.part], "one": one} for one in selectors.availability(at)],
        "form": form,
        "refusal": refusal,
        "writing": request.method == "POST" or "new" in request.GET,
    }
    return render(request, "console/operator/outages.html", context, status=422 if request.method == "POST" else 200)


def row(one: selectors.OutageRow) -> dict[str, Any]:
    """An outage as lists show it."""
    return {
        "one": one,
        "part": words.PARTS[one.part],
        "cause": words.CAUSES[one.cause] if one.cause else "",
        "found": FOUND[one.found_by],
        "lasted": (one.restored_at or now()) - one.began_at,
        "state": _("restored") if one.restored_at else _("lasts"),
        "tone": "good" if one.restored_at else "bad",
    }


def outage(request: HttpRequest, outage_id: UUID) -> HttpResponse:
    """Show one outage; take its cause by POST."""
    one = selectors.outage(outage_id)
    if one is None:
        raise Http404
    form = CauseForm(
        request.POST if request.method == "POST" else None,
        initial={"cause": one.cause or "unknown", "words": one.words},
    )
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            services.attribute(outage_id=outage_id, by=requests.user_id(request), at=now(), **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Kept, and recorded."))
            return redirect("operator:outage", outage_id=outage_id)
    context = {**row(one), "form": form, "refusal": refusal}
    return render(request, "console/operator/outage.html", context, status=422 if request.method == "POST" else 200)


def announce(request: HttpRequest, outage_id: UUID) -> HttpResponse:
    """Have every controller told."""
    services.announce(outage_id=outage_id, by=requests.user_id(request), at=now())
    messages.success(request, _("Every controller is told by a notice, once."))
    return redirect("operator:outage", outage_id=outage_id)
