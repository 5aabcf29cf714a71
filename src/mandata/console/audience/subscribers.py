"""The list of subscribers: filters, look-up, identities shown by a deliberate act, one person added by hand."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from mandata.audience import selectors, services
from mandata.audience.errors import TooMany
from mandata.audience.rules.bases import Basis
from mandata.audience.selectors import overview
from mandata.audience.selectors.catalogue import list_names
from mandata.audience.services.showing import shown
from mandata.console import requests
from mandata.console.audience import words
from mandata.console.audience.forms import AddForm
from mandata.console.audience.narrowing import Filters, menus, order
from mandata.console.templatetags.ui import state
from mandata.foundation.errors import Refused
from mandata.infra.clock import now


def subscribers(request: HttpRequest) -> HttpResponse:
    """Show the subscribers, newest first, sealed."""
    return _page(request, replace(Filters.read(request.GET), q=""))


def find(request: HttpRequest) -> HttpResponse:
    """Look a person up by address, number or name; by POST, so that no name stands in an address."""
    filters = Filters.read(request.POST)
    if request.method != "POST" or not filters.q:
        return redirect(filters.url())
    return _page(request, filters)


def show(request: HttpRequest) -> HttpResponse:
    """Show the identities of one page: a deliberate act, entered in the record."""
    filters = Filters.read(request.POST)
    if request.method != "POST":  # who comes back by the address alone sees the sealed list
        return redirect(filters.url())
    found = filters.page(sealed=False)
    shown(subscriber_ids=[row.id for row in found.rows], actor=requests.actor(request), at=now())
    requests.counted(request, len(found.rows))
    context = {**_rows(filters, found), "open": True}
    if request.headers.get("HX-Request") == "true":
        return render(request, "console/audience/people_part.html", context)
    return render(request, "console/audience/subscribers.html", {**context, **_around(request, filters)})


def _page(request: HttpRequest, filters: Filters) -> HttpResponse:
    """Show a page; where what was asked would unseal too many people, the refusal says what to do instead."""
    refusal = None
    try:
        found = filters.page()
    except TooMany as refused:
        refusal = refused
        found = selectors.Page([], None) if filters.q else replace(filters, sort="", after="").page()
        filters = filters if filters.q else replace(filters, sort="", after="", position="")
    context = {**_rows(filters, found), **_around(request, filters), "refusal": refusal}
    return render(request, "console/audience/subscribers.html", context, status=refusal.status if refusal else 200)


def _drawn(code: str) -> SafeString:
    told = words.state(code)
    return state(told["word"], told["tone"])


def _rows(filters: Filters, found: selectors.Page) -> dict[str, Any]:
    # What many rows have alike is put into words, and drawn, once.
    states = {code: _drawn(code) for code in {row.state for row in found.rows} if code}
    bases = {code: words.basis(code) for code in {row.basis for row in found.rows}}
    countries = {code: words.country(code) for code in {row.country for row in found.rows}}
    reasons = {code: words.reason(code) for code in {row.suppressed for row in found.rows} if code}
    rows = [
        {
            "one": row,
            "state": states.get(row.state, ""),
            "basis": bases[row.basis],
            "country": countries[row.country],
            "suppressed": reasons.get(row.suppressed, ""),
            "since": f"{localtime(row.since):%Y-%m-%d %H:%M}" if row.since else "",
        }
        for row in found.rows
    ]
    behind = filters.behind(found) if found.after else None
    return {
        "rows": rows,
        "filters": filters,
        "found": found,
        "behind": behind if filters.q else None,
        "older": filters.url(after=behind.after, position=behind.position) if behind and not filters.q else "",
        "first": filters.url() if filters.after else "",
        "order": order(filters),
    }


def _around(request: HttpRequest, filters: Filters) -> dict[str, Any]:
    lists = list_names()
    return {
        "menus": menus(filters, lists),
        "size": overview.size(),
        "lists": lists,
        "narrowed": filters.narrowed,
        "groups": filters.url("audience:groups", sort=""),
        "erase_url": _erase_url(request, filters),
        "may": {"add": request.may("audience:add"), "show": request.may("audience:show")},  # type: ignore[attr-defined]
    }


def _erase_url(request: HttpRequest, filters: Filters) -> str:
    """Where everybody who is shown can be erased: for who may, and where a filter says who it is."""
    may = request.may("audience:erase")  # type: ignore[attr-defined]
    return filters.url("audience:erase", sort="") if may and filters.narrowed and not filters.q else ""


def add(request: HttpRequest) -> HttpResponse:
    """Add one person by hand, with basis and evidence; errors keep what was typed."""
    lists = selectors.lists()
    form = AddForm(request.POST or None, lists=lists, initial={"list": request.GET.get("list", "")})
    refusal = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with transaction.atomic():
                made = services.subscribe(
                    list_id=UUID(given["list"]),
                    email=given["email"],
                    values={key: given[key] for key in ("first_name", "last_name") if given[key]},
                    basis=Basis(given["basis"]),
                    source=given["source"],
                    consent_words=given["words"],
                    actor=requests.actor(request),
                    at=now(),
                )
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("The person is on the list; basis and evidence are kept."))
            return redirect("audience:person", made)
    context = {"form": form, "refusal": refusal, "lists": lists}
    return render(request, "console/audience/add.html", context, status=422 if form.is_bound else 200)
