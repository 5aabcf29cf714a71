"""A pack of evidence behind a link that expires: for an auditor without an account."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from mandata.audits.services import packing
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.public.rights.views import page


@require_http_methods(["GET", "HEAD", "POST"])
@page  # type: ignore[arg-type]
def pack(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show which pack it is; on POST, give it piece by piece. Raises BadLink (410).

    A GET hands out nothing and records nothing: mail programs follow links.
    """
    if request.method != "POST":
        return _shown(request, token)
    found, pieces = packing.fetch(token=token, at=now())
    answer = StreamingHttpResponse(pieces, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="evidence-{found.number}.zip"'
    answer["Content-Length"] = str(found.size)
    answer["Cache-Control"] = "no-store"
    return answer


def _shown(request: HttpRequest, token: str) -> HttpResponse:
    named = {"controller_name": env().operator_name, "pack": packing.shown(token=token, at=now())}
    return render(request, "public/pack.html", named)
