"""The calendar of obligations behind a secret address (RFC 5545): for calendar programs, without a cookie."""

from collections.abc import Callable
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from mandata.agreements.selectors import feeds
from mandata.agreements.selectors.obligations import Obliged
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE
from mandata.public import limits

READS: Final = limits.Limit("calendar", 120, 3600)
GUESSES: Final = limits.Limit("calendar-guesses", 60, 600)


def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Give the calendar; 404 for an address that never was or is revoked, 429 for who asks too often."""
    network = limits.network_of(request)
    if limits.exceeded(GUESSES, network) or limits.exceeded(READS, token):
        return _later()
    limits.count(READS, token)
    exact = feeds.feed(token, now(), tasks="tasks" in request.GET, link=_link(feeds.whose(token) == INSTANCE))
    if exact is None:
        limits.count(GUESSES, network)
        raise Http404
    answer = HttpResponse(exact, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="obligations.ics"'
    answer["Cache-Control"] = "no-store"
    return answer


def _link(operators: bool) -> Callable[[Obliged], str]:
    """How an obligation's page is addressed."""

    def page(one: Obliged) -> str:
        named = {"obligation_id": one.id}
        route = "privacy:obligation"
        if operators:
            route, named = "operator:obligation", named | {"controller_id": one.controller_id}
        return env().public_url.rstrip("/") + reverse(route, kwargs=named)

    return page


def _later() -> HttpResponse:
    answer = HttpResponse(status=429)
    answer["Retry-After"] = "600"
    answer["Cache-Control"] = "no-store"
    return answer
