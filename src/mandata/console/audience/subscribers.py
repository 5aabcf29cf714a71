"""The list of subscribers: filters, look-up, identities shown by a deliberate act, one person added by hand."""

from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from mandata.audience import selectors, services
from mandata.audience.rules.bases import Basis
from mandata.audience.selectors import overview
from mandata.audience.services.showing import shown
from mandata.console import requests
from mandata.console.audience import words
from mandata.console.audience.forms import AddForm
from mandata.foundation.errors import Refused
from mandata.infra.clock import now

_PAGE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to. `q` never stands in an address: it names a person."""

    list: str = ""
    state: str = ""
    provider: str = ""
    country: str = ""
    after: str = ""
    q: str = ""

    @classmethod
    def read(cls, data: QueryDict) -> "Filters":
        """Read them from a query or a form; what makes no sense is left out."""
        found = cls(**{name: data.get(name, "").strip()[:200] for name in cls.__slots__})
        found = replace(found, list=str(_uuid(found.list) or ""), after=str(_uuid(found.after) or ""))
        return found if found.list and found.state in words.STATES else replace(found, state="")

    def page(self, *, sealed: bool = True) -> selectors.Page:
        """Return the page of subscribers that they describe."""
        return selectors.page(
            list_id=_uuid(self.list),
            state=self.state,
            provider=self.provider,
            country=self.country,
            search=self.q,
            after=_uuid(self.after),
            limit=_PAGE,
            sealed=sealed,
        )

    def url(self, **changed: str) -> str:
        """Return the address of the list with some of them changed; from its first page."""
        values = {**asdict(self), "after": "", **changed}
        kept = {name: value for name, value in values.items() if value and name != "q"}
        return reverse("audience:subscribers") + (f"?{urlencode(kept)}" if kept else "")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def subscribers(request: HttpRequest) -> HttpResponse:
    """Show the subscribers, newest first, sealed."""
    return _page(request, replace(Filters.read(request.GET), q=""))


def find(request: HttpRequest) -> HttpResponse:
    """Look a person up by address, telephone or part of a name; by POST, so that no name stands in an address."""
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
    context = {**_rows(filters, found), "open": True}
    if request.headers.get("HX-Request") == "true":
        return render(request, "console/audience/people_part.html", context)
    return render(request, "console/audience/subscribers.html", {**context, **_around(request, filters)})


def _page(request: HttpRequest, filters: Filters) -> HttpResponse:
    context = {**_rows(filters, filters.page()), **_around(request, filters)}
    return render(request, "console/audience/subscribers.html", context)


def _rows(filters: Filters, found: selectors.Page) -> dict[str, Any]:
    rows = [
        {
            "one": row,
            "state": words.state(row.state),
            "basis": words.basis(row.basis),
            "country": words.country(row.country),
            "suppressed": words.reason(row.suppressed) if row.suppressed else "",
        }
        for row in found.rows
    ]
    older = filters.url(after=str(found.after)) if found.after and not filters.q else ""
    first = filters.url() if filters.after else ""
    return {"rows": rows, "filters": filters, "older": older, "first": first, "more": bool(found.after)}


def _around(request: HttpRequest, filters: Filters) -> dict[str, Any]:
    lists = selectors.lists()
    size = overview.size()
    return {
        "menus": _menus(filters, lists),
        "size": size,
        "lists": lists,
        "narrowed": filters != Filters(),
        "may": {"add": request.may("audience:add"), "show": request.may("audience:show")},  # type: ignore[attr-defined]
    }


def _menus(filters: Filters, lists: list[selectors.ListRow]) -> list[dict[str, Any]]:
    """The filters as chips: each opens its choices; the chosen one can be taken off."""
    offered: list[tuple[str, str, list[tuple[str, str]]]] = [
        ("list", _("List"), [(str(one.id), one.name) for one in lists]),
        ("provider", _("Provider"), [(name, name) for name in overview.providers()]),
        ("country", _("Country"), [(code, words.country(code)) for code in overview.countries()]),
    ]
    if filters.list:
        offered.insert(1, ("state", _("State"), [(code, words.state(code)["word"]) for code in words.STATES]))
    menus = []
    for name, label, choices in offered:
        chosen = str(getattr(filters, name))
        off = {"state": ""} if name == "list" else {}
        menus.append(
            {
                "label": label,
                "chosen": dict(choices).get(chosen, chosen),
                "off": filters.url(**{name: "", **off}),
                "choices": [
                    {"label": text, "url": filters.url(**{name: code, **off}), "current": code == chosen}
                    for code, text in choices
                ],
            }
        )
    return [menu for menu in menus if menu["choices"]]


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
