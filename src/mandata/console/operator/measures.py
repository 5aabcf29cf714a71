"""The register of measures behind Annex III: how each is carried out, who answers for it, when it was checked."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.agreements import selectors
from mandata.agreements.services import measures as services
from mandata.console import requests
from mandata.foundation.errors import Refused
from mandata.infra.clock import now


class MeasureForm(forms.Form):
    """How a measure is carried out."""

    code = forms.ChoiceField(label=gettext_lazy("Measure"))
    description = forms.CharField(
        label=gettext_lazy("How it is carried out"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("In words that stand in Annex III of every agreement from now on."),
    )
    owner = forms.CharField(
        label=gettext_lazy("Who answers for it"), max_length=120, help_text=gettext_lazy("A post, no name.")
    )
    checked_on = forms.DateField(
        label=gettext_lazy("Last checked"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    next_on = forms.DateField(
        label=gettext_lazy("Next check"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, rows: list[selectors.MeasureRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = [(one.code, one.words) for one in rows]  # type: ignore[attr-defined]


def listed(request: HttpRequest) -> HttpResponse:
    """Show every measure that an agreement can name, with its last check; state one by POST."""
    rows = selectors.measures()
    chosen = next((one for one in rows if one.code == request.GET.get("code", "")), None)
    form = MeasureForm(request.POST if request.method == "POST" else None, rows=rows, initial=_initial(chosen))
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            services.register(by=requests.user_id(request), at=now(), **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Kept, and recorded. The annexes tell it from now on."))
            return redirect("operator:measures")
    today = now().date()
    shown = [_row(one, today) for one in rows]
    context = {
        "rows": shown,
        "figures": [
            {"label": _("Stated"), "value": sum(bool(one.description) for one in rows)},
            {"label": _("To be checked"), "value": sum(row["tone"] == "warn" for row in shown)},
            {"label": _("Nobody has stated"), "value": sum(not one.description for one in rows)},
        ],
        "form": form,
        "refusal": refusal,
        "writing": request.method == "POST" or chosen is not None or "new" in request.GET,
    }
    return render(request, "console/operator/measures.html", context, status=422 if request.method == "POST" else 200)


def _initial(one: selectors.MeasureRow | None) -> dict[str, Any]:
    if one is None:
        return {"checked_on": now().date().isoformat()}
    return {
        "code": one.code,
        "description": one.description,
        "owner": one.owner,
        "checked_on": (one.checked_on or now().date()).isoformat(),
        "next_on": one.next_on.isoformat() if one.next_on else "",
    }


def _row(one: selectors.MeasureRow, today: date) -> dict[str, Any]:
    if not one.description:
        state, tone = _("not stated"), "calm"
    elif one.next_on is not None and one.next_on < today:
        state, tone = _("to be checked"), "warn"
    else:
        state, tone = _("checked"), "good"
    return {"one": one, "state": state, "tone": tone}
