"""Asks the permission table before every view, opens the controller's scope for it, and answers refusals as pages.

Order matters: this stands last, so that sessions, languages, CSRF and log-in have done their work.
"""

import zoneinfo
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from mandata.accounts import selectors
from mandata.accounts.services import accesslog
from mandata.console import requests
from mandata.console.places import place
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.logs import log
from mandata.infra.tenancy import scope
from mandata.project.ended import demand_access
from mandata.project.permissions import MACHINE, OPERATOR, PUBLIC, ROUTES, USER, WATCHED, Rule

View = Callable[..., HttpResponse]

_log = log("console")


class PermissionMiddleware:
    """Every route is in `ROUTES`; who may not is told so before the view runs.

    Sets `request.member` (`accounts.selectors.Membership` or None) and `request.may` (route name -> bool).
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.member = None  # type: ignore[attr-defined]
        request.may = lambda route: _may(request, route)  # type: ignore[attr-defined]
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        """Return the refusal, or the view's answer from inside the scope; None lets the view run without a scope."""
        route = request.resolver_match.view_name if request.resolver_match else ""
        rule = ROUTES.get(route)
        if request.user.is_authenticated:
            translation.activate(request.user.language)
        if rule is None:
            raise ImproperlyConfigured(f"The route {route!r} is not in mandata.project.permissions.ROUTES.")
        who = rule.who(request.method or "")
        if not who:
            return HttpResponseNotAllowed(_allowed(rule))
        if who & {PUBLIC, MACHINE}:
            return None
        if not request.user.is_authenticated:
            return _to_login(request)
        if rule.scoped:
            return self._inside(request, who, lambda: view(request, *args, **kwargs))
        if USER in who or (OPERATOR in who and request.user.is_operator):
            _accompany(request, rule)
            return None
        raise Http404  # what is not for you is not there

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refusal of a view that runs without a scope; anything else is not ours."""
        return _refused(request, exception) if isinstance(exception, Refused) else None

    def _inside(self, request: HttpRequest, who: frozenset[str], call: Callable[[], HttpResponse]) -> HttpResponse:
        controller_id = chosen(request)
        if controller_id is None:
            return redirect("accounts:choose")

        def work() -> HttpResponse:
            with scope(controller_id):
                member = selectors.membership(requests.user_id(request))
                if member is not None:
                    _enter(request, member)
                    if member.role not in who:
                        return _refused(request, _not_your_role(who))
                    demand_access(request, member)
                    answer = _rendered(call())
                    _watch(request, answer, controller_id)
                    return answer
            request.session.pop(requests.SESSION_KEY, None)
            return redirect("accounts:choose")

        return _told(request, work)


def chosen(request: HttpRequest) -> UUID | None:
    """Return the controller that the session has chosen; a person with one seat need not choose."""
    known = request.session.get(requests.SESSION_KEY)
    if known is None:
        seats = selectors.seats(requests.user_id(request))
        if len(seats) != 1:
            return None
        known = request.session[requests.SESSION_KEY] = str(seats[0])
    return UUID(known)


def _enter(request: HttpRequest, member: selectors.Membership) -> None:
    request.member = member  # type: ignore[attr-defined]
    timezone.activate(zoneinfo.ZoneInfo(member.time_zone))


def _watch(request: HttpRequest, answer: HttpResponse, controller_id: UUID) -> None:
    """Enter into the log of accesses that a member came, once a session, and what showed or gave out identities."""
    route = request.resolver_match.view_name if request.resolver_match else ""
    kind, mark = WATCHED.get(route, ""), f"entered:{controller_id}"
    if kind and request.method != "POST" and kind != "exported":
        kind = ""
    if not kind and request.session.get(mark):
        return
    if answer.status_code >= 300:
        return
    seen: dict[str, Any] = {"user_id": requests.user_id(request), "who": "member", "page": route, "at": now()}
    seen |= {"network": requests.network(request), "device": requests.agent(request)}
    if not request.session.get(mark):
        request.session[mark] = True
        accesslog.note(kind="entered", **seen)
    if kind:
        accesslog.note(kind=kind, people=getattr(request, "people", 0), **seen)


def _accompany(request: HttpRequest, rule: Rule) -> None:
    """Let a page of a person's own stand in the console of the chosen controller; the view itself runs unscoped."""
    controller_id = chosen(request)
    if controller_id is not None and rule.who("GET") != {OPERATOR}:
        with scope(controller_id):
            member = selectors.membership(requests.user_id(request))
        if member is not None:
            _enter(request, member)


def _rendered(response: HttpResponse) -> HttpResponse:
    # a template that is rendered later would ask the database outside the scope
    render_now = getattr(response, "render", None)
    if callable(render_now) and not getattr(response, "is_rendered", True):
        render_now()
    return response


def _told(request: HttpRequest, call: Callable[[], HttpResponse]) -> HttpResponse:
    """Run the view; a refusal has rolled back whatever was begun, and becomes a page.

    So does a value that no column could hold, wherever it came in: a zero character, a number beyond all numbers.
    """
    try:
        return call()
    except Refused as refusal:
        return _refused(request, refusal)
    except DataError as error:
        _log.warning(
            "request.value",
            route=getattr(request.resolver_match, "view_name", ""),
            error=type(error.__cause__).__name__,
        )
        return _refused(request, _no_value())


def _refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    part = request.headers.get("HX-Request") == "true"
    template = "components/refusal.html" if part else "console/refused.html"
    named = request.resolver_match.kwargs if request.resolver_match else {}
    url = place(getattr(refusal, "place", ""), named.get("campaign_id"))
    return render(request, template, {"refusal": refusal, "url": url}, status=refusal.status)


def _no_value() -> Refused:
    return Refused(
        _("One of the values cannot be what is asked for here; nothing was changed."),
        code="request.value",
        status=422,
        remedy=_("Go back, look at what was filled in, and try again."),
    )


def _not_your_role(who: frozenset[str]) -> Refused:
    names = {"owner": _("owner"), "marketer": _("marketer"), "privacy_officer": _("privacy officer")}
    may = ", ".join(names[role] for role in names if role in who)
    return Refused(
        _("Your role does not include this."),
        code="accounts.role",
        status=403,
        clause=_("Access by role (PPL-2)"),
        remedy=_("Ask somebody who may: %(roles)s.") % {"roles": may},
    )


def _to_login(request: HttpRequest) -> HttpResponse:
    login = reverse("account_login")
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": login})
    return redirect_to_login(request.get_full_path(), login)


def _allowed(rule: Rule) -> list[str]:
    return sorted({*rule.methods, *({"HEAD"} if "GET" in rule.methods else set())})


def _may(request: HttpRequest, route: str) -> bool:
    rule = ROUTES.get(route)
    if rule is None:
        return False
    who = frozenset().union(*rule.methods.values())
    member: selectors.Membership | None = getattr(request, "member", None)
    if PUBLIC in who or (member is not None and member.role in who):
        return True
    user = request.user
    return user.is_authenticated and (USER in who or (OPERATOR in who and user.is_operator))


class HeadersMiddleware:
    """Security headers on every answer of Django: nothing inline, nothing from elsewhere, no framing by others."""

    POLICY = (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'self'; frame-src 'self'"
    )

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
        if request.user.is_authenticated if hasattr(request, "user") else False:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
