"""Audits of the processor: asked for, agreed on, followed; and packs of evidence for a period."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mandata.assistance import selectors as assistance
from mandata.audits import selectors
from mandata.audits.errors import NoSuch
from mandata.audits.services import agreeing, packing
from mandata.console import auditing, deeds, requests
from mandata.console.deeds import Tried
from mandata.console.privacy.evidence import PackForm
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.record import periods

DEEDS = auditing.deed_table(requests.actor, now)
PACKS = {"queued": "info", "working": "info", "ready": "good", "failed": "bad", "expired": "calm"}


def _may(request: HttpRequest) -> bool:
    return requests.member(request).role in ("owner", "privacy_officer")


def listed(request: HttpRequest) -> HttpResponse:
    """List the audits and the packs; ask for an audit by POST."""
    form = auditing.RequestForm(request.POST if request.method == "POST" else None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            with scope(requests.member(request).controller_id):
                audit_id = auditing.ask(form.cleaned_data, actor=requests.actor(request), at=now())
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Asked for, checked and recorded. The processor is told."))
            return redirect("privacy:audit", audit_id=audit_id)
    context = _listed(request) | {"form": form, "refusal": refusal}
    context["writing"] = request.method == "POST" or "new" in request.GET
    return render(request, "console/privacy/audits.html", context, status=422 if request.method == "POST" else 200)


def _listed(request: HttpRequest) -> dict[str, Any]:
    today = now().date()
    return {
        "rows": [auditing.row(one) for one in selectors.audits()],
        "packs": [_pack(one) for one in selectors.packs(10)],
        "pack": PackForm(initial={"since": today - timedelta(days=365), "until": today}, auto_id="pack_%s"),
        "may": _may(request),
        "certificates": selectors.certificates(),
    }


def _pack(one: selectors.PackView) -> dict[str, Any]:
    states = {
        "queued": _("waits"), "working": _("is being made"), "ready": _("ready"), "failed": _("failed"),
        "expired": _("expired"),
    }  # fmt: skip
    running = one.state in ("queued", "working")
    title = _("Evidence of %(since)s to %(until)s") % {
        "since": f"{one.since:%Y-%m-%d}",
        "until": f"{one.until - timedelta(seconds=1):%Y-%m-%d}",
    }
    work = {
        "title": title, "done": one.done, "total": one.total or 14, "unit": _("files"), "tone": PACKS[one.state],
        "state": states[one.state], "running": running,
    }  # fmt: skip
    return {"one": one, "work": work, "poll": reverse("privacy:audit_pack", args=[one.id])}


def audit(request: HttpRequest, audit_id: UUID) -> HttpResponse:
    """Show one audit with what can be done."""
    return _page(request, audit_id)


def _page(request: HttpRequest, audit_id: UUID, tried: Tried | None = None) -> HttpResponse:
    one = selectors.audit(audit_id)
    verbs = auditing.possible(one, "controller") if _may(request) else []
    if tried is not None and tried.verb not in verbs:
        verbs = [*verbs, tried.verb]
    context = auditing.page(one, now()) | {
        "deeds": deeds.shown(DEEDS, verbs, lambda verb: reverse("privacy:audit_act", args=[audit_id, verb]), tried),
        "file_base": reverse("privacy:audits"),
        "pdf": reverse("privacy:audit_terms", args=[audit_id]) if one.terms else "",
        "files": [(file, reverse("privacy:audit_file", args=[audit_id, file.id])) for file in one.files],
    }
    return render(request, "console/privacy/audit.html", context, status=422 if tried else 200)


def act(request: HttpRequest, audit_id: UUID, verb: str) -> HttpResponse:
    """Do something with an audit; what is missing or refused is told on its page."""
    selectors.audit(audit_id)
    member = requests.member(request)
    tried = deeds.carry_out(request, DEEDS, verb, controller_id=member.controller_id, thing=audit_id)
    if not tried.said:
        return _page(request, audit_id, tried)
    messages.success(request, tried.said)
    return redirect("privacy:audit", audit_id=audit_id)


def file(_request: HttpRequest, audit_id: UUID, file_id: UUID) -> HttpResponse:
    """Give a file of an audit."""
    selectors.audit(audit_id)
    return attached(*assistance.content(file_id, about=audit_id))


def attached(view: assistance.FileView, content: bytes) -> HttpResponse:
    """A file as a download, never shown by the browser as something of ours."""
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{_quoted(view.name)}"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _quoted(name: str) -> str:
    return quote(name, safe="")


def terms(_request: HttpRequest, audit_id: UUID) -> HttpResponse:
    """Give the agreement on an audit as PDF."""
    content = agreeing.as_pdf(audit_id=audit_id, language=(get_language() or "en")[:2])
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = 'attachment; filename="audit-terms.pdf"'
    return answer


def certificate(_request: HttpRequest, attestation: UUID) -> HttpResponse:
    """Give an attestation of the operator's."""
    found, content = selectors.certificate(attestation)
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{_quoted(found.title)}"
    return answer


def pack_ask(request: HttpRequest) -> HttpResponse:
    """Ask for a pack of evidence of a period."""
    form = PackForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a beginning and an end that is not before it."))
        return redirect("privacy:audits")
    ends = [periods.instant(form.cleaned_data[name].isoformat(), end=name == "until") for name in ("since", "until")]
    packing.ask(since=ends[0], until=ends[1], actor=requests.actor(request), at=now())
    messages.success(request, _("It is being made; you may leave this page."))
    return redirect("privacy:audits")


def pack(request: HttpRequest, pack_id: UUID) -> HttpResponse:
    """Tell how far a pack is; once it is ready, the page is fetched anew."""
    shown = _pack(selectors.pack(pack_id))
    answer = render(request, "components/work.html", {**shown, "id": f"pack-{pack_id}"})
    if not shown["work"]["running"]:
        answer["HX-Refresh"] = "true"
    return answer


def pack_link(request: HttpRequest, pack_id: UUID) -> HttpResponse:
    """Make a link to a pack for somebody without an account, and show it once."""
    token = packing.link(pack_id=pack_id, actor=requests.actor(request), at=now())
    found = selectors.pack(pack_id)
    context = _listed(request) | {
        "form": auditing.RequestForm(),
        "link": requests.absolute("public:pack", token=token),
        "link_until": found.expires_at,
    }
    return render(request, "console/privacy/audits.html", context)


def pack_download(request: HttpRequest, pack_id: UUID) -> HttpResponseBase:
    """Give a pack piece by piece."""
    found, member = selectors.pack(pack_id), requests.member(request)
    if found.state != "ready":
        raise NoSuch(_("This pack is not there to be fetched."), remedy=_("Ask for a new one."))

    def pieces() -> Iterator[bytes]:  # it runs after the view, when no scope is open any more
        yield from packing.read(
            controller_id=member.controller_id, pack_id=pack_id, actor=requests.actor(request), at=now()
        )

    answer = StreamingHttpResponse(pieces(), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="evidence-{found.number}.zip"'
    answer["Content-Length"] = str(found.size)
    return answer
