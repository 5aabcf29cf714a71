"""What the operator holds as a controller of its own: its register, and requests about it, answered by hand."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.console import requests
from mandata.foundation.errors import Refused
from mandata.holdings import own as register
from mandata.infra.clock import now
from mandata.retention.selectors import own as selectors
from mandata.retention.services import own

STATES = {
    "open": (gettext_lazy("open"), "warn"),
    "answered": (gettext_lazy("answered"), "good"),
    "refused": (gettext_lazy("refused"), "calm"),
    "forgotten": (gettext_lazy("forgotten"), "calm"),
}
OUTCOMES = {"answered": gettext_lazy("answered"), "refused": gettext_lazy("refused")}


class RequestForm(forms.Form):
    """A request as it came in."""

    right = forms.ChoiceField(label=gettext_lazy("Which right"))
    who = forms.CharField(label=gettext_lazy("Who asks, and where an answer goes"), max_length=300)
    words = forms.CharField(
        label=gettext_lazy("What for"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Kept sealed; three years after the answer it is forgotten."),
    )  # fmt: skip
    received = forms.DateTimeField(
        label=gettext_lazy("When it came (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["right"].choices = [(code, _(text)) for code, text in own.RIGHTS.items()]  # type: ignore[attr-defined]


def listed(request: HttpRequest) -> HttpResponse:
    """Show the register and the requests; enter a request by POST."""
    at, refusal = now(), None
    form = RequestForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            own.receive(
                right=said["right"], who=said["who"], words=said["words"], received_at=said["received"],
                actor=requests.operator(request), at=at,
            )  # fmt: skip
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Entered. Its answer is among the obligations, with the law’s clock."))
            return redirect("operator:own_data")
    context = {
        "activities": [
            {"one": one, "bases": [register.BASES[code] for code in one.bases]} for one in register.ACTIVITIES
        ],
        "cases": [_case(one) for one in selectors.requests(at)],
        "outcomes": list(OUTCOMES.items()),
        "form": form,
        "writing": request.method == "POST",
        "refusal": refusal,
    }
    return render(request, "console/operator/own_data.html", context, status=refusal.status if refusal else 200)


def _case(one: selectors.Request) -> dict[str, Any]:
    state, tone = STATES[one.state]
    return {"one": one, "right": _(own.RIGHTS[one.right]), "state": state, "tone": tone}


def settle(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Close a request with what was answered."""
    own.settle(
        case_id=case_id, outcome=request.POST.get("outcome", "")[:20], words=request.POST.get("words", "")[:4000],
        actor=requests.operator(request), at=now(),
    )  # fmt: skip
    messages.success(request, _("Closed and recorded."))
    return redirect("operator:own_data")
