"""Breaches as a controller meets them: what it was told, its 72 hours, the form, messages to people, its register."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.console import breaches as shown
from mandata.console import duties
from mandata.console.requests import actor
from mandata.foundation.errors import Refused
from mandata.incidents import form as forms_of_law
from mandata.incidents import words as told
from mandata.incidents.selectors import register
from mandata.incidents.selectors import share as selectors
from mandata.incidents.services import authority, drills, people, reports
from mandata.infra.clock import new_id, now

MINUTE = timedelta(minutes=1)


class ReportForm(forms.Form):
    """A breach that the controller itself found."""

    breach_id = forms.UUIDField(widget=forms.HiddenInput)
    words = shown.text(
        4, label=gettext_lazy("What happened"), help_text=gettext_lazy("We get these words as a notice, at once.")
    )
    aware_at = shown.instant(
        label=gettext_lazy("When you became aware"), help_text=gettext_lazy("Your 72 hours run from here.")
    )
    began_at = shown.instant(label=gettext_lazy("Began"), required=False)
    ended_at = shown.instant(label=gettext_lazy("Ended"), required=False)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What was lost"),
        choices=list(shown.KINDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class AuthorityForm(forms.Form):
    """What the officer adds to the form, or puts in the place of what we filled in."""

    authority = forms.CharField(label=gettext_lazy("Supervisory authority"), max_length=300, required=False)
    officer = forms.CharField(label=gettext_lazy("Contact point"), max_length=300, required=False)
    subjects = forms.CharField(label=gettext_lazy("Data subjects, if not as counted"), max_length=100, required=False)
    records = forms.CharField(label=gettext_lazy("Records, if not as counted"), max_length=100, required=False)
    consequences = forms.CharField(
        label=gettext_lazy("Likely consequences"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    measures = forms.CharField(
        label=gettext_lazy("Measures taken or proposed"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    cross_border = forms.CharField(label=gettext_lazy("People in other Member States"), max_length=1000, required=False)
    delay = forms.CharField(label=gettext_lazy("Reasons for a delay"), max_length=1000, required=False)


class SentForm(forms.Form):
    """The authority was notified."""

    when = shown.instant(label=gettext_lazy("When it was sent"))
    proof = forms.CharField(label=gettext_lazy("File number, or where the confirmation lies"), max_length=1000)
    delay = forms.CharField(label=gettext_lazy("Reasons, if later than 72 hours"), max_length=1000, required=False)


class NotNeededForm(forms.Form):
    """No notification is needed."""

    reason = forms.CharField(
        label=gettext_lazy("Why a risk to people is unlikely"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("It stays in your register (Article 33(5) GDPR)."),
    )


class DocumentForm(forms.Form):
    """The controller's own register."""

    effects = shown.text(label=gettext_lazy("Effects of the breach"), required=False)
    remedies = shown.text(label=gettext_lazy("Remedial action taken"), required=False)


class MessageForm(forms.Form):
    """A message to the people whom the breach touched."""

    heading = forms.CharField(label=gettext_lazy("Subject line"), max_length=150)
    text = shown.text(
        8,
        label=gettext_lazy("Text"),
        help_text=gettext_lazy(
            "What happened, what may follow, what people can do, whom they can ask (Article 34 GDPR)."
        ),
    )


class ConfirmForm(forms.Form):
    """As many people as the preview shows."""

    people = forms.IntegerField(label=gettext_lazy("How many people"), min_value=0)


