"""The operator's inbox: what is owed by when, across all controllers; one obligation and what is done with it."""

from functools import partial
from typing import Final
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from mandata.agreements.selectors import obligations
from mandata.agreements.services import clocks
from mandata.agreements.services import obligations as services
from mandata.console import duties, feeding, requests
from mandata.console.operator.access import accounted
from mandata.console.operator.verbs import Verbs, carry_out
from mandata.console.privacy.forms import MeetForm, WaiveForm
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.rights import services as rights

TABS = {
    "": gettext_lazy("All"),
    "processor": gettext_lazy("Ours"),
    "controller": gettext_lazy("The controllers’"),
    "operator": gettext_lazy("The installation’s"),
}


class StayForm(forms.Form):
    """Why a clock stands still, by which evidence."""

    ground = forms.ChoiceField(label=gettext_lazy("Ground"), choices=list(duties.GROUNDS.items()))
    evidence = forms.CharField(
        label=gettext_lazy("Evidence"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What shows it. It stays with this obligation; the record holds its proof."),
    )


class ExtendForm(forms.Form):
    """Why an answer takes longer."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The person must be told it inside the first period."),
    )


def inbox(request: HttpRequest) -> HttpResponse:
    """List what is open at all controllers, late ones first."""
    at, owed_by = now(), request.GET.get("by", "")
    owed_by = owed_by if owed_by in TABS else ""
    page = duties.page(partial(obligations.inbox, at, owed_by=owed_by), request.GET.get("page"))
    context = {
        "figures": duties.figures(obligations.counts(at, owed_by=owed_by)),
        "tabs": list(TABS.items()),
        "by": owed_by,
        "page": page,
        "rows": [duties.row(one) for one in page],
        "feeds": feeding.mine(request, INSTANCE),
    }
    return render(request, "console/operator/obligations.html", context)


def feed(request: HttpRequest) -> HttpResponse:
    """Make a secret address under which a calendar program reads what the processor owes."""
    return feeding.create(request, INSTANCE, "console/operator/feed.html")


def unfeed(request: HttpRequest) -> HttpResponse:
    """Shut such an address."""
    return feeding.revoke(request, INSTANCE, "operator:obligations")


@accounted
def obligation(request: HttpRequest, controller_id: UUID, obligation_id: UUID) -> HttpResponse:
    """Show one obligation with what can be done: meet it, stop its clock, let it go on, take longer."""
    at = now()
    with scope(controller_id):
        shown = duties.explained(obligations.obligation(obligation_id, at), at)
    context = {
        **shown,
        "controller_id": controller_id,
        "meet": MeetForm(),
        "waive": WaiveForm(),
        "stay": StayForm(),
        "extend": ExtendForm(),
    }
    return render(request, "console/operator/obligation.html", context)


@accounted
def act(request: HttpRequest, controller_id: UUID, obligation_id: UUID, verb: str) -> HttpResponse:
    """Carry out a verb on an obligation; what is missing is told, and nothing happens."""
    carry_out(request, _VERBS, verb, controller_id=controller_id, thing=obligation_id)
    return redirect("operator:obligation", controller_id=controller_id, obligation_id=obligation_id)


def _meet(request: HttpRequest, one: UUID, given: dict[str, str]) -> None:
    duties.owed_by("processor", "operator", "person", obligation=one)
    evidence = {"reference": given["reference"]}
    services.meet(obligation_id=one, evidence=evidence, actor=requests.operator(request), at=now())


def _stay(request: HttpRequest, one: UUID, given: dict[str, str]) -> None:
    at = now()
    clocks.stay(
        obligation_id=one,
        ground=given["ground"],
        evidence=given["evidence"],
        begins=at,
        actor=requests.operator(request),
        at=at,
    )


def _resume(request: HttpRequest, one: UUID, _given: dict[str, str]) -> None:
    clocks.resume(obligation_id=one, actor=requests.operator(request), at=now())


def _extend(request: HttpRequest, one: UUID, given: dict[str, str]) -> None:
    at, actor = now(), requests.operator(request)
    owed = obligations.obligation(one, at).obliged
    if owed.about_kind == "case" and owed.about is not None:  # the person is told, too
        rights.extend(case_id=owed.about, reason=given["reason"], actor=actor, at=at)
    else:
        services.extend(obligation_id=one, reason=given["reason"], actor=actor, at=at)


def _waive(request: HttpRequest, one: UUID, given: dict[str, str]) -> None:
    services.waive(obligation_id=one, reason=given["reason"], actor=requests.operator(request), at=now())


def _recompute(request: HttpRequest, one: UUID, _given: dict[str, str]) -> None:
    clocks.recompute(obligation_id=one, actor=requests.operator(request), at=now())


_VERBS: Final[Verbs] = {
    "meet": (MeetForm, _meet, gettext_lazy("Met, and recorded.")),
    "stay": (StayForm, _stay, gettext_lazy("The clock stands still, and that is recorded.")),
    "resume": (None, _resume, gettext_lazy("The clock goes on; both times moved by as long as it stood.")),
    "extend": (ExtendForm, _extend, gettext_lazy("Extended, and recorded.")),
    "waive": (WaiveForm, _waive, gettext_lazy("Waived, and recorded.")),
    "recompute": (None, _recompute, gettext_lazy("Counted by the calendars of today; a difference is recorded.")),
}
