"""Instructions of the controller, its stop of all processing, and the controllers above it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.agreements import selectors as agreements
from mandata.agreements.selectors import instructions
from mandata.agreements.services import instructions as services
from mandata.agreements.services import suspension, upstream
from mandata.console import instructing
from mandata.console.requests import member
from mandata.foundation.errors import Refused
from mandata.infra.clock import now


class InstructionForm(forms.Form):
    """A written instruction: what is to be done, on which data, for which purpose."""

    words = forms.CharField(
        label=gettext_lazy("What is to be done"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("In plain words. It is kept as you write it; the record holds its proof."),
    )
    acts = forms.MultipleChoiceField(label=gettext_lazy("Kinds of processing"), widget=forms.CheckboxSelectMultiple)
    scope_words = forms.CharField(
        label=gettext_lazy("On which data"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("A list, a period …"),
    )
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), required=False)
    beyond = forms.BooleanField(
        label=gettext_lazy("It goes beyond the agreement; it binds once the processor has agreed."), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = agreements.in_force(now())
        self.fields["acts"].choices = instructing.acts()  # type: ignore[attr-defined]
        known = instructing.purposes(current.terms) if current else []
        self.fields["purpose"].choices = [("", _("that of the service")), *known]  # type: ignore[attr-defined]


class SuspendForm(forms.Form):
    """Why all processing stops."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )


class UpstreamForm(forms.Form):
    """A controller for whom ours is a processor, with the warranty."""

    name = forms.CharField(label=gettext_lazy("Name of the controller for whom you process"), max_length=200)
    contact = forms.EmailField(label=gettext_lazy("Contact"), required=False)
    authorised_on = forms.DateField(
        label=gettext_lazy("When it authorised you to pass the processing on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    warranted = forms.BooleanField(label=gettext_lazy("We warrant that it has given this authorisation."))


def listed(request: HttpRequest) -> HttpResponse:
    """List the instructions, newest first; take a new one by POST."""
    form = InstructionForm(request.POST if request.method == "POST" else None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            services.give(member_id=member(request).member_id, at=now(), **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Given, and recorded."))
            return redirect("privacy:instructions")
    context = {
        "rows": [instructing.row(one) for one in instructions.instructions()],
        "form": form,
        "refusal": refusal,
        "writing": request.method == "POST" or "new" in request.GET,
    }
    return render(
        request, "console/privacy/instructions.html", context, status=422 if request.method == "POST" else 200
    )


def instruction(request: HttpRequest, instruction_id: UUID) -> HttpResponse:
    """Show one instruction with everything that was said about it."""
    found = instructions.instruction(instruction_id)
    if found is None:
        raise Http404
    return render(request, "console/privacy/instruction.html", instructing.row(found))


def withdraw(request: HttpRequest, instruction_id: UUID) -> HttpResponse:
    """Take an instruction back."""
    services.withdraw(instruction_id=instruction_id, member_id=member(request).member_id, at=now())
    messages.success(request, _("Withdrawn, and recorded."))
    return redirect("privacy:instruction", instruction_id=instruction_id)


def uphold(request: HttpRequest, instruction_id: UUID) -> HttpResponse:
    """Stand by an instruction that the processor has questioned."""
    services.uphold(instruction_id=instruction_id, member_id=member(request).member_id, at=now())
    messages.success(request, _("You stand by it. That is recorded, and the instruction binds."))
    return redirect("privacy:instruction", instruction_id=instruction_id)


def suspend(request: HttpRequest) -> HttpResponse:
    """Stop all processing at once."""
    form = SuspendForm(request.POST)
    form.is_valid()
    suspension.suspend(member_id=member(request).member_id, at=now(), reason=form.cleaned_data.get("reason", ""))
    messages.success(request, _("All processing is suspended. Unsubscriptions, requests and notices go on."))
    return redirect("privacy:overview")


def lift(request: HttpRequest) -> HttpResponse:
    """Let the processing go on."""
    suspension.lift(member_id=member(request).member_id, at=now())
    messages.success(request, _("The processing goes on."))
    return redirect("privacy:overview")


def chain(request: HttpRequest) -> HttpResponse:
    """Show who processes for whom, and take a controller above ours by POST."""
    form = UpstreamForm(request.POST if request.method == "POST" else None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            upstream.add(member_id=member(request).member_id, at=now(), **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Entered and warranted; it is recorded."))
            return redirect("privacy:chain")
    context = {
        "links": instructions.chain(),
        "rows": instructions.upstream(ended=True),
        "form": form,
        "refusal": refusal,
        "writing": request.method == "POST",
    }
    return render(request, "console/privacy/chain.html", context, status=422 if request.method == "POST" else 200)


def unchain(request: HttpRequest, upstream_id: UUID) -> HttpResponse:
    """End the processing for a controller above ours."""
    upstream.end(upstream_id=upstream_id, member_id=member(request).member_id, at=now())
    messages.success(request, _("Ended, and recorded."))
    return redirect("privacy:chain")
