"""The desk of audits: what controllers ask for, answered and followed; the operator's attestations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.assistance import selectors as assistance
from mandata.assistance.services import waiting
from mandata.audits import selectors
from mandata.audits.rules import codes
from mandata.audits.services import agreeing, attesting
from mandata.console import auditing, deeds, requests
from mandata.console.deeds import Tried
from mandata.console.operator.access import accounted
from mandata.console.privacy.audits import attached
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import scope

DEEDS = auditing.deed_table(requests.operator, now)
PAGE = 50


class CertificateForm(forms.Form):
    """An attestation of the operator's."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    issuer = forms.CharField(label=gettext_lazy("Issued by"), max_length=200)
    issued_on = deeds.day(gettext_lazy("Issued"))
    valid_until = deeds.day(gettext_lazy("Valid until"), required=False)
    file = forms.FileField(label=gettext_lazy("File"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(code, _(said)) for code, said in codes.CERTIFICATES.items()]  # type: ignore[attr-defined]


class Open(Sequence[waiting.Thing]):
    """What is open at the desks, as a sequence of which only the shown page is read."""

    ordered = True

    def __init__(self, *kinds: str) -> None:
        self.kinds = kinds

    def __len__(self) -> int:
        return waiting.listed(self.kinds, count=0)[0]

    def __getitem__(self, part: Any) -> Any:
        return waiting.listed(self.kinds, start=part.start, count=part.stop - part.start)[1]


def listed(request: HttpRequest) -> HttpResponse:
    """List what is open at all controllers, and the attestations; add one by POST."""
    form = CertificateForm(
        request.POST if request.method == "POST" else None, request.FILES if request.method == "POST" else None
    )
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        _name, media_type, content = deeds.uploaded(given.pop("file"))
        try:
            by = requests.user_id(request)
            attesting.upload(media_type=media_type, content=content, by=by, at=now(), **given)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Kept, and recorded. It stands in every pack from now on."))
            return redirect("operator:audits")
    page: Page[waiting.Thing] = Paginator(Open("audit"), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [found for thing in page for found in _row(thing)],
        "certificates": [{"one": one, "kind": _(codes.CERTIFICATES[one.kind])} for one in selectors.certificates()],
        "form": form,
        "refusal": refusal,
        "writing": request.method == "POST" or "new" in request.GET,
    }
    return render(request, "console/operator/audits.html", context, status=422 if request.method == "POST" else 200)


def _row(thing: waiting.Thing) -> list[dict[str, Any]]:
    with scope(thing.controller_id):
        try:
            found = auditing.row(selectors.audit(thing.id))
        except Refused:
            return []
        return [{**found, "controller": accounts.controller().name, "controller_id": thing.controller_id}]


@accounted
def audit(request: HttpRequest, controller_id: UUID, audit_id: UUID) -> HttpResponse:
    """Show one audit with what can be done."""
    return _page(request, controller_id, audit_id)


def _page(request: HttpRequest, controller_id: UUID, audit_id: UUID, tried: Tried | None = None) -> HttpResponse:
    with scope(controller_id):
        one = selectors.audit(audit_id)
        verbs = auditing.possible(one, "processor")
        if tried is not None and tried.verb not in verbs:
            verbs = [*verbs, tried.verb]
        context = auditing.page(one, now()) | {"controller": accounts.controller().name}
    context |= {
        "deeds": deeds.shown(
            DEEDS, verbs, lambda verb: reverse("operator:audit_act", args=[controller_id, audit_id, verb]), tried
        ),
        "pdf": reverse("operator:audit_terms", args=[controller_id, audit_id]) if one.terms else "",
        "files": [
            (file, reverse("operator:audit_file", args=[controller_id, audit_id, file.id])) for file in one.files
        ],
    }
    return render(request, "console/operator/audit.html", context, status=422 if tried else 200)


@accounted
def act(request: HttpRequest, controller_id: UUID, audit_id: UUID, verb: str) -> HttpResponse:
    """Do something with an audit; what is missing or refused is told on its page."""
    tried = deeds.carry_out(request, DEEDS, verb, controller_id=controller_id, thing=audit_id)
    if not tried.said:
        return _page(request, controller_id, audit_id, tried)
    messages.success(request, tried.said)
    return redirect("operator:audit", controller_id=controller_id, audit_id=audit_id)


@accounted
def file(_request: HttpRequest, controller_id: UUID, audit_id: UUID, file_id: UUID) -> HttpResponse:
    """Give a file of an audit."""
    with scope(controller_id):
        return attached(*assistance.content(file_id, about=audit_id))


@accounted
def terms(_request: HttpRequest, controller_id: UUID, audit_id: UUID) -> HttpResponse:
    """Give the agreement on an audit as PDF."""
    with scope(controller_id):
        content = agreeing.as_pdf(audit_id=audit_id, language=(get_language() or "en")[:2])
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = 'attachment; filename="audit-terms.pdf"'
    return answer


def withdraw(request: HttpRequest, attestation: UUID) -> HttpResponse:
    """Take an attestation back that holds no more."""
    attesting.withdraw(certificate_id=attestation, by=requests.user_id(request), at=now())
    messages.success(request, _("Taken back, and recorded."))
    return redirect("operator:audits")
