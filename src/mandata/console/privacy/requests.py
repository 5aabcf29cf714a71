"""Requests of data subjects: the list with its filters and bulk acts, and a case with its timeline."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mandata.accounts import selectors as accounts
from mandata.agreements.selectors import instructions, obligations
from mandata.console import duties
from mandata.console.privacy import words
from mandata.console.privacy.case_forms import NewRequest
from mandata.console.privacy.instructions import SuspendForm
from mandata.console.requests import absolute, actor
from mandata.foundation.errors import Refused
from mandata.holdings import selectors as holdings
from mandata.holdings import shelves
from mandata.infra.clock import now
from mandata.infra.tenancy import current_controller
from mandata.rights import rules, selectors, services

PAGES = (50, 200, rules.MAX_PAGE)


def requests(request: HttpRequest) -> HttpResponse:
    """List the requests: newest first or by due time, by state, kind, channel and what they wait for; up to a thousand
    on one page, by a number of statements that does not grow with them."""
    chosen = _chosen(request)
    before = request.GET.get("before", "")
    rows = selectors.cases(
        **{name: chosen[name] for name in ("state", "kind", "channel", "waits", "order")},
        limit=chosen["limit"],
        before=int(before) if before.isdecimal() and chosen["order"] == "number" else None,
        at=now(),
    )
    counts, kinds = selectors.counts(), selectors.counts_by_kind(state=chosen["state"])
    context = {
        "rows": [row_of(row) for row in rows],
        "older": rows[-1].number if len(rows) == chosen["limit"] and chosen["order"] == "number" else None,
        "chosen": chosen,
        "states": [("open", _("open"), counts["received"] + counts["confirmed"])]
        + [(code, label, counts.get(code, 0)) for code, (label, _tone) in words.STATES.items()],
        "kinds": [(code, words.KINDS[code], count) for code, count in sorted(kinds.items())],
        "channels": words.CHANNELS,
        "waits": words.WAITS,
        "limits": PAGES,
        "reasons": _common_reasons(),
        "portal": absolute("public_rights:request", controller_id=current_controller()),
        "inbox": services.inbox(current_controller()),
        "form": _new_form(),
    }
    return render(request, "console/privacy/requests.html", context)


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """What the address chooses; anything unknown chooses nothing."""
    given = {name: request.GET.get(name, "") for name in ("state", "kind", "channel", "waits", "order")}
    limit = request.GET.get("limit", "")
    return {
        "state": given["state"] if given["state"] in (*words.STATES, "open") else "",
        "kind": given["kind"] if given["kind"] in rules.TABLE else "",
        "channel": given["channel"] if given["channel"] in rules.CHANNELS else "",
        "waits": given["waits"] if given["waits"] in words.WAITS else "",
        "order": "due" if given["order"] == "due" else "number",
        "limit": int(limit) if limit in map(str, PAGES) else PAGES[0],
    }


def _common_reasons() -> list[tuple[str, Any]]:
    """The reasons that hold for requests of many kinds; each kind's own are on its page."""
    return [(code, words.REASONS[code]) for code in ("unfounded", "identity")]


def _new_form(*given: Any) -> NewRequest:
    initial = {"language": accounts.controller().language, "channel_in": "email", "kind": "access"}
    return NewRequest(*given, us=selectors.regime(now()) == rules.US, initial=initial)


def row_of(row: selectors.CaseRow) -> dict[str, Any]:
    """A case for a list or a page: its codes in words."""
    label, tone = words.STATES[row.state]
    waits = words.WAITS.get(row.waits, "")
    return {"case": row, "kind": words.KINDS[row.kind], "state": label, "tone": tone, "waits": waits}


@require_POST
def together(request: HttpRequest) -> HttpResponse:
    """Answer or refuse the chosen requests, each by itself, in the background."""
    ids = [UUID(one) for one in request.POST.getlist("case") if _is_id(one)]
    act = request.POST.get("act", "")
    if not ids:
        messages.info(request, _("No request was chosen."))
        return redirect("privacy:requests")
    try:
        count = services.order_many(act=act, case_ids=ids, reason=request.POST.get("reason", ""), actor=actor(request))
    except Refused as refusal:
        messages.error(request, f"{refusal.message} {refusal.remedy}")
        return redirect("privacy:requests")
    said = ngettext(
        "%(count)d request is worked on; reload the page to see it done.",
        "%(count)d requests are worked on; reload the page to see them done.",
        count,
    )
    messages.success(request, said % {"count": count})
    return redirect(f"{reverse('privacy:requests')}?state=open&order=due")


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def receive(request: HttpRequest) -> HttpResponse:
    """Open a case for a request that came by another way; errors keep what was typed."""
    form = _new_form(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            found = services.receive(
                kind=given["kind"],
                address=given["address"],
                channel=given["channel_in"],
                language=given["language"],
                name=given["name"],
                words=given["words"],
                post=given["post"],
                asked=form.asked,
                actor=actor(request),
                at=now(),
            )
        except Refused as refusal:
            form.add_error(None, f"{refusal.message} {refusal.remedy}")
        else:
            messages.success(request, _("The request is on record. What comes next is on its page."))
            return redirect("privacy:case", case_id=found.case_id)
    return render(request, "console/privacy/new_request.html", {"form": form}, status=422)


def overview(request: HttpRequest) -> HttpResponse:
    """What needs an officer now, and the way to the rest."""
    context = {
        "waiting": [row_of(row) for row in selectors.waiting(at=now())],
        "counts": selectors.counts(),
        "erasures": holdings.erasures(limit=1),
        "portal": absolute("public_rights:request", controller_id=current_controller()),
        "requests_url": reverse("privacy:requests"),
        "halted": instructions.halted(),
        "suspensions": instructions.suspensions()[:5],
        "suspend": SuspendForm(),
        "owed": [duties.row(one) for one in obligations.here(now(), count=5).rows],
        "figures": duties.figures(obligations.counts_here(now())),
        "by_hand": shelves.waiting(),
    }
    return render(request, "console/privacy/overview.html", context)
