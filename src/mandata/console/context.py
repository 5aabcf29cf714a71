"""What every page's frame needs: the controller, the role, the zone. Costs no query: the middleware has read it."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.console.navigation import CONSOLE, OPERATOR
from mandata.infra.environment import env

ROLES: dict[str, Any] = {
    "owner": gettext_lazy("Owner"),
    "marketer": gettext_lazy("Marketer"),
    "privacy_officer": gettext_lazy("Privacy officer"),
    "reader": gettext_lazy("Reader"),
}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return `frame`: controller_name, role, role_name, operator, seats, time_zone, operator_name, own, places.

    `own` is the frame of pages that are a person's own, and of refusals.
    """
    member = getattr(request, "member", None)
    operator = bool(getattr(getattr(request, "user", None), "is_operator", False))
    operating = bool(request.resolver_match and request.resolver_match.namespace == "operator")
    role = "" if member is None else member.role
    return {
        "frame": {
            "controller_name": "" if member is None else member.controller_name,
            "role": role,
            "role_name": ROLES.get(role, _("Operator") if operator else ""),
            "operator": operator,
            "seats": 0 if member is None else member.seats,
            "time_zone": "UTC" if member is None else member.time_zone,
            "operator_name": env().operator_name,
            "own": _own(member, operator),
            "places": OPERATOR if operating else CONSOLE,
        }
    }


def _own(member: object, operator: bool) -> str:
    if member is not None:
        return "frames/console.html"
    return "frames/operator.html" if operator else "frames/plain_page.html"
