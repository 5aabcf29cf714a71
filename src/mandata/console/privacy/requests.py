"""Requests of data subjects: the list, a case with its timeline, and what an officer does with it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements.selectors import instructions, obligations
from mandata.console import duties
from mandata.console.privacy import words
from mandata.console.privacy.forms import Answer, NewRequest, Refusal
from mandata.console.privacy.holdings import tasks_of
from mandata.console.privacy.instructions import SuspendForm
from mandata.console.requests import absolute, actor
from mandata.holdings import selectors as holdings
from mandata.holdings import shelves
from mandata.infra.clock import now
from mandata.infra.tenancy import current_controller
from mandata.rights import selectors, services
from mandata.rights.rules import may_answer, may_confirm, may_refuse


def requests(request: HttpRequest) -> HttpResponse:
    """List the requests, newest first, by state."""
    state = request.GET.get("state", "")
    before = request.GET.get("before", "")
    rows = selectors.cases(
        state=state if state in words.STATES else "", before=int(before) if before.isdecimal() else None, at=now()
    )
    counts = selectors.counts()
    context = {
        "rows": [_row(row) for row in rows],
        "older": rows[-1].number if len(rows) == 50 else None,
        "state": state,
        "states": [(code, label, counts.get(code, 0)) for code, (label, _tone) in words.STATES.items()],
        "portal": absolute("public_rights:request", controller_id=current_controller()),
        "form": NewRequest(),
    }
    return render(request, "console/privacy/requests.html", context)


def _row(row: selectors.CaseRow) -> dict[str, Any]:
    label, tone = words.STATES[row.state]
    return {"case": row, "kind": words.KINDS[row.kind], "state": label, "tone": tone}


def receive(request: HttpRequest) -> HttpResponse:
    """Open a case for a request that came by another way; errors keep what was typed."""
    form = NewRequest(request.POST)
    if not form.is_valid():
        return render(request, "console/privacy/new_request.html", {"form": form}, status=422)
    given = form.cleaned_data
    found = services.receive(
        kind=given["kind"],
        address=given["address"],
        channel=given["channel"],
        language=get_language() or "en",
        name=given["name"],
        words=given["words"],
        actor=actor(request),
        at=now(),
    )
    messages.success(request, _("The request is on record. The person has been mailed a link to confirm it."))
    return redirect("privacy:case", case_id=found.case_id)


def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show a case: its clock, its timeline, what an erasure would touch; the person stays sealed."""
    return render(request, "console/privacy/case.html", _context(case_id))


def _context(case_id: UUID, **more: Any) -> dict[str, Any]:
    view = selectors.case(case_id, at=now())
    row = view.row
    erasure = holdings.erasure_of_case(case_id)
    open_ = row.state in ("received", "confirmed")
    people = {member.id: member.name for member in accounts.members()}
    return {
        **_row(row),
        "view": view,
        "steps": [_step(step, people) for step in view.steps],
        "channel": words.CHANNELS.get(row.channel, row.channel),
        "may_confirm": may_confirm(row.state),
        "may_answer": may_answer(row.state),
        "may_refuse": may_refuse(row.state),
        "held": services.preview(case_id=case_id) if open_ else [],
        "certificate": holdings.certificate(erasure.id) if erasure else None,
        "tasks": tasks_of(case_id),
        "answer_form": Answer(),
        "refusal_form": Refusal(kind=row.kind),
        **more,
    }


def _step(step: selectors.Step, people: dict[UUID, str]) -> dict[str, Any]:
    title, icon, tone = words.STEPS.get(step.kind, (step.kind, "dots", "calm"))
    return {"at": step.at, "title": title, "icon": icon, "tone": tone, "who": _who(step.actor, people)}


def _who(actor: str, people: dict[UUID, str]) -> str:
    kind, _colon, reference = actor.partition(":")
    if kind == "member" and reference:
        return people.get(UUID(reference), _("a former member"))
    return str(words.ACTORS.get(kind, actor))


def reveal(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show who asks: a deliberate act, entered in the record."""
    services.show(case_id=case_id, actor=actor(request), at=now())
    view = selectors.case(case_id, at=now(), sealed=False)
    return render(request, "console/privacy/person_part.html", {"view": view})


def confirm(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Confirm a case whose person the officer knows by other means."""
    services.confirm_by_hand(case_id=case_id, actor=actor(request), at=now())
    return redirect("privacy:case", case_id=case_id)


def answer(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Carry the request out and tell the person."""
    form = Answer(request.POST)
    ground = form.cleaned_data["ground"] if form.is_valid() else ""
    services.answer(case_id=case_id, actor=actor(request), at=now(), ground=ground or "no_longer_needed")
    messages.success(request, _("Answered. The person has been told."))
    return redirect("privacy:case", case_id=case_id)


def refuse(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Refuse the request with a reason and tell the person."""
    view = selectors.case(case_id, at=now())
    form = Refusal(request.POST, kind=view.row.kind)
    if not form.is_valid():
        return render(request, "console/privacy/case.html", _context(case_id, refusal_form=form), status=422)
    services.refuse(
        case_id=case_id,
        reason=form.cleaned_data["reason"],
        words=form.cleaned_data["words"],
        actor=actor(request),
        at=now(),
    )
    messages.success(request, _("Refused. The person has been told the reason and where to complain."))
    return redirect("privacy:case", case_id=case_id)


def overview(request: HttpRequest) -> HttpResponse:
    """What needs an officer now, and the way to the rest."""
    context = {
        "waiting": [_row(row) for row in selectors.waiting(at=now())],
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
