"""Why do you need this: an access of the staff to one controller's data, asked at the gate, with a reason and an end.

A view that shows anything of one controller stands behind `accounted`: without an open access it leads to the page that
opens one, and every look is entered in that controller's record (PPL-2, PPL-7).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.accounts import services as accounts_services
from mandata.agreements import selectors as agreements
from mandata.agreements.errors import AccessNeeded
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.services import staff
from mandata.console import requests
from mandata.console.accounts.choices import COUNTRIES
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope

View = Callable[..., HttpResponse]
OWN = frozenset({"operator:obligation", "operator:obligation_act"})
"""Pages that show the installation's own things, too, for which nobody needs an access."""
MINUTES = {
    15: gettext_lazy("15 minutes"),
    60: gettext_lazy("1 hour"),
    240: gettext_lazy("4 hours"),
    480: gettext_lazy("8 hours"),
}


class AccessForm(forms.Form):
    """Why, for whose ticket, from where, for how long."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The controller reads these words. Name no person."),
    )
    ticket = forms.CharField(label=gettext_lazy("Ticket"), max_length=80, required=False)
    product = forms.ChoiceField(label=gettext_lazy("What is to be looked at"), required=False)
    country = forms.ChoiceField(
        label=gettext_lazy("From which country you look"),
        choices=[one for one in COUNTRIES if one[0] != "ZZ"],
        initial="CZ",
    )
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("For how long"), choices=list(MINUTES.items()), coerce=int, initial=60
    )

    def __init__(self, *args: Any, products: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if products:
            said, known = agreements.reader(), CATALOGUE["agreement.products"].vocabulary
            named = [(one, said.gettext(known[one]) if one in known else one) for one in products]
            self.fields["product"].choices = named  # type: ignore[attr-defined]
        else:
            del self.fields["product"]


def accounted(view: View) -> View:
    """Let a view with `controller_id` run only under an open access; the look is recorded there.

    A POST without one leads to the page of the controller, because what was posted cannot be sent again.
    """

    @wraps(view)
    def guarded(request: HttpRequest, controller_id: UUID, **named: Any) -> HttpResponse:
        if controller_id == INSTANCE and _page(request) in OWN:
            return view(request, controller_id=controller_id, **named)
        if not accounts.exists(controller_id):
            raise Http404
        try:
            request.staff_access = _look(request, controller_id)  # type: ignore[attr-defined]
        except AccessNeeded:
            with scope(controller_id):
                accounts_services.staff.expire(user_id=requests.user_id(request), at=now())
            back = request.get_full_path() if request.method == "GET" else ""
            where = reverse("operator:access", kwargs={"controller_id": controller_id})
            return redirect(f"{where}?{urlencode({'next': back})}" if back else where)
        return view(request, controller_id=controller_id, **named)

    return guarded


def seen(request: HttpRequest, controller_id: UUID) -> bool:
    """Whether the person may see this controller's part of a page that shows several; the look is recorded."""
    try:
        _look(request, controller_id)
    except AccessNeeded:
        return False
    return True


def way_in(request: HttpRequest, controller_id: UUID) -> str:
    """Return nothing where the person may see what a page says of this controller in words, and the look is recorded;
    else the address at which an access is asked for."""
    if seen(request, controller_id):
        return ""
    where = reverse("operator:access", kwargs={"controller_id": controller_id})
    return f"{where}?{urlencode({'next': request.path})}"


def _look(request: HttpRequest, controller_id: UUID) -> accounts.Access | None:
    """The open access, or None where the page is seen without one; the look is recorded. Raises AccessNeeded."""
    looking: dict[str, Any] = {"user_id": requests.user_id(request), "page": _page(request), "at": now()}
    fit = _fitness(request)
    with scope(controller_id):
        if accounts.access(looking["user_id"], at=looking["at"]) is None and staff.on_duty(fit=fit, **looking):
            _log(request, None, looking)
            return None
        found = staff.require(**looking)
        _log(request, found, looking)
        return found


def _log(request: HttpRequest, found: accounts.Access | None, looking: dict[str, Any]) -> None:
    accounts_services.accesslog.note(
        who="operator",
        kind="looked",
        access=found.id if found else None,
        network=requests.network(request),
        device=requests.agent(request),
        **looking,
    )


def _page(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""


def ask(request: HttpRequest, controller_id: UUID) -> HttpResponse:
    """Ask why somebody of the staff needs to see a controller's data; open the access where the gate permits it."""
    if not accounts.exists(controller_id):
        raise Http404
    with scope(controller_id):
        name, terms = accounts.controller().name, agreements.ground(now()).terms
        products = staff.products(terms)
    form = AccessForm(request.POST if request.method == "POST" else None, products=products)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            staff.open_access(
                controller_id=controller_id, user_id=requests.user_id(request), at=now(), **form.cleaned_data
            )
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("You may look; every page is recorded, and the controller sees it."))
            return redirect(_back(request, controller_id))
    context = {
        "name": name,
        "form": form,
        "refusal": refusal,
        "next": request.POST.get("next", request.GET.get("next", "")),
        "fit": staff.committed(_fitness(request), now()),
        "controller_id": controller_id,
    }
    return render(request, "console/operator/access.html", context, status=422 if request.method == "POST" else 200)


def _fitness(request: HttpRequest) -> accounts.Fitness:
    with scope(INSTANCE):
        return accounts.fitness(requests.user_id(request))


def _back(request: HttpRequest, controller_id: UUID) -> str:
    wanted = request.POST.get("next", "")
    if wanted.startswith(reverse("operator:overview")) and url_has_allowed_host_and_scheme(wanted, None):
        return wanted
    return reverse("operator:controller", kwargs={"controller_id": controller_id})


def close(request: HttpRequest, controller_id: UUID, access_id: UUID) -> HttpResponse:
    """Close one's access before its time."""
    if not accounts.exists(controller_id):
        raise Http404
    with scope(controller_id):
        staff.close_access(access_id=access_id, user_id=requests.user_id(request), at=now())
    messages.success(request, _("Closed, and recorded."))
    return redirect("operator:controllers")
