"""The registration of a controller: details and questions, the agreement's text with its advice, acceptance.

Nothing is kept between the steps: each carries what was said before, and only acceptance writes, all or nothing.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from mandata.accounts import services as accounts
from mandata.agreements import selectors, services
from mandata.console import requests
from mandata.console.accounts.forms import ControllerForm
from mandata.foundation.errors import Refused
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope

_ANSWERS = (("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")))


class QuestionsForm(forms.Form):
    """The questions that the agreement puts before its acceptance, in its own words (SVC-5)."""

    def __init__(self, *args: Any, offer: selectors.Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for asked in offer.questions:
            self.fields[f"answer_{asked.name}"] = forms.ChoiceField(
                label=asked.text, choices=_ANSWERS, widget=forms.RadioSelect
            )

    def answers(self) -> dict[str, str]:
        """Return the answers by the question's short name."""
        return {name.removeprefix("answer_"): value for name, value in self.cleaned_data.items()}


class AcceptForm(forms.Form):
    """What is confirmed with the acceptance."""

    warranted = forms.BooleanField(
        label=gettext_lazy("We warrant what the agreement says the controller warrants."),
        error_messages={"required": gettext_lazy("Confirm what the controller warrants.")},
    )
    accepted = forms.BooleanField(
        label=gettext_lazy("I have read the agreement, may bind the organisation, and accept it."),
        error_messages={"required": gettext_lazy("Without acceptance there is no agreement.")},
    )


def register(request: HttpRequest) -> HttpResponse:
    """Lead through the steps by the posted `stage`: read, accept, back."""
    offer = selectors.offer(language=get_language() or "en")
    stage = request.POST.get("stage", "")
    data = request.POST if stage else None
    details, questions = ControllerForm(data), QuestionsForm(data, offer=offer)
    if not stage or stage == "back" or not (details.is_valid() & questions.is_valid()):
        return _details(request, details, questions, status=422 if stage == "read" else 200)
    confirmed = AcceptForm(request.POST if stage == "accept" else None)
    if stage == "accept" and confirmed.is_valid():
        try:
            return _accepted(request, details, questions.answers(), offer)
        except Refused as refusal:
            return _text(request, offer, details, questions, confirmed, refusal)
    return _text(request, offer, details, questions, confirmed)


def _details(request: HttpRequest, details: forms.Form, questions: forms.Form, status: int) -> HttpResponse:
    context = {"form": details, "questions": questions, "steps": _steps(0)}
    return render(request, "console/accounts/register_controller.html", context, status=status)


def _text(
    request: HttpRequest,
    offer: selectors.Offer,
    details: ControllerForm,
    questions: QuestionsForm,
    confirmed: AcceptForm,
    refusal: Refused | None = None,
) -> HttpResponse:
    carried = [(name, request.POST.get(name, "")) for name in (*details.fields, *questions.fields)]
    context = {
        "steps": _steps(1),
        "text": mark_safe(offer.html),  # noqa: S308 - rendered and escaped by agreements.rules.text
        "digest": offer.shown,
        "warranties": offer.warranties,
        "advices": selectors.advice(terms=offer.terms, answers=questions.answers(), language=offer.language),
        "carried": carried,
        "form": confirmed,
        "refusals": [] if refusal is None else [refusal],
    }
    status = 200 if refusal is None and not confirmed.errors else 422
    return render(request, "console/accounts/accept.html", context, status=status)


def _accepted(
    request: HttpRequest, details: ControllerForm, answers: dict[str, str], offer: selectors.Offer
) -> HttpResponse:
    controller_id, at = new_id(), now()
    with scope(controller_id):
        founded = accounts.controllers.found(
            owner_id=requests.user_id(request),
            at=at,
            language=offer.language,
            controller_id=controller_id,
            **details.cleaned_data,
        )
        services.accept(
            member_id=founded.member_id,
            language=offer.language,
            answers=answers,
            warranted=True,
            shown=request.POST.get("shown", ""),
            at=at,
            where=services.Where(network=requests.network(request), agent=requests.agent(request)),
        )
    requests.choose(request, controller_id)
    messages.success(request, _("Welcome. The agreement is in force."))
    return redirect("home:home")


def _steps(current: int) -> list[dict[str, object]]:
    labels = (_("Your organisation"), _("The agreement"))
    return [
        {"label": label, "current": at == current, "tone": "good" if at < current else ""}
        for at, label in enumerate(labels)
    ]
