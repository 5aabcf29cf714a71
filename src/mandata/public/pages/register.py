"""The public register of sub-processors (SPR-1): for everybody, as a page and as JSON. No account, cookie or script."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from mandata.infra.environment import env
from mandata.subprocessors import selectors

_KINDS = {
    "adequacy": gettext_lazy("adequacy decision"),
    "scc": gettext_lazy("standard contractual clauses"),
    "bcr": gettext_lazy("binding corporate rules"),
    "privacy_shield": gettext_lazy("Privacy Shield"),
}


def subprocessors(request: HttpRequest) -> HttpResponse:
    """Show the register: every tier, what comes, on what transfers rest."""
    rows = [
        {"one": one, "rests": [(_KINDS[rest.kind], rest) for rest in one.mechanisms]} for one in selectors.register()
    ]
    return render(
        request,
        "public/subprocessors.html",
        {"rows": rows, "operator_name": env().operator_name, "controller_name": env().operator_name},
    )


def subprocessors_json(_request: HttpRequest) -> HttpResponse:
    """Give the register to machines."""
    told: list[dict[str, Any]] = []
    for one in selectors.register():
        values = asdict(one)
        values.pop("contract_evidence")  # where our contracts lie is nobody's business
        told.append(values)
    answer = JsonResponse({"operator": env().operator_name, "subprocessors": told})
    answer["Access-Control-Allow-Origin"] = "*"
    return answer
