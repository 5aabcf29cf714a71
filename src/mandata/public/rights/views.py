"""The pages of a data subject's request. A GET changes nothing: mail programs and scanners follow links."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from mandata.accounts.selectors import Card
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.public import limits
from mandata.public.pages.holder import hardened
from mandata.public.rights.forms import Request
from mandata.rights import rules, selectors, services

REQUESTS: Final = limits.Limit("rights-requests", 20, 3600)
GUESSES: Final = limits.Limit("rights-guesses", 60, 600)

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """Make a public page: refusals told plainly, the headers of all public pages, no cookie and no session.

    A form without a session has no CSRF to fear: who posts it acts with what stands in the form or the address alone.
    """

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, **place: Any) -> HttpResponse:
        with translation.override(_language(request)):
            try:
                response = view(request, **place)
            except Refused as refusal:
                response = _refused(request, refusal)
            return hardened(response, translation.get_language() or "en")

    return answer


def _language(request: HttpRequest) -> str:
    wanted = request.GET.get("lang", "")
    return wanted if wanted in dict(settings.LANGUAGES) else translation.get_language() or settings.LANGUAGE_CODE


def _render(request: HttpRequest, template: str, card: Card, status: int = 200, **context: Any) -> HttpResponse:
    named = {"controller_name": card.name, "zone": card.time_zone, "card": card}
    return render(request, f"public/rights/{template}.html", named | context, status=status)


def _refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    words = {"heading": _("This link cannot be used"), "text": refusal.message, "remedy": refusal.remedy}
    if refusal.code == "rights.already_decided":
        words["heading"] = _("This request is answered")
    named = {"controller_name": env().operator_name, **words}
    return render(request, "public/rights/told.html", named, status=refusal.status)


def _limited(request: HttpRequest, limit: limits.Limit) -> None:
    network = limits.network_of(request)
    if limits.exceeded(limit, network):
        raise Refused(_("Too many attempts."), remedy=_("Please wait for some minutes, then try again."), status=429)
    limits.count(limit, network)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def request_form(request: HttpRequest, controller_id: UUID) -> HttpResponse:
    """Show what can be asked of a controller; on POST, take it in. The answer is the same for every address."""
    card = selectors.portal(controller_id)
    form = Request(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _limited(request, REQUESTS)
        try:
            _receive(controller_id, form)
        except Refused as refusal:
            form.add_error("email", refusal.message)
        else:
            there = reverse("public_rights:asked", args=[controller_id])
            language = urlencode({"lang": translation.get_language()})
            return HttpResponseRedirect(f"{there}?{language}", status=303)
    status = 422 if form.errors else 200
    return _render(request, "request", card, status, form=form, languages=settings.LANGUAGES)


def _receive(controller_id: UUID, form: Request) -> None:
    with scope(controller_id):
        services.receive(
            kind=form.cleaned_data["kind"],
            address=form.cleaned_data["email"],
            name=form.cleaned_data["name"],
            words=form.cleaned_data["words"],
            channel="portal",
            language=(translation.get_language() or "en")[:2],
            at=now(),
        )


@require_safe
@page
def asked(request: HttpRequest, controller_id: UUID) -> HttpResponse:
    """Say that a mail is on its way, to everybody alike."""
    return _render(request, "asked", selectors.portal(controller_id), days=rules.CONFIRM_LASTS.days)


def _linked(request: HttpRequest, token: str, *purposes: str) -> selectors.Linked:
    """Return what a token stands for, and go on in the case's language. Guesses are counted."""
    try:
        found = selectors.linked(token, *purposes, at=now())
    except Refused:
        _limited(request, GUESSES)
        raise
    translation.activate(found.language)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@page
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button that confirms a request; on POST, confirm and go to its progress."""
    found = _linked(request, token, "confirm")
    if request.method == "POST":
        progress_token = services.confirm(token=token, at=now())
        return HttpResponseRedirect(reverse("public_rights:progress", args=[progress_token]), status=303)
    if found.state != "received":
        return _render(request, "progress", found.controller, case=found)
    return _render(request, "confirm", found.controller, case=found, token=token)


@require_safe
@page
def progress(request: HttpRequest, token: str) -> HttpResponse:
    """Show how far a request is."""
    found = _linked(request, token, "progress")
    return _render(request, "progress", found.controller, case=found)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show what can be downloaded until when; on POST, hand it over."""
    found = _linked(request, token, "download")
    if request.method == "POST":
        file = services.fetch(token=token, at=now())
        headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "X-Content-Type-Options": "nosniff"}
        return HttpResponse(file.content, content_type="application/zip", headers=headers)
    return _render(request, "answer", found.controller, case=found, token=token)
