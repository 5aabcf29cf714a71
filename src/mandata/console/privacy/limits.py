"""What the processor has limited or suspended, as the controller meets it: decision, ground, clause, objection."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from mandata.console.operator.limiting import told
from mandata.console.requests import member
from mandata.infra.clock import now
from mandata.retention.selectors import limiting as selectors
from mandata.retention.services import limiting


def listed(request: HttpRequest) -> HttpResponse:
    """Show every decision, the newest first."""
    context = {
        "decisions": [told(one) for one in selectors.decisions()],
        "may": member(request).role in ("owner", "privacy_officer"),
    }
    return render(request, "console/privacy/limits.html", context)


def pdf(_request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Give the decision as PDF."""
    one = selectors.decision(decision_id)
    if one is None:
        raise Http404
    timing = limiting.timing(kind=one.kind, ground_code=one.ground, at=one.decided_at)
    made = limiting.document(decision_id, source=timing.source, at=one.decided_at)
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="decision-{one.number}.pdf"'
    return answer


def object_to(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """File an objection."""
    words = request.POST.get("words", "")[:4000]
    limiting.object_to(decision_id=decision_id, words=words, member_id=member(request).member_id, at=now())
    messages.success(request, _("Filed and recorded. An answer with reasons is owed to you."))
    return redirect("privacy:limits")
