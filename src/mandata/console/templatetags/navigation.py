"""Draws the places of a console: those that exist and that the viewer may enter."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from mandata.console.navigation import CONSOLE, OPERATOR, Place

register = template.Library()


@register.inclusion_tag("components/places.html", takes_context=True)
def places(context: dict[str, Any], which: str) -> dict[str, Any]:
    """Draw the places of `which` console ("console" or "operator"), the current one open."""
    request: HttpRequest = context["request"]
    drawn = [_drawn(place, request) for place in (OPERATOR if which == "operator" else CONSOLE)]
    return {"places": [place for place in drawn if place]}


def _count(place: Place, request: HttpRequest) -> int:
    """What needs the viewer at a place: accesses of the staff that are open, and unusual ones nobody has looked at."""
    member = getattr(request, "member", None)
    return member.watched if member is not None and place.route == "accounts:members" else 0


def _drawn(place: Place, request: HttpRequest) -> dict[str, Any] | None:
    match = request.resolver_match
    here = match.view_name if match else ""
    children = [child for child in (_drawn(one, request) for one in place.children) if child]
    try:
        url = reverse(place.route)
    except NoReverseMatch:
        return None
    may = getattr(request, "may", None)
    if may is not None and not may(place.route):
        return None
    inside = bool(match and match.namespace and match.namespace == place.route.partition(":")[0])
    if "operator:" in place.route:
        inside = here == place.route or here.startswith(place.route.rstrip("s"))
    return {
        "url": url,
        "label": place.label,
        "icon": place.icon,
        "letter": place.letter,
        "children": children,
        "count": _count(place, request),
        "here": here == place.route,
        "open": inside or here == place.route,
    }
