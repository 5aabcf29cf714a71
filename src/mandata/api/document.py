"""The OpenAPI 3.1 document, written from the operations: what is not in it cannot be asked, and the other way round."""

import re
from functools import cache
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from pydantic.json_schema import models_json_schema

from mandata.accounts.rules import apikeys
from mandata.api import cases
from mandata.api.operations import NAMED, Operation, Problem, Shape

VERSION: Final = "1.0"
BASE: Final = "/api/v1/"
OPERATIONS: Final = (*cases.OPERATIONS,)
_SCHEMAS: Final = "#/components/schemas/{model}"
_REFUSALS: Final = {
    "400": "Something that every request needs is missing.",
    "401": "The key is missing, revoked, expired, or none.",
    "403": "The key has not the scope.",
    "404": "It is not here, or is somebody else’s, which is told alike.",
    "409": "Refused as things stand; `code` and `clause` say why.",
    "413": "The body is too long.",
    "415": "The body is not JSON.",
    "422": "The body cannot be taken, or what it asks for cannot be done.",
    "429": "Too many requests; the header Retry-After says when to come again.",
}
_NO_BODY: Final = frozenset({"400", "413", "415", "422"})


@cache
def document() -> dict[str, Any]:
    """Return the document as plain data."""
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(_path(one), {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mandata",
            "version": VERSION,
            "description": (
                f"Every request carries a key of the controller’s (Authorization: Bearer {apikeys.BEGINNING}…). "
                f"At most {apikeys.CALLS} requests by a key in {apikeys.CALLS_SECONDS} seconds. A request that "
                f"changes something carries a name of the caller’s own ({NAMED}), known again for "
                f"{apikeys.CALLS_LAST.days} days. Refusals are problems by RFC 9457."
            ),
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "mandata key"}},
        },
        "security": [{"key": []}],
    }


def _schemas() -> dict[str, Any]:
    shapes: list[tuple[type[Shape], Any]] = [(Problem, "serialization")]
    for one in OPERATIONS:
        shapes.append((one.gives, "serialization"))
        if one.takes:
            shapes.append((one.takes, "validation"))
    found: dict[str, Any] = models_json_schema(list(dict.fromkeys(shapes)), ref_template=_SCHEMAS)[1]["$defs"]
    return found


def _path(one: Operation) -> str:
    return BASE + re.sub(r"<\w+:(\w+)>", r"{\1}", one.path)


def _operation(one: Operation) -> dict[str, Any]:
    refusals = {
        status: {"description": words, "content": {"application/problem+json": {"schema": _reference(Problem)}}}
        for status, words in _REFUSALS.items()
        if one.takes or status not in _NO_BODY
    }
    given = {"application/json": {"schema": _reference(one.gives)}}
    said: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"{one.explained} Scope: `{one.scope}`.",
        "security": [{"key": [one.scope]}],
        "parameters": _parameters(one),
        "responses": {
            **{str(status): {"description": words, "content": given} for status, words in one.statuses},
            **refusals,
        },
    }
    if one.takes:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": _reference(one.takes)}}}
    return said


def _parameters(one: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": kind}}
        for kind, name in re.findall(r"<(\w+):(\w+)>", one.path)
    ]
    if one.once:
        schema = {"type": "string", "minLength": 1, "maxLength": apikeys.MAX_NAMED}
        found.append({"name": NAMED, "in": "header", "required": True, "schema": schema})
    return found


def _reference(shape: type[Shape]) -> dict[str, str]:
    return {"$ref": _SCHEMAS.format(model=shape.__name__)}


@require_safe
def serve(_request: HttpRequest) -> HttpResponse:
    """Serve the document to anybody: it is the same for all."""
    response = JsonResponse(document())
    response["Cache-Control"] = "public, max-age=3600"
    return response
