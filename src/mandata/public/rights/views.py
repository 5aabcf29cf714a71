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
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from mandata.accounts.selectors import Card
from mandata.foundation.errors import Refused
from mandata.holdings import portability
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.public import limits
from mandata.public.pages.holder import hardened
from mandata.public.rights import words
from mandata.public.rights.forms import Proof, Request
from mandata.public.rights.uploads import SmallFile
from mandata.rights import letters, rules, selectors, services

REQUESTS: Final = limits.Limit("rights-requests", 20, 3600)
PROOFS: Final = limits.Limit("rights-proofs", 10, 3600)
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
    """The language asked for, else the first of the browser's that letters and these pages are written in."""
    wanted = [request.GET.get("lang", "")]
    wanted += [code[:2] for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", ""))]
    return next((one for one in wanted if one in rules.LANGUAGES), settings.LANGUAGE_CODE)


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
    kinds = selectors.portal_kinds(controller_id, at=now())
    form = Request(request.POST or None, kinds=kinds)
    if request.method == "POST" and form.is_valid():
        _limited(request, REQUESTS)
        try:
            _receive(controller_id, form)
        except Refused as refusal:
            form.add_error(_field(refusal), refusal.message)
        else:
            there = reverse("public_rights:asked", args=[controller_id])
            language = urlencode({"lang": translation.get_language()})
            return HttpResponseRedirect(f"{there}?{language}", status=303)
    context = {
        "form": form,
        "kinds": [{"code": one, "title": words.KINDS[one][0], "hint": words.KINDS[one][1]} for one in kinds],
        "chosen": form["kind"].value() or kinds[0],
        "scopes": words.SCOPES,
        "channels": words.CHANNELS,
        "grounds": words.GROUNDS,
        "languages": words.LANGUAGES,
        "inbox": services.inbox(controller_id),
    }
    return _render(request, "request", card, 422 if form.errors else 200, **context)


def _field(refusal: Refused) -> str:
    """Beside which field a refusal stands."""
    if refusal.code == "rights.bad_receiver":
        return "to"
    return "others" if refusal.clause == rules.CLAUSES["household"] else "email"


def _receive(controller_id: UUID, form: Request) -> None:
    given, language = form.cleaned_data, (translation.get_language() or "en")[:2]
    said = {"address": given["email"], "name": given["name"], "words": given["words"]}
    with scope(controller_id):
        if given["kind"] == "household":
            services.receive_household(
                what=given["what"] or "know",
                others=form.everybody,
                channel="portal",
                language=language,
                at=now(),
                **said,
            )
            return
        services.receive(
            kind=given["kind"],
            channel="portal",
            language=language,
            asked=form.asked,
            to=given["to"],
            at=now(),
            **said,
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
        return _progress(request, found)
    final = rules.kind(found.kind).way is rules.Way.ERASE
    return _render(request, "confirm", found.controller, what=letters.asked(found.kind), final=final)


@require_safe
@page
def progress(request: HttpRequest, token: str) -> HttpResponse:
    """Show how far a request is."""
    return _progress(request, _linked(request, token, "progress"))


def _progress(request: HttpRequest, found: selectors.Linked) -> HttpResponse:
    result = words.RESULTS.get(str(found.outcome.get("result", "")), "")
    return _render(request, "progress", found.controller, case=found, what=letters.asked(found.kind), result=result)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def proof(request: HttpRequest, token: str) -> HttpResponse:
    """Show where a proof of identity is sent; on POST, take it. It is never shown again here."""
    found = _linked(request, token, "proof")
    form = Proof()
    if request.method == "POST":
        _limited(request, PROOFS)
        request.upload_handlers = [SmallFile(request)]
        form = Proof(request.POST, request.FILES)
        if form.is_valid():
            try:
                services.give(token=token, content=form.cleaned_data["proof"].read(rules.MAX_PROOF + 1), at=now())
            except Refused as refusal:
                form.add_error("proof", f"{refusal.message} {refusal.remedy}")
            else:
                return HttpResponseRedirect(f"{reverse('public_rights:proof', args=[token])}?given=1", status=303)
    given = request.GET.get("given") == "1"
    return _render(request, "proof", found.controller, 422 if form.errors else 200, case=found, form=form, given=given)


@require_safe
def schema(_request: HttpRequest) -> HttpResponse:
    """The published schema of portable copies (Art. 20 GDPR)."""
    return HttpResponse(portability.schema(), content_type="application/schema+json")


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
