"""Obligations of one controller: what is owed to it, what it owes, what was done."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.agreements.selectors import obligations
from mandata.agreements.services import obligations as services
from mandata.console import duties, feeding
from mandata.console.privacy.forms import MeetForm, WaiveForm
from mandata.console.requests import actor, member
from mandata.infra.clock import now

TABS = {
    "ours": (gettext_lazy("Owed to you"), "processor", "open"),
    "yours": (gettext_lazy("You owe"), "controller", "open"),
    "met": (gettext_lazy("Met"), "", "met"),
    "closed": (gettext_lazy("Waived"), "", "waived"),
    "lapsed": (gettext_lazy("Lapsed"), "", "lapsed"),
}


def listed(request: HttpRequest) -> HttpResponse:
    """List the obligations, late ones first."""
    at, tab = now(), request.GET.get("tab", "ours")
    tab = tab if tab in TABS else "ours"
    _label, owed_by, state = TABS[tab]
    page = duties.page(partial(obligations.here, at, owed_by=owed_by, state=state), request.GET.get("page"))
    context = {
        "figures": duties.figures(obligations.counts_here(at)),
        "tabs": [(code, label) for code, (label, _who, _state) in TABS.items()],
        "tab": tab,
        "page": page,
        "rows": [duties.row(one) for one in page],
        "feeds": feeding.mine(request, member(request).controller_id),
    }
    return render(request, "console/privacy/obligations.html", context)


def feed(request: HttpRequest) -> HttpResponse:
    """Make a secret address under which a calendar program reads these obligations."""
    return feeding.create(request, member(request).controller_id, "console/privacy/feed.html")


def unfeed(request: HttpRequest) -> HttpResponse:
    """Shut such an address."""
    return feeding.revoke(request, member(request).controller_id, "privacy:obligations")


def obligation(request: HttpRequest, obligation_id: UUID) -> HttpResponse:
    """Show one obligation: what is owed, since when, until when and why, what happened to it, and the proof."""
    at = now()
    shown = duties.explained(obligations.obligation(obligation_id, at), at, proofs="privacy:entry")
    return render(request, "console/privacy/obligation.html", {**shown, "meet": MeetForm(), "waive": WaiveForm()})


def meet(request: HttpRequest, obligation_id: UUID) -> HttpResponse:
    """Close an obligation of the controller's own as met."""
    form = MeetForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Name what shows that it is done: a number or a reference, no personal data."))
        return redirect("privacy:obligation", obligation_id=obligation_id)
    duties.owed_by("controller", obligation=obligation_id)
    evidence = {"reference": form.cleaned_data["reference"]}
    services.meet(obligation_id=obligation_id, evidence=evidence, actor=actor(request), at=now())
    messages.success(request, _("Met, and recorded."))
    return redirect("privacy:obligation", obligation_id=obligation_id)


def waive(request: HttpRequest, obligation_id: UUID) -> HttpResponse:
    """Waive what is owed to the controller, with a reason."""
    form = WaiveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why: the reason is kept, and the record holds its proof."))
        return redirect("privacy:obligation", obligation_id=obligation_id)
    services.waive(obligation_id=obligation_id, reason=form.cleaned_data["reason"], actor=actor(request), at=now())
    messages.success(request, _("Waived, and recorded."))
    return redirect("privacy:obligation", obligation_id=obligation_id)
