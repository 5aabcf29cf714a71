"""Who of the operator's staff looks at this account, and what was unusual about anybody's access."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors, services
from mandata.agreements.services import staff
from mandata.console import requests
from mandata.console.accounts.choices import COUNTRIES
from mandata.console.navigation import OPERATOR
from mandata.infra.clock import now

ENDED = {
    "staff": gettext_lazy("closed by them"),
    "controller": gettext_lazy("ended by you"),
    "time": gettext_lazy("its time was over"),
}
VERDICTS = {"fine": gettext_lazy("it was all right"), "misuse": gettext_lazy("it was misuse")}
LOOKS = 20


def accesses(request: HttpRequest) -> HttpResponse:
    """Show accesses of the staff (open ones first, with what was opened), and what was unusual."""
    at, may = now(), request.may  # type: ignore[attr-defined]
    rows = [_row(one, at) for one in selectors.accesses()]
    context = {
        "rows": sorted(rows, key=lambda row: not row["open"]),
        "alerts": [_alert(one) for one in selectors.alerts()],
        "may": {"end": may("accounts:access_end"), "settle": may("accounts:access_settle")},
        "live": any(row["open"] for row in rows),
    }
    return render(request, "console/accounts/accesses.html", context)


def _row(one: selectors.Access, at: Any) -> dict[str, Any]:
    countries, still = dict(COUNTRIES), one.is_open(at)
    return {
        "one": one,
        "country": countries.get(one.country, one.country),
        "open": still,
        "ended": ENDED.get(one.closed_by, ""),
        "looks": [(look, _page(look.page)) for look in selectors.logged(limit=LOOKS, access=one.id)] if still else [],
    }


def _page(route: str) -> str:
    """The place of the operator's console that a route belongs to: its own, or the controllers' pages."""
    stem = route.partition(":")[2].split("_")[0]
    places = {place.route.partition(":")[2]: str(place.label) for place in OPERATOR}
    return next((label for name, label in places.items() if stem and name.startswith(stem)), places["controllers"])


def _alert(one: selectors.Alerted) -> dict[str, Any]:
    return {
        "one": one,
        "what": services.accesslog.described(one.rule, one.occasion, one.figures),
        "whose": _("our staff") if one.who == "operator" else _("a member"),
        "verdict": VERDICTS.get(one.verdict, ""),
    }


def end(request: HttpRequest, access_id: UUID) -> HttpResponse:
    """End an access of the staff at once."""
    staff.end_access(access_id=access_id, actor=requests.actor(request), at=now())
    messages.success(request, _("Ended; the next page is refused to them. It stands in your record."))
    return redirect("accounts:accesses")


def settle(request: HttpRequest, alert_id: UUID, verdict: str) -> HttpResponse:
    """Say what an unusual access was."""
    if verdict not in VERDICTS:
        raise Http404
    services.accesslog.settle(
        alert_id=alert_id, verdict=verdict, by=requests.user_id(request), actor=requests.actor(request), at=now()
    )
    messages.success(request, _("Kept, and recorded."))
    return redirect("accounts:accesses")
