"""The operator's desk of ends: every agreement that ends, its timetable, what would be deleted, the deletion itself."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.console import ending, requests
from mandata.console.operator.access import way_in
from mandata.console.privacy.holdings import DoneForm
from mandata.foundation.errors import Refused
from mandata.holdings import manual, shelves
from mandata.holdings.catalogue import catalogue
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.retention.rules import ending as rules
from mandata.retention.selectors import ends as selectors
from mandata.retention.services import deleting, ends


class PlanForm(forms.Form):
    """Until when a plan of termination assistance keeps the data."""

    until = forms.DateField(
        label=gettext_lazy("The plan keeps the data until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def listed(request: HttpRequest) -> HttpResponse:
    """Show all ends, the newest first."""
    rows = [_row(one) for one in selectors.ends()]
    return render(request, "console/operator/terminations.html", {"rows": rows})


def _row(one: selectors.Row) -> dict[str, Any]:
    label, tone = ending.STATES[one.end.state]
    said = {"side": ending.SIDES[one.end.by], "chosen": ending.CHOSEN[one.end.choice]}
    return {"one": one, "state": label, "tone": tone, **said}


def single(request: HttpRequest, controller_id: UUID, refusal: Refused | None = None) -> HttpResponse:
    """Show one controller's end, or where none is under way the form of our own notice."""
    at = now()
    _known(controller_id)
    with scope(controller_id):
        card, context = accounts.controller(), ending.page(at)
        one = context["one"]
        context["earliest"], context["by"] = rules.earliest(selectors.terms(at), at)
        if one is not None:
            words = selectors.reasons(one.id)
            context |= _desk(one, at)
    if one is not None and words:  # the controller's own, or the operator's, which may tell of its people
        hidden = way_in(request, controller_id)
        context |= {"hidden": hidden, "words": "" if hidden else words}
    if one is not None and one.state in ("noticed", "ended"):
        context["parts"] = deleting.preview(controller_id)
    context |= {
        "card": card,
        "controller_id": controller_id,
        "notice": ending.ProcessorForm(),
        "choice": ending.ChoiceForm(),
        "plan": PlanForm(),
        "refusal": refusal,
    }
    return render(request, "console/operator/termination.html", context, status=refusal.status if refusal else 200)


def _desk(one: selectors.EndView, at: datetime) -> dict[str, Any]:
    against = selectors.hindrances(one, at)
    return {
        "hindrances": [{"why": deleting.why(found.code), "found": found} for found in against],
        "may_delete": one.state == "ended" and not against,
        "kept": [_kept(row) for row in one.kept],
        "tasks": [
            {"task": task, "form": DoneForm(auto_id=f"{task.id}_%s")} for task in shelves.tasks_about(one.id, at=at)
        ],
        "figures": [
            {"label": _("Tables gone through"), "value": len(one.progress)},
            {"label": _("Rows deleted"), "value": sum(one.progress.values())},
        ]
        if one.progress
        else [],
    }


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    """What stays, in the reader's language; it was kept in English."""
    names = {holding.description.key: holding.description.name for holding in catalogue()}
    return {
        "name": names.get(row["holding"], _("Without personal data")),
        "rows": row["rows"],
        "ground": _(row["ground"]),
    }


def _known(controller_id: UUID) -> None:
    if not accounts.exists(controller_id):
        raise Http404


def act(request: HttpRequest, controller_id: UUID, verb: str) -> HttpResponse:
    """Carry out what the desk can do with an end; what is refused is told on the page."""
    _known(controller_id)
    deed = _VERBS.get(verb)
    if deed is None:
        raise Http404
    try:
        said = deed(request, controller_id, now())
    except Refused as refused:
        return single(request, controller_id, refused)
    messages.success(request, said) if said else messages.error(
        request, _("Fill in what is asked for; nothing has happened.")
    )
    return redirect("operator:termination", controller_id=controller_id)


def _give(request: HttpRequest, controller_id: UUID, at: datetime) -> str:
    form = ending.ProcessorForm(request.POST)
    if not form.is_valid():
        return ""
    given = form.cleaned_data
    with scope(controller_id):
        zone = accounts.controller().time_zone
        earliest = rules.earliest(selectors.terms(at), at)[0]
        ends.give_notice(
            by="processor",
            reason=given["reason"],
            words=given["words"],
            effective=ending.at_end_of(given["effective"], zone) or earliest,
            actor=requests.operator(request),
            at=at,
        )
    return _("Notice is given, and the controller told with the reasons.")


def _withdraw(request: HttpRequest, controller_id: UUID, at: datetime) -> str:
    with scope(controller_id):
        ends.withdraw(actor=requests.operator(request), at=at)
    return _("Withdrawn: the agreement goes on.")


def _choose(request: HttpRequest, controller_id: UUID, at: datetime) -> str:
    form = ending.ChoiceForm(request.POST)
    if not form.is_valid():
        return ""
    with scope(controller_id):
        ends.choose(choice=form.cleaned_data["choice"], actor=requests.operator(request), at=at)
    return _("The controller's choice is recorded.")


def _plan(request: HttpRequest, controller_id: UUID, at: datetime) -> str:
    form = PlanForm(request.POST)
    if not form.is_valid():
        return ""
    with scope(controller_id):
        until = ending.at_end_of(form.cleaned_data["until"], accounts.controller().time_zone)
        ends.plan(until=until or at, actor=requests.operator(request), at=at)
    return _("The plan is recorded; it goes before the agreement's own periods.")


def _delete(request: HttpRequest, controller_id: UUID, at: datetime) -> str:
    typed = request.POST.get("phrase", "")[:200]
    deleting.confirm(controller_id=controller_id, typed=typed, actor=requests.operator(request), at=at)
    return _("The deletion has begun. It goes on by itself, and is certified at its end.")


def _task(request: HttpRequest, controller_id: UUID, at: datetime) -> str:
    form = DoneForm(request.POST)
    if not form.is_valid():
        return ""
    try:
        task_id = UUID(request.POST.get("task", ""))
    except ValueError:
        return ""
    with scope(controller_id):
        manual.complete(task_id=task_id, **form.cleaned_data, actor=requests.operator(request), at=at)
    deleting.certify(controller_id=controller_id, at=at)
    return _("Done, and recorded.")


_VERBS = {
    "notice": _give,
    "withdraw": _withdraw,
    "choose": _choose,
    "plan": _plan,
    "delete": _delete,
    "task": _task,
}
