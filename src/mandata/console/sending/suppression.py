"""Suppression: why somebody is not written to, since when; entering and lifting with a ground."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.audience import selectors as audience
from mandata.audience import services
from mandata.audience.rules.bases import Reason, may_lift
from mandata.audience.selectors import overview
from mandata.audience.services.suppression import suppression_index
from mandata.console import requests
from mandata.console.audience import words as audience_words
from mandata.console.audience.forms import Hinted
from mandata.console.sending import words
from mandata.foundation.errors import Refused
from mandata.infra.clock import now


class AddressForm(forms.Form):
    """An address to look up; it never stands in an address of ours, nor in the record."""

    email = forms.CharField(
        label=gettext_lazy("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )


class SuppressForm(AddressForm):
    """An address that is not to be written to any more, and why."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Why"),
        choices=[
            ("objection", gettext_lazy("The person objected")),
            ("unsubscribed", gettext_lazy("The person wants to leave")),
            ("complaint", gettext_lazy("The person complained")),
            ("manual", gettext_lazy("Your own decision")),
        ],
        widget=Hinted(
            {
                "objection": gettext_lazy("By letter, telephone or in person. Only the person can take that back."),
                "unsubscribed": gettext_lazy("Only the person can take that back."),
                "complaint": gettext_lazy("Only the person can take that back."),
                "manual": gettext_lazy("A member may lift it later, with a stated ground."),
            }
        ),
        initial="objection",
    )


class LiftForm(AddressForm):
    """On what ground a suppression is lifted: a choice, so that no name gets into the record."""

    ground = forms.ChoiceField(label=gettext_lazy("Ground"), choices=list(words.GROUNDS.items()))
    scope = forms.CharField(required=False)
    channel = forms.CharField(required=False)


def suppression(request: HttpRequest) -> HttpResponse:
    """Show how many addresses are suppressed and why, and offer the look-up."""
    return render(request, "console/sending/suppression.html", _context(request))


def _context(request: HttpRequest, **more: Any) -> dict[str, Any]:
    totals = overview.suppression_totals(at=now())
    whole = sum(count for _reason, count in totals)
    return {
        "totals": [
            {"label": audience_words.reason(reason), "value": count, "whole": whole} for reason, count in totals
        ],
        "whole": whole,
        "columns": [_("Reason"), _("Addresses")],
        "meanings": [(audience_words.reason(reason), words.MEANINGS[reason]) for reason in words.MEANINGS],
        "form": AddressForm(),
        "suppress_form": SuppressForm(auto_id="id_new_%s"),
        "lift_form": LiftForm(),
        "may": {act: request.may(f"sending:{act}") for act in ("suppress", "lift")},  # type: ignore[attr-defined]
        **more,
    }


def look_up(request: HttpRequest) -> HttpResponse:
    """Say whether an address is suppressed, why and since when; by POST, so that it stands in no address."""
    if request.method != "POST":
        return redirect("sending:suppression")
    form = AddressForm(request.POST)
    if not form.is_valid():
        return render(request, "console/sending/suppression.html", _context(request, form=form), status=422)
    return _answer(request, form.cleaned_data["email"], form)


def _answer(request: HttpRequest, email: str, form: forms.Form) -> HttpResponse:
    try:
        with transaction.atomic():
            found = _found(email)
    except Refused as refused:
        form.add_error("email", f"{refused.message} {refused.remedy}".strip())
        return render(request, "console/sending/suppression.html", _context(request, form=form), status=422)
    return render(request, "console/sending/suppression.html", _context(request, form=form, asked=email, **found))


def _found(email: str) -> dict[str, Any]:
    lists = {str(one.id): one.name for one in audience.lists()}
    subscriber = audience.find_by_email(email)
    rows = overview.suppressions_with_end(suppression_index(email), at=now())
    return {
        "answers": [
            {
                "number": number,
                "reason": audience_words.reason(reason),
                "meaning": words.MEANINGS[reason],
                "scope": scope,
                "where": lists.get(scope, _("one list")) if scope else _("all messages"),
                "channel": channel,
                "since": since,
                "until": until,
                "liftable": may_lift(Reason(reason), by_the_person=False),
                "dialog": f"lift-{number}",
            }
            for number, (channel, scope, reason, since, until) in enumerate(rows)
        ],
        "person_url": reverse("audience:person", args=[subscriber]) if subscriber else "",
    }


def suppress(request: HttpRequest) -> HttpResponse:
    """Enter an address; errors keep what was typed."""
    if request.method != "POST":
        return redirect("sending:suppression")
    form = SuppressForm(request.POST, auto_id="id_new_%s")
    if form.is_valid():
        given = form.cleaned_data
        try:
            with transaction.atomic():
                new = services.suppress(
                    email=given["email"], reason=Reason(given["reason"]), actor=requests.actor(request), at=now()
                )
        except Refused as refused:
            form.add_error("email", f"{refused.message} {refused.remedy}".strip())
        else:
            told = _("Nothing more is sent to this address.") if new else _("This address was suppressed already.")
            messages.success(request, told)
            return _answer(request, given["email"], AddressForm(initial={"email": given["email"]}))
    context = _context(request, suppress_form=form, adding=True)
    return render(request, "console/sending/suppression.html", context, status=422)


def lift(request: HttpRequest) -> HttpResponse:
    """Lift a suppression on a ground. The person's own will is not a member's to lift: the refusal says so."""
    if request.method != "POST":
        return redirect("sending:suppression")
    form = LiftForm(request.POST)
    if not form.is_valid():
        return redirect("sending:suppression")
    given = form.cleaned_data
    lifted = services.unsuppress(
        email=given["email"],
        ground=given["ground"],
        by_the_person=False,
        actor=requests.actor(request),
        at=now(),
        channel=given["channel"] or "email",
        scope=given["scope"],
    )
    if lifted:
        messages.success(request, _("Lifted. The ground stands in the record."))
    return _answer(request, given["email"], AddressForm(initial={"email": given["email"]}))
