"""Sub-processors as a controller meets them: who may have its data, windows open now, objections, disclosures."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.agreements import selectors as agreements
from mandata.console import processors
from mandata.console.requests import actor
from mandata.delivery.services import showing
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.subprocessors import selectors
from mandata.subprocessors.services import objections


class ObjectionForm(forms.Form):
    """An objection in writing."""

    words = forms.CharField(
        label=gettext_lazy("Why you object"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("It stays with you and us; the record holds that there is one."),
    )


class EndForm(forms.Form):
    """Ending the affected service in writing."""

    words = forms.CharField(label=gettext_lazy("What ends, and why"), widget=forms.Textarea(attrs={"rows": 3}))


def listed(request: HttpRequest) -> HttpResponse:
    """Show windows that are open, who may have the controller's data on which ground, and what was disclosed."""
    at = now()
    told, said = [_told(one) for one in selectors.notices(at=at)], agreements.reader()
    context = {
        "open": [row for row in told if row["pending"]],
        "past": [row for row in told if not row["pending"]],
        "authorised": [
            {"one": one, "ground": processors.GROUNDS.get(one.ground, one.ground), "why": one.verdict.said(said)[1]}
            for one in selectors.authorised(now=at)
        ],
        "disclosures": [
            {"one": one, "kind": processors.DISCLOSED[one.kind]} for one in selectors.disclosures(limit=50)
        ],
        "engines": showing.engines(at=at),
    }
    return render(request, "console/privacy/subprocessors.html", context)


def _told(one: selectors.Told) -> dict[str, Any]:
    standing = [filed for filed in one.objections if filed.state in ("open", "excluded")]
    pending = one.change.state == "announced" or one.in_time or bool(standing)
    return {
        "one": one,
        "kind": processors.KINDS[one.change.kind],
        "standing": standing[0] if standing else None,
        "pending": pending and one.change.state != "withdrawn",
        "objections": [
            {
                "one": filed,
                "state": processors.OBJECTIONS[filed.state][0],
                "tone": processors.OBJECTIONS[filed.state][1],
            }
            for filed in one.objections
        ],
    }


def change(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Show one change with its periods and how they were counted; take an objection by POST."""
    form = ObjectionForm(request.POST if request.method == "POST" else None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            objections.object_to(change_id=change_id, words=form.cleaned_data["words"], actor=actor(request), at=now())
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Filed and recorded. None of your data goes there while it stands."))
            return redirect("privacy:change", change_id=change_id)
    found = selectors.notice(change_id, at=now())
    context = {**_told(found), "entry": processors.row(selectors.find(found.change.subprocessor)), "form": form}
    context |= {"refusal": refusal, "end": EndForm()}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/privacy/change.html", context, status=status)


def act(request: HttpRequest, objection_id: UUID, verb: str) -> HttpResponse:
    """Withdraw an objection, agree after all, or end the affected service."""
    found = selectors.objection(objection_id)
    if verb == "withdraw":
        objections.withdraw(objection_id=objection_id, actor=actor(request), at=now())
        messages.success(request, _("Withdrawn, and recorded."))
    elif verb == "agree":
        objections.resolve(objection_id=objection_id, outcome="agreed", words="", actor=actor(request), at=now())
        messages.success(request, _("You agree after all. That is recorded."))
    elif verb == "end":
        form = EndForm(request.POST)
        if form.is_valid():
            objections.end_service(
                objection_id=objection_id, words=form.cleaned_data["words"], actor=actor(request), at=now()
            )
            messages.success(request, _("The affected service is ended, without penalty."))
        else:
            messages.error(request, _("Say in writing what ends; nothing has happened."))
    else:
        raise Http404
    return redirect("privacy:change", change_id=found.change)
