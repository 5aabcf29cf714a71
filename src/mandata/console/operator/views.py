"""The operator's overview, its controllers and their state (SVC-4: check and suspend, with notice)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors, services
from mandata.agreements import selectors as agreements
from mandata.agreements.selectors import obligations
from mandata.agreements.services import versions
from mandata.console import duties, processors, requests
from mandata.console.accounts.forms import ReasonForm
from mandata.console.context import ROLES
from mandata.console.operator import alarms, mails, record, staff
from mandata.console.operator.access import accounted
from mandata.console.sending import returned
from mandata.delivery.services import thresholds
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.retention.selectors import limiting
from mandata.retention.services import limiting as decisions
from mandata.subprocessors import selectors as subprocessors

STATES = {
    "active": (gettext_lazy("active"), "good"),
    "suspended": (gettext_lazy("suspended"), "warn"),
    "ended": (gettext_lazy("ended"), "calm"),
}
PAGE = 50
FIRST = 8


def overview(request: HttpRequest) -> HttpResponse:
    """Show what is owed by when, what is announced, whose training lapses, whether the record is well, and the mail."""
    at, counts = now(), selectors.states()
    owed = obligations.counts(at, owed_by="processor")
    figures = [
        *duties.figures(owed)[:3],
        {"label": _("Active controllers"), "value": counts["active"]},
        {"label": _("Suspended"), "value": counts["suspended"], "tone": "warn" if counts["suspended"] else ""},
    ]
    today = at.date()
    with scope(INSTANCE):
        notices, lapsing = selectors.notices(20), selectors.lapsing(today + staff.SOON)
        unfit = [one for one in (staff.row(one, today) for one in selectors.staff()) if one["tone"] == "bad"]
    context = {
        "figures": figures,
        "owed": [duties.row(one) for one in obligations.inbox(at, owed_by="processor", count=FIRST).rows],
        "changes": [
            {"one": one, "kind": processors.KINDS[one.kind]}
            for one in subprocessors.announced(limit=FIRST)
            if one.state == "announced"
        ],
        "lapsing": lapsing,
        "unfit": unfit,
        "health": record.health(),
        "notices": [one | {"about": mails.about(one["kind"])} for one in notices],
        "alarms": alarms.holding(),
        "rung": alarms.over(FIRST),
    }
    return render(request, "console/operator/overview.html", context)


def controllers(request: HttpRequest) -> HttpResponse:
    """List the controllers, newest first."""
    page: Page[selectors.Listed] = Paginator(_Directory(), PAGE).get_page(request.GET.get("page"))
    rows = [{**asdict(one), "state_name": STATES[one.state][0], "tone": STATES[one.state][1]} for one in page]
    return render(request, "console/operator/controllers.html", {"controllers": rows, "page": page})


class _Directory(Sequence[selectors.Listed]):
    """The directory as a sequence of which only the shown page is read."""

    ordered = True

    def __len__(self) -> int:
        return selectors.directory(count=0)[0]

    def __getitem__(self, part: Any) -> Any:
        return selectors.directory(start=part.start, count=part.stop - part.start)[1]


@accounted
def controller(request: HttpRequest, controller_id: UUID) -> HttpResponse:
    """Show one controller: its details and members, nothing of its subscribers."""
    with _known(controller_id):
        context = {
            "card": selectors.controller(),
            "state": selectors.state(),
            "people": [{**asdict(one), "role_name": ROLES[one.role]} for one in selectors.members()],
            "version": agreements.waiting(),
            "alarms": returned.alarm_rows(now(), controller_id),
            "lift": returned.LiftForm(),
            "may": {"lift": True},
        }
    context["state_name"], context["tone"] = STATES[str(context["state"])]
    context |= {"form": ReasonForm(), "controller_id": controller_id}
    return render(request, "console/operator/controller.html", context)


def lift_alarm(request: HttpRequest, controller_id: UUID, alarm_id: UUID) -> HttpResponse:
    """Lift a stop or a warning that the agreement's shares raised at this controller, with reasons."""
    reason = request.POST.get("reason", "")[:2000]
    with _known(controller_id):
        thresholds.lift(alarm_id=alarm_id, reason=reason, actor=requests.operator(request), at=now())
    messages.success(request, _("Lifted, and recorded with the reasons."))
    return redirect("operator:controller", controller_id=controller_id)


@accounted
def withdraw_version(request: HttpRequest, controller_id: UUID) -> HttpResponse:
    """Take back the version of the agreement that waits for this controller's decision."""
    with _known(controller_id):
        waiting = agreements.waiting()
        if waiting is None:
            raise Http404
        versions.withdraw(proposal_id=waiting.id, actor=requests.operator(request), at=now())
    messages.success(request, _("Withdrawn, and recorded."))
    return redirect("operator:controller", controller_id=controller_id)


def move(request: HttpRequest, controller_id: UUID) -> HttpResponse:
    """Suspend a controller after a check of its account, or lift that, with reasons, and tell it (SVC-4, OPS-2)."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why: the reason is recorded and told to the owners."))
        return redirect("operator:controller", controller_id=controller_id)
    at, state, reason = now(), form.cleaned_data["state"], form.cleaned_data["reason"]
    actor = requests.operator(request)
    with _known(controller_id):
        standing = [one for one in limiting.decisions(live=True) if one.kind == "suspend"]
        if state == "suspended":
            decisions.decide(kind="suspend", ground_code="account_check", words=reason, actor=actor, at=at)
        elif standing:
            decisions.lift(decision_id=standing[0].id, words=reason, actor=actor, at=at)
        else:
            services.controllers.move(state=state, reason=reason, actor=actor, at=at)
    messages.success(request, _("Done, recorded, and the owners are told."))
    return redirect("operator:controller", controller_id=controller_id)


@contextmanager
def _known(controller_id: UUID) -> Iterator[None]:
    """Open a controller's scope; 404 where there is no such controller."""
    if not selectors.exists(controller_id):
        raise Http404
    with scope(controller_id):
        yield
