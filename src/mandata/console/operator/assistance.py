"""The desk of assistance: what is open at all controllers; time sheets, statements, price list, indices."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.agreements.selectors import obligations
from mandata.assistance import selectors
from mandata.assistance.rules import codes
from mandata.assistance.services import requests, statements, tables, waiting, working
from mandata.console import deeds, helping
from mandata.console import requests as asking
from mandata.console.deeds import Deed, Tried
from mandata.console.operator.access import accounted
from mandata.console.operator.audits import PAGE, Open
from mandata.console.privacy.audits import attached
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import scope

DEEDS = helping.deed_table(asking.operator)


class IndexForm(forms.Form):
    """By how much a statistic rose."""

    index = forms.ChoiceField(label=gettext_lazy("Index"))
    year = forms.IntegerField(label=gettext_lazy("Calendar year"), min_value=1990, max_value=2200)
    percent = forms.DecimalField(label=gettext_lazy("Increase in per cent"), decimal_places=2, max_digits=7)
    source = forms.CharField(label=gettext_lazy("Where it was announced"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["index"].choices = helping.choices(tables.INDICES)  # type: ignore[attr-defined]


class PriceForm(forms.Form):
    """What an hour of help costs."""

    work = forms.ChoiceField(label=gettext_lazy("Kind of help"))
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3)
    hour = forms.DecimalField(label=gettext_lazy("Price of an hour, without VAT"), decimal_places=2, max_digits=12)
    since = deeds.day(gettext_lazy("From which day on"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["work"].choices = helping.choices(codes.WORK)  # type: ignore[attr-defined]


class WorkForm(forms.Form):
    """Time spent on something of a controller's."""

    obligation = forms.ChoiceField(label=gettext_lazy("For which duty or matter"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind of help"))
    day = deeds.day(gettext_lazy("Day"))
    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), min_value=0, max_value=codes.MAX_MINUTES)
    beyond_usual = forms.BooleanField(label=gettext_lazy("It goes beyond the usual measures."), required=False)
    hour = forms.DecimalField(
        label=gettext_lazy("Price of an hour"),
        required=False,
        decimal_places=2,
        max_digits=12,
        help_text=gettext_lazy("Empty: that of the price list, or of the agreement."),
    )
    costs = forms.DecimalField(label=gettext_lazy("Costs on top"), required=False, decimal_places=2, max_digits=12)
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, required=False)

    def __init__(self, *args: Any, matters: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["obligation"].choices = matters  # type: ignore[attr-defined]
        self.fields["kind"].choices = helping.choices(codes.WORK)  # type: ignore[attr-defined]


class MonthForm(forms.Form):
    """The month of a statement."""

    month = deeds.day(gettext_lazy("A day of the month"))


def _index(request: HttpRequest, _one: UUID, given: dict[str, Any]) -> None:
    tables.state_index(by=asking.user_id(request), at=now(), **given)


def _price(request: HttpRequest, _one: UUID, given: dict[str, Any]) -> None:
    tables.state_price(by=asking.user_id(request), at=now(), **given)


TABLES: Final = {
    "index": Deed(gettext_lazy("State an increase"), gettext_lazy("Kept, and recorded."), IndexForm, _index),
    "price": Deed(gettext_lazy("State a price"), gettext_lazy("Kept, and recorded."), PriceForm, _price),
}


def listed(request: HttpRequest) -> HttpResponse:
    """List what is open at all controllers, the price list and the indices; change these by POST."""
    tried: Tried | None = None
    if request.method == "POST":
        verb = request.POST.get("act", "")
        tried = _table(request, verb)
        if tried.said:
            messages.success(request, tried.said)
            return redirect("operator:assistance")
    page: Page[waiting.Thing] = Paginator(Open(*helping.DESKS), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [found for thing in page for found in _row(thing)],
        "controllers": accounts.directory(count=200)[1],
        "rises": selectors.rises(),
        "prices": [{"one": one, "work": _(codes.WORK[one.work])} for one in selectors.price_list()],
        "deeds": deeds.shown(TABLES, TABLES, lambda verb: f"{reverse('operator:assistance')}?act={verb}", tried),
    }
    return render(request, "console/operator/assistance.html", context, status=422 if tried else 200)


def _table(request: HttpRequest, verb: str) -> Tried:
    verb = verb or request.GET.get("act", "")
    deed = TABLES.get(verb)
    if deed is None or deed.form is None:
        return Tried(verb="index")
    form = deed.form(request.POST, auto_id=f"{verb}_%s")
    if not form.is_valid():
        return Tried(verb, form=form)
    try:
        deed.act(request, UUID(int=0), form.cleaned_data)
    except Refused as refused:
        return Tried(verb, form=form, refusal=refused)
    return Tried(verb, said=str(deed.said))


def _row(thing: waiting.Thing) -> list[dict[str, Any]]:
    with scope(thing.controller_id):
        try:
            found = helping.row(thing.kind, thing.id)
        except Refused:
            return []
        return [{**found, "controller": accounts.controller().name, "controller_id": thing.controller_id}]


@accounted
def controller(request: HttpRequest, controller_id: UUID) -> HttpResponse:
    """Show a controller's time sheet and statements; ask it for something, enter time, issue a statement by POST."""
    at, posted = now(), request.POST if request.method == "POST" else None
    what = (posted or request.GET).get("act", "")
    with scope(controller_id):
        named = _matters()
        made: dict[str, forms.Form] = {
            "work": WorkForm(
                posted if what == "work" else None,
                matters=named,
                initial={"day": at.date().isoformat()},
                auto_id="work_%s",
            ),
            "month": MonthForm(
                posted if what == "month" else None,
                initial={"month": (at.date().replace(day=1) - timedelta(days=1)).isoformat()},
                auto_id="month_%s",
            ),
            "ask": helping.AskForm(posted if what == "ask" else None, auto_id="ask_%s"),
            "proceeding": helping.ProceedingForm(posted if what == "proceeding" else None, auto_id="proceeding_%s"),
        }
        refusal: Refused | None = None
        if posted is not None and what in made and made[what].is_valid():
            try:
                with scope(controller_id):
                    _do(what, made[what].cleaned_data, request)
            except Refused as refused:
                refusal = refused
            else:
                messages.success(request, _("Done, and recorded."))
                return redirect("operator:assistance_controller", controller_id=controller_id)
        context = {
            "controller": accounts.controller().name,
            "controller_id": controller_id,
            "work": [helping.work(one) for one in selectors.work(at=at)],
            "statements": selectors.statements(),
            "forms": made,
            "open": what,
            "refusal": refusal,
        }
    return render(
        request, "console/operator/assistance_controller.html", context, status=422 if posted is not None else 200
    )


def _matters() -> list[tuple[str, str]]:
    """For what time can be entered: open and newly closed duties, the newest first."""
    at = now()
    rows = [*obligations.here(at, count=100).rows, *obligations.here(at, state="met", count=50).rows]
    return [(str(one.id), f"{one.number}: {one.title} ({one.source})") for one in rows] or [("", _("no duty yet"))]


def _do(what: str, given: dict[str, Any], request: HttpRequest) -> None:
    actor, at = asking.operator(request), now()
    if what == "ask":
        requests.ask(actor=actor, at=at, **given)
    elif what == "proceeding":
        helping.proceed(given, actor)
    elif what == "month":
        statements.issue(month=given["month"], actor=actor, at=at)
    else:
        about = ("obligation", UUID(given.pop("obligation")))
        costs = given.pop("costs") or Decimal(0)
        working.book(about=about, costs=costs, by=asking.user_id(request), at=at, **given)


@accounted
def thing(request: HttpRequest, controller_id: UUID, desk: str, thing_id: UUID) -> HttpResponse:
    """Show one thing of a desk with what can be done."""
    return _page(request, controller_id, desk, thing_id)


def _page(
    request: HttpRequest, controller_id: UUID, desk: str, thing_id: UUID, tried: Tried | None = None
) -> HttpResponse:
    with scope(controller_id):
        found = helping.page(desk, thing_id, "processor") | {"controller": accounts.controller().name}
    verbs = found["verbs"]
    if tried is not None and tried.verb not in verbs:
        verbs = [*verbs, tried.verb]
    base = [controller_id, desk, thing_id]
    context = found | {
        "controller_id": controller_id,
        "deeds": deeds.shown(DEEDS, verbs, lambda verb: reverse("operator:assistance_act", args=[*base, verb]), tried),
        "files": [(one, reverse("operator:assistance_file", args=[*base, one.id])) for one in found["files"]],
    }
    return render(request, "console/operator/assistance_thing.html", context, status=422 if tried else 200)


@accounted
def act(request: HttpRequest, controller_id: UUID, desk: str, thing_id: UUID, verb: str) -> HttpResponse:
    """Do something with it; what is missing or refused is told on its page."""
    with scope(controller_id):
        helping.page(desk, thing_id, "processor")
    tried = deeds.carry_out(request, DEEDS, verb, controller_id=controller_id, thing=thing_id)
    if not tried.said:
        return _page(request, controller_id, desk, thing_id, tried)
    messages.success(request, tried.said)
    return redirect("operator:assistance_thing", controller_id=controller_id, desk=desk, thing_id=thing_id)


@accounted
def file(_request: HttpRequest, controller_id: UUID, desk: str, thing_id: UUID, paper_id: UUID) -> HttpResponse:
    """Give a file that belongs to it."""
    with scope(controller_id):
        helping.page(desk, thing_id, "processor")
        return attached(*selectors.content(paper_id, about=thing_id))
