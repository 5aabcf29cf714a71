"""People counted by a facet: by mailbox provider, country, language …; each group leads to its people."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from mandata.audience.rules.cells import Writer
from mandata.audience.selectors import facets
from mandata.audience.selectors.catalogue import list_names
from mandata.console.audience import words
from mandata.console.audience.narrowing import Filters, menus
from mandata.console.reports.campaign import download
from mandata.console.templatetags.ui import percent

_GROUPS = 50
_FURTHEST = 1_000_000
_MOST = 100_000


def groups(request: HttpRequest) -> HttpResponse:
    """Show how many people there are of each value of a facet."""
    by, filters = _asked(request)
    start = request.GET.get("start", "")
    begin = min(int(start), _FURTHEST) if start.isdecimal() and len(start) < 9 else 0
    found = facets.groups(by, narrowing=filters.narrowing, start=begin, limit=_GROUPS)
    context = {
        "by": by,
        "label": words.FACETS[by],
        "found": found,
        "bars": [_bar(filters, by, value, people, found.people) for value, people in found.rows],
        "columns": [words.FACETS[by], _("People"), _("Share")],
        "tabs": [
            {"label": words.FACETS[one], "url": _url(filters, one), "current": one == by} for one in facets.GROUPINGS
        ],
        "menus": _menus(filters, by),
        "first": _url(filters, by) if begin else "",
        "next": _url(filters, by, start=begin + _GROUPS) if found.more else "",
        "csv": _url(filters, by, route="audience:groups_csv"),
        "people": filters.url(),
        "narrowed": filters.narrowed,
    }
    return render(request, "console/audience/groups.html", context)


def groups_csv(request: HttpRequest) -> HttpResponse:
    """Give the same counts, of all groups, as CSV."""
    by, filters = _asked(request)
    line = Writer().line
    found = facets.groups(by, narrowing=filters.narrowing, limit=_MOST)
    lines = [line([str(words.FACETS[by]), _("People")])]
    lines += [line([words.facet(by, value), str(people)]) for value, people in found.rows]
    return download(lines, f"people-by-{by}.csv")  # type: ignore[return-value]


def _asked(request: HttpRequest) -> tuple[str, Filters]:
    by = request.GET.get("by", "")
    filters = replace(Filters.read(request.GET), q="", part="", sort="", after="", position="")
    return (by if by in facets.GROUPINGS else facets.GROUPINGS[0]), filters


def _menus(filters: Filters, by: str) -> list[dict[str, Any]]:
    """The same filters as on the list, leading back to this page."""
    found = menus(filters, list_names())
    for menu in found:
        menu["off"] = _back(menu["off"], by)
        for choice in menu["choices"]:
            choice["url"] = _back(choice["url"], by)
    return found


def _back(url: str, by: str) -> str:
    query = url.partition("?")[2]
    return f"{reverse('audience:groups')}?by={by}" + (f"&{query}" if query else "")


def _url(filters: Filters, by: str, *, start: int = 0, route: str = "audience:groups") -> str:
    url = filters.url(route)
    return f"{url}{'&' if '?' in url else '?'}by={by}" + (f"&start={start}" if start else "")


def _bar(filters: Filters, by: str, value: str, people: int, whole: int) -> dict[str, Any]:
    return {
        "label": words.facet(by, value),
        "value": people,
        "cells": [percent(people, whole)],
        "url": filters.url(**{by: value}),
    }
