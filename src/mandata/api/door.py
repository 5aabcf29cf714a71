"""The door of the API: the key, how often, the body, the scope, doing it once, and how a no is said.

A key is all that counts; cookies of a browser open nothing here. Everything of a request happens in one transaction
behind the wall of the controller that the key names.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from pydantic import ValidationError

from mandata.accounts import services as accounts
from mandata.accounts.errors import BadKey
from mandata.accounts.rules import apikeys
from mandata.api.operations import NAMED, Call, Given, Operation, Problem, Shape, Wrong
from mandata.foundation.errors import Refused
from mandata.infra import limits
from mandata.infra.clock import now
from mandata.infra.tenancy import scope

MAX_BODY: Final = 64 * 2**10
CALLS: Final = limits.Limit("api-calls", apikeys.CALLS, apikeys.CALLS_SECONDS)
_ERRORS: Final = 20


def door(operations: Mapping[str, Operation]) -> Callable[..., HttpResponse]:
    """Return the view of an address from its operations by method; the permission table has refused every other."""

    @csrf_exempt
    def view(request: HttpRequest, **place: Any) -> HttpResponse:
        operation = operations["GET" if request.method == "HEAD" else str(request.method)]
        try:
            response = _answered(request, operation, place)
        except Refused as refusal:
            response = problem(refusal)
        except ValidationError as wrong:
            response = problem(_not_taken(), _errors(wrong))
        except DataError:
            response = problem(_not_taken())
        response["Cache-Control"] = "no-store, private"
        return response

    return view


def _answered(request: HttpRequest, operation: Operation, place: dict[str, Any]) -> HttpResponse:
    key = _key(request)
    _limited(key.digest.hex())
    body = _body(request) if operation.takes else b""
    at = now()
    with scope(key.controller_id):
        actor = accounts.apikeys.use(digest=key.digest, scope=operation.scope, at=at)
        wish = operation.takes.model_validate_json(body) if operation.takes else None
        call = Call(actor, wish, place, at)
        if not operation.once:
            return _given(operation.does(call))
        reply = accounts.apikeys.once(
            key=actor,
            name=_named(request),
            asked=b"\n".join((operation.name.encode(), request.path.encode(), body)),
            at=at,
            act=lambda: _plain(operation.does(call)),
        )
    response = JsonResponse(dict(reply.body), status=reply.status)
    if reply.again:
        response["Idempotency-Replayed"] = "true"
    return response


def _plain(given: Given) -> tuple[int, dict[str, Any]]:
    return given.status, given.body.model_dump(mode="json")


def _given(given: Given) -> HttpResponse:
    return JsonResponse(given.body.model_dump(mode="json"), status=given.status)


def _key(request: HttpRequest) -> apikeys.Written:
    kind, _space, text = request.headers.get("Authorization", "").partition(" ")
    found = apikeys.read(text.strip()) if kind.lower() == "bearer" else None
    if found is None:
        raise BadKey(
            _("A key of the API is missing, or is none."),
            remedy=_("Send it in the header “Authorization: Bearer …”; it is made under Account, API keys."),
        )
    return found


def _limited(key: str) -> None:
    if limits.exceeded(CALLS, key):
        raise Refused(_("Too many requests by this key."), code="api.limit", status=429, remedy=_("Wait for a minute."))
    limits.count(CALLS, key)


def _named(request: HttpRequest) -> str:
    name = request.headers.get(NAMED, "").strip()
    if not name or len(name) > apikeys.MAX_NAMED:
        raise Refused(
            _("A request that changes something needs a name of your own, so that sent twice it does nothing twice."),
            code="api.idempotency_missing",
            status=400,
            remedy=_("Send the header “Idempotency-Key” with up to 200 characters, the same for every attempt."),
        )
    return name


def _body(request: HttpRequest) -> bytes:
    if request.content_type != "application/json":
        raise Refused(
            _("The body is not said to be JSON."), code="api.media_type", status=415,
            remedy=_("Send the header “Content-Type: application/json”."),
        )  # fmt: skip
    length = request.headers.get("Content-Length") or "0"
    if not length.isdecimal() or len(length) > 9 or int(length) > MAX_BODY:
        raise Refused(
            _("The body is too long."), code="api.body", status=413,
            remedy=_("Send at most 64 KiB."),
        )  # fmt: skip
    return request.body


def _not_taken() -> Refused:
    return Refused(
        _("The body cannot be taken; nothing was changed."), code="api.body", status=422,
        remedy=_("Look at the fields named in “errors” and at the OpenAPI document."),
    )  # fmt: skip


def _errors(wrong: ValidationError) -> list[Wrong]:
    """Which fields, and by what code; never what stood in them."""
    found = wrong.errors(include_url=False, include_context=False, include_input=False)[:_ERRORS]
    return [Wrong(at=".".join(str(part)[:40] for part in one["loc"]), code=one["type"]) for one in found]


def problem(refusal: Refused, errors: list[Wrong] | None = None) -> HttpResponse:
    """Return a no as RFC 9457 wants it."""
    said: Shape = Problem(
        type="about:blank",
        title=refusal.message,
        status=refusal.status,
        code=refusal.code,
        detail=refusal.message,
        clause=refusal.clause,
        remedy=refusal.remedy,
        errors=errors or [],
    )
    response = JsonResponse(said.model_dump(mode="json"), status=refusal.status)
    response["Content-Type"] = "application/problem+json"
    if refusal.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if refusal.status == 429:
        response["Retry-After"] = str(CALLS.seconds)
    return response
