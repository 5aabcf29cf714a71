"""Archives and certificates behind links. A GET of an archive changes nothing: mail programs follow links."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.public import limits
from mandata.public.rights.views import page
from mandata.retention.selectors import ends, links
from mandata.retention.selectors import returns as selectors
from mandata.retention.services import certificates, returns

GUESSES = limits.Limit("ending-guesses", 60, 600)


def _guarded(request: HttpRequest, token: str, purpose: str) -> links.Linked:
    """Return what a token stands for; guesses are counted."""
    try:
        return links.linked(token, purpose, at=now())
    except Refused:
        network = limits.network_of(request)
        if limits.exceeded(GUESSES, network):
            raise Http404 from None
        limits.count(GUESSES, network)
        raise


@require_http_methods(["GET", "HEAD", "POST"])
@page  # type: ignore[arg-type]
def archive(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show what can be downloaded until when; on POST, hand it over."""
    found = _guarded(request, token, "archive")
    if request.method == "POST":
        file = returns.fetch_by_link(token=token, at=now())
        answer = StreamingHttpResponse(file.pieces, content_type="application/octet-stream")
        answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
        answer["Content-Length"] = str(file.size)
        return answer
    with scope(found.controller_id):
        row = selectors.one(found.thing)
    named = {"controller_name": env().operator_name, "row": row, "token": token}
    return render(request, "public/ending/archive.html", named)


@require_safe
@page
def identity(request: HttpRequest, token: str) -> HttpResponse:
    """Give the key file that goes with an archive made for a passphrase."""
    found = _guarded(request, token, "archive")
    with scope(found.controller_id):
        content = returns.identity(found.thing)
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = 'attachment; filename="identity.age"'
    return answer


@require_safe
@page
def certificate(request: HttpRequest, token: str) -> HttpResponse:
    """Show a certificate of deletion: what, when, and the files that prove it."""
    found = _guarded(request, token, "certificate")
    with scope(found.controller_id):
        one = ends.end(found.thing)
    named = {"controller_name": env().operator_name, "one": one, "token": token}
    return render(request, "public/ending/certificate.html", named)


@require_safe
@page
def file(request: HttpRequest, token: str, form: str) -> HttpResponse:
    """Give a certificate as PDF, or as JSON with its proof."""
    _guarded(request, token, "certificate")
    if form not in certificates.CONTENTS:
        raise Http404
    name, content = certificates.file(token=token, form=form, at=now())
    kinds = {"pdf": "application/pdf", "json": "application/json"}
    answer = HttpResponse(content, content_type=kinds[form])
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
