"""The operator's staff: who has signed and is trained, and so may open an access to a controller's data (PPL-1)."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.agreements.services import staff as services
from mandata.console import requests
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope

KINDS = {
    "confidentiality": gettext_lazy("commitment to confidentiality"),
    "training": gettext_lazy("training"),
}
SOON = timedelta(days=30)


class CommitmentForm(forms.Form):
    """What somebody has signed or learned."""

    user_id = forms.TypedChoiceField(label=gettext_lazy("Person"))
    kind = forms.ChoiceField(
        label=gettext_lazy("What"), choices=list(KINDS.items()), initial="confidentiality", widget=forms.RadioSelect
    )
    on = forms.DateField(
        label=gettext_lazy("Signed or held on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("Training holds until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Its last day. A commitment to confidentiality has none."),
    )
    evidence = forms.CharField(
        label=gettext_lazy("Evidence"),
        max_length=300,
        help_text=gettext_lazy("Where the signed paper or the certificate lies."),
    )

    def __init__(self, *args: Any, people: list[accounts.StaffMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user_id"].choices = [(str(one.user_id), one.name) for one in people]  # type: ignore[attr-defined]
        self._ids = {str(one.user_id): one.user_id for one in people}

    def clean_user_id(self) -> object:
        """Return the id of the person."""
        return self._ids[self.cleaned_data["user_id"]]

    def clean(self) -> dict[str, Any]:
        """A commitment to confidentiality lapses never."""
        given = super().clean() or {}
        if given.get("kind") == "confidentiality":
            given["until"] = None
        return given


def listed(request: HttpRequest) -> HttpResponse:
    """Show who may access and why not; take what somebody has signed or learned by POST."""
    with scope(INSTANCE):
        people, kept = accounts.staff(), accounts.commitments()
    initial = {"user_id": str(requests.user_id(request)), "on": now().date().isoformat()}
    form = CommitmentForm(request.POST if request.method == "POST" else None, people=people, initial=initial)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            services.commit(by=requests.user_id(request), at=now(), **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Entered, and recorded."))
            return redirect("operator:staff")
    today = now().date()
    context = {
        "rows": [row(one, today) for one in people],
        "kept": [{"one": one, "kind": KINDS[one.kind]} for one in kept],
        "form": form,
        "refusal": refusal,
        "writing": request.method == "POST" or "enter" in request.GET,
    }
    return render(request, "console/operator/staff.html", context, status=422 if request.method == "POST" else 200)


def row(one: accounts.StaffMember, today: date) -> dict[str, Any]:
    """A person with what an access would say: fit, about to lapse, or what is missing."""
    fit = one.fitness
    if fit.confidential_on is None:
        state, tone = _("confidentiality is not signed"), "bad"
    elif fit.trained_until is None:
        state, tone = _("not trained"), "bad"
    elif fit.trained_until < today:
        state, tone = _("training has lapsed"), "bad"
    elif fit.trained_until <= today + SOON:
        state, tone = _("training lapses soon"), "warn"
    else:
        state, tone = _("may access with a reason"), "good"
    return {"one": one, "state": state, "tone": tone}
