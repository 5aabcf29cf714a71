"""The agreement: its text, its evidence, what it refused."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors
from mandata.infra.clock import now


def agreement(request: HttpRequest) -> HttpResponse:
    """Show the agreement in force with the evidence of its acceptance, earlier ones, and refusals by its clauses."""
    found = selectors.agreements()
    current = selectors.in_force(now())
    context = {
        "current": current,
        "earlier": [one for one in found if current is None or one.id != current.id],
        "accepted_by": current and _name(current.accepted_by),
        # The fragment is made by our own renderer, which escapes every value it puts in.
        "html": mark_safe(selectors.html(current.id)) if current else "",  # noqa: S308
        "refusals": selectors.refused(limit=20),
        "waiting": selectors.waiting(),
        "versions": selectors.versions(),
        "annexes": selectors.live_annexes(current) if current else (),
    }
    return render(request, "console/privacy/agreement.html", context)


def _name(member_id: UUID) -> str:
    return next((member.name for member in accounts.members() if member.id == member_id), "")


def pdf(_request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    """Give the exact accepted text as PDF."""
    answer = HttpResponse(selectors.as_pdf(agreement_id), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="agreement-{agreement_id}.pdf"'
    return answer
