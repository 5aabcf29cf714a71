"""What all pages of a message's holder share: scope and language by the token, limits, headers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from mandata.accounts.selectors import Card, controller
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.public import limits
from mandata.tracking.selectors import Addressee, Reader, addressee, reader

_LANGUAGES: Final = frozenset(code for code, _name in settings.LANGUAGES)
_HEADERS: Final = {
    "Cache-Control": "no-store, private",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data: https:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the message of a token, and whose message it is."""

    token: str
    reader: Reader
    controller: Card

    def page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        """A page in the controller's name."""
        named = {"controller_name": self.controller.name, "zone": self.controller.time_zone, "token": self.token}
        named["controller_id"] = str(self.controller.id)
        return render(request, template, named | {"list_name": self.reader.list_name} | context)


View = Callable[[HttpRequest, Holder], HttpResponse]


def for_holder(*links: int) -> Callable[[View], Callable[[HttpRequest, str], HttpResponse]]:
    """Make a view that is reached by a token for one of these links.

    The token stands for the person: no session is read, no cookie set, and a POST needs no other proof that the person
    meant it, because nobody else has the address it goes to.
    """

    def decorate(view: View) -> Callable[[HttpRequest, str], HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, token: str) -> HttpResponse:
            found = addressee(token)
            if found is None or found.link not in links:
                return _stranger(request)
            if request.method == "POST":
                if limits.exceeded(limits.CHANGES, token):
                    return _too_many(request)
                limits.count(limits.CHANGES, token)
            return _within(request, token, found, view)

        return answer

    return decorate


def _within(request: HttpRequest, token: str, found: Addressee, view: View) -> HttpResponse:
    with scope(found.controller_id):
        who = reader(found)
        if who is None:
            return _stranger(request)
        card = controller()
        language = _language(who.language, card.language)
        with translation.override(language):
            return hardened(view(request, Holder(token, who, card)), language)


def _stranger(request: HttpRequest) -> HttpResponse:
    """For a token that is none: counted by network, so that guessing soon gets no answer at all."""
    network = limits.network_of(request)
    if limits.exceeded(limits.UNKNOWN_TOKENS, network):
        return _too_many(request)
    limits.count(limits.UNKNOWN_TOKENS, network)
    text = _("It is cut short, or it was never one of ours. Please try it again from the message.")
    return _told(request, _("This link leads nowhere"), text, status=404)


def _too_many(request: HttpRequest) -> HttpResponse:
    text = _("Please wait for some minutes, then try it again.")
    response = _told(request, _("Too many attempts"), text, status=429)
    response["Retry-After"] = str(limits.UNKNOWN_TOKENS.seconds)
    return response


def _told(request: HttpRequest, heading: str, text: str, *, status: int) -> HttpResponse:
    """A page that tells one thing, in the operator's name, because no controller is known."""
    words = {"heading": heading, "text": text, "controller_name": env().operator_name}
    response = render(request, "public/told.html", words, status=status)
    return hardened(response, _language(translation.get_language() or ""))


def hardened(response: HttpResponse, language: str) -> HttpResponse:
    """Put the headers on that every public page has."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response["Content-Language"] = language
    return response


def _language(*wanted: str) -> str:
    for name in wanted:
        if name[:2].lower() in _LANGUAGES:
            return name[:2].lower()
    return str(settings.LANGUAGE_CODE)
