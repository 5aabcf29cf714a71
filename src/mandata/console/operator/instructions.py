"""The operator's desk of instructions: one controller's, what is pointed out, agreed, refused, carried out; what a law
demands.
"""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.agreements.selectors import instructions
from mandata.agreements.services import instructions as services
from mandata.console import instructing, requests
from mandata.console.operator.access import accounted
from mandata.console.operator.verbs import Verbs, carry_out
from mandata.console.privacy.forms import MeetForm
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope


class ConcernForm(forms.Form):
    """What seems defective or unlawful."""

    concern = forms.CharField(
        label=gettext_lazy("What seems wrong with it"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The controller is told in these words. Until it stands by it, nothing is done on it."),
    )


class RefusalForm(forms.Form):
    """Why an instruction is refused."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The controller is told in these words."),
    )


class LawForm(forms.Form):
    """Processing that a law demands."""

    law = forms.CharField(label=gettext_lazy("Which law, which section"), max_length=300)
    words = forms.CharField(label=gettext_lazy("What it demands"), widget=forms.Textarea(attrs={"rows": 4}))
    acts = forms.MultipleChoiceField(label=gettext_lazy("Kinds of processing"), widget=forms.CheckboxSelectMultiple)
    untold = forms.CharField(
        label=gettext_lazy("Which law forbids to tell the controller"),
        required=False,
        help_text=gettext_lazy("Empty: the controller is told first. Otherwise it is kept apart, with this ground."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["acts"].choices = instructing.acts()  # type: ignore[attr-defined]


@accounted
def listed(request: HttpRequest, controller_id: UUID) -> HttpResponse:
    """List one controller's instructions and what a law demands of its data; enter the latter by POST."""
    form = LawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        services.oblige(controller_id=controller_id, actor=requests.operator(request), at=now(), **form.cleaned_data)
        messages.success(request, _("Entered and recorded."))
        return redirect("operator:instructions", controller_id=controller_id)
    with scope(controller_id):
        name = accounts.controller().name
        rows = [{**instructing.row(one), "controller_id": controller_id, "controller": name} for one in _all()]
    with scope(INSTANCE):
        untold = [
            {**instructing.row(one), "done": MeetForm(auto_id=f"id_{one.id}_%s")}
            for one in instructions.untold(controller_id)
        ]
    context = {"rows": rows, "untold": untold, "name": name, "controller_id": controller_id, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/operator/instructions.html", context, status=status)


def _all() -> list[instructions.Given]:
    return instructions.instructions(count=500)


@accounted
def instruction(request: HttpRequest, controller_id: UUID, instruction_id: UUID) -> HttpResponse:
    """Show one instruction with what the processor can say to it."""
    with scope(controller_id):
        found = instructions.instruction(instruction_id)
        if found is None:
            raise Http404
        name = accounts.controller().name
    context = {
        **instructing.row(found),
        "controller_id": controller_id,
        "name": name,
        "concern": ConcernForm(),
        "refusal_form": RefusalForm(),
        "done": MeetForm(),
    }
    return render(request, "console/operator/instruction.html", context)


@accounted
def act(request: HttpRequest, controller_id: UUID, instruction_id: UUID, verb: str) -> HttpResponse:
    """Carry out a verb on an instruction."""
    if verb == "untold":
        return _untold(request, controller_id, instruction_id)
    carry_out(request, _VERBS, verb, controller_id=controller_id, thing=instruction_id)
    return redirect("operator:instruction", controller_id=controller_id, instruction_id=instruction_id)


def _untold(request: HttpRequest, controller_id: UUID, instruction_id: UUID) -> HttpResponse:
    """Enter that what a law demands and forbids to tell was carried out; it lies in the installation's scope."""
    form = MeetForm(request.POST)
    if form.is_valid():
        services.carry_out_untold(
            controller_id=controller_id,
            instruction_id=instruction_id,
            evidence={"reference": form.cleaned_data["reference"]},
            actor=requests.operator(request),
            at=now(),
        )
        messages.success(request, _("Carried out, and recorded."))
    else:
        messages.error(request, _("Fill in what is asked for; nothing has happened."))
    return redirect("operator:instructions", controller_id=controller_id)


def _question(request: HttpRequest, one: UUID, given: dict[str, str]) -> None:
    services.question(instruction_id=one, concern=given["concern"], actor=requests.operator(request), at=now())


def _assent(request: HttpRequest, one: UUID, _given: dict[str, str]) -> None:
    services.assent(instruction_id=one, actor=requests.operator(request), at=now())


def _refuse(request: HttpRequest, one: UUID, given: dict[str, str]) -> None:
    services.refuse(instruction_id=one, reason=given["reason"], actor=requests.operator(request), at=now())


def _carry_out(request: HttpRequest, one: UUID, given: dict[str, str]) -> None:
    evidence = {"reference": given["reference"]}
    services.carry_out(instruction_id=one, evidence=evidence, actor=requests.operator(request), at=now())


_VERBS: Final[Verbs] = {
    "question": (ConcernForm, _question, gettext_lazy("Pointed out and recorded; the controller is told.")),
    "assent": (None, _assent, gettext_lazy("Agreed and recorded; it binds now.")),
    "refuse": (RefusalForm, _refuse, gettext_lazy("Refused and recorded; the controller is told why.")),
    "done": (MeetForm, _carry_out, gettext_lazy("Carried out, and recorded.")),
}