def listed(request: HttpRequest) -> HttpResponse:
    """List the breaches of which the controller was told or that it reported; take its report by POST."""
    form = ReportForm(
        request.POST if request.method == "POST" else None, initial={"breach_id": new_id(), "aware_at": now()}
    )
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = reports.report(actor=actor(request), at=now(), **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Reported. We have it as a notice, and your clock runs."))
            return redirect("privacy:breach", share_id=made)
    context = {
        "rows": [_row(one) for one in selectors.shares(at=now())],
        "form": form,
        "refusal": refusal,
        "writing": request.method == "POST",
        "drills": selectors.drills(),
    }
    return render(request, "console/privacy/breaches.html", context, status=422 if request.method == "POST" else 200)


def _row(one: selectors.ShareRow) -> dict[str, Any]:
    known, tone = shown.AUTHORITY[one.authority]
    label = str(known)
    if one.state == "spared":
        label, tone = _("you are not affected"), "good"
    elif not one.authority and one.due is None:
        label, tone = (_("a drill"), "info") if one.drill else (_("on its way"), "calm")
    return {"one": one, "state": label, "tone": tone}


def breach(request: HttpRequest, share_id: UUID) -> HttpResponse:
    """Show one breach with its clock, the form for the authority, messages to people and the timeline."""
    return _page(request, share_id)


def _page(request: HttpRequest, share_id: UUID, refusal: Refused | None = None, status: int = 200) -> HttpResponse:
    at = now()
    view = selectors.share(share_id, at=at)
    members = {one.id: one.name for one in accounts.members()}
    data = forms_of_law.data(share_id, at=at)
    context = {
        **_row(view.row),
        "view": view,
        "data": data,
        "places": told.rows(view.places),
        "kinds": [str(shown.KINDS[one]) for one in data["nature"]["kinds"] if one in shown.KINDS],
        "lacking": [_LACKING[one] for one in data["lacking"]],
        "phases": [{"one": one, "title": shown.NOTICES[one.kind]} for one in reversed(view.phases)],
        "duties": [duties.row(one) for one in view.duties],
        "messages_sent": [_message(one) for one in view.tellings],
        "steps": shown.timeline(view.steps, members, "privacy:entry"),
        "form": AuthorityForm(initial=dict(view.form)),
        "sent": SentForm(initial={"when": at}),
        "not_needed": NotNeededForm(),
        "document": DocumentForm(initial={"effects": view.effects, "remedies": view.remedies}),
        "message": MessageForm(),
        "confirm": ConfirmForm(),
        "refusal": refusal,
    }
    return render(request, "console/privacy/breach.html", context, status=status)


_LACKING = {
    "nature": gettext_lazy("what happened"),
    "consequences": gettext_lazy("the likely consequences"),
    "measures": gettext_lazy("the measures"),
    "subjects": gettext_lazy("the numbers"),
}


def _message(one: selectors.TellingRow) -> dict[str, Any]:
    state, tone = shown.MESSAGES[one.state]
    work = {
        "title": one.heading,
        "done": one.sent,
        "total": one.people,
        "unit": _("people"),
        "state": state,
        "tone": tone,
        "running": one.state == "running",
    }
    return {"one": one, "work": work}


def act(request: HttpRequest, share_id: UUID, verb: str) -> HttpResponse:
    """Do one thing: fill in the form, say that the authority was notified or need not be, document, write to people."""
    if verb not in _VERBS:
        raise Http404
    try:
        said = _VERBS[verb](request, share_id)
    except Refused as refused:
        if refused.status == 404:
            raise
        return _page(request, share_id, refused, refused.status)
    messages.success(request, said)
    return redirect("privacy:breach", share_id=share_id)


def _fill(request: HttpRequest, share_id: UUID) -> str:
    authority.fill(share_id=share_id, values=shown.given(AuthorityForm(request.POST)), actor=actor(request), at=now())
    return _("Kept in the form.")


def _sent(request: HttpRequest, share_id: UUID) -> str:
    given = shown.given(SentForm(request.POST))
    at = now()
    when = given.pop("when")
    if when <= at:  # the minute that was written is named whole; a time to come is refused, not bent
        when = min(when + MINUTE, at)
    authority.sent(share_id=share_id, when=when, actor=actor(request), at=at, **given)
    return _("Kept as evidence, and recorded.")


def _not_needed(request: HttpRequest, share_id: UUID) -> str:
    given = shown.given(NotNeededForm(request.POST))
    authority.not_needed(share_id=share_id, reason=given["reason"], actor=actor(request), at=now())
    return _("Documented with its reason, and recorded.")


def _document(request: HttpRequest, share_id: UUID) -> str:
    given = shown.given(DocumentForm(request.POST))
    authority.document(share_id=share_id, actor=actor(request), at=now(), **given)
    return _("Kept in your register.")


def _write(request: HttpRequest, share_id: UUID) -> str:
    given = shown.given(MessageForm(request.POST))
    people.prepare(share_id=share_id, actor=actor(request), at=now(), **given)
    return _("Written. Look at how many people get it, and let it go out.")


_VERBS = {"form": _fill, "sent": _sent, "not-needed": _not_needed, "document": _document, "message": _write}


def message(request: HttpRequest, telling_id: UUID) -> HttpResponse:
    """How far a message to people is: the part of the page that asks for itself."""
    found = _message(selectors.telling(telling_id))
    response = render(request, "console/privacy/breach_message_part.html", {"row": found})
    if not found["work"]["running"]:
        response["HX-Refresh"] = "true"
    return response


def message_act(request: HttpRequest, telling_id: UUID, verb: str) -> HttpResponse:
    """Let a message go out to as many people as the preview shows, or stop it."""
    share_id = selectors.share_of(telling_id)
    try:
        if verb == "send":
            given = shown.given(ConfirmForm(request.POST))
            people.confirm(telling_id=telling_id, people=given["people"], actor=actor(request), at=now())
            messages.success(request, _("It goes out now; you may leave this page."))
        elif verb == "stop":
            people.cancel(telling_id=telling_id, actor=actor(request), at=now())
            messages.success(request, _("Stopped. Who has it, has it."))
        else:
            raise Http404
    except Refused as refused:
        return _page(request, share_id, refused, refused.status)
    return redirect("privacy:breach", share_id=share_id)


def form_pdf(_request: HttpRequest, share_id: UUID) -> HttpResponse:
    """The form for the authority as PDF."""
    body = forms_of_law.as_pdf(share_id, language=(get_language() or "en")[:2], at=now())
    return _file(body, "application/pdf", "notification.pdf")


def form_json(_request: HttpRequest, share_id: UUID) -> HttpResponse:
    """The form for the authority as JSON."""
    body = json.dumps(forms_of_law.data(share_id, at=now()), ensure_ascii=False, indent=1, default=str).encode()
    return _file(body, "application/json", "notification.json")


def register_csv(_request: HttpRequest) -> HttpResponse:
    """The controller's own register of breaches as CSV (Art. 33(5) GDPR)."""
    return _file(register.as_csv(register.own(), register.OWN), "text/csv; charset=utf-8", "breaches.csv")


def drill(request: HttpRequest, verb: str) -> HttpResponse:
    """Take part in drills, or no longer."""
    if verb not in ("join", "leave"):
        raise Http404
    drills.take_part(actor=actor(request), at=now(), ends=verb == "leave")
    messages.success(request, _("Kept, and recorded."))
    return redirect("privacy:breaches")


def _file(body: bytes, media_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        body, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
