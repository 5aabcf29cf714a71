"""A pack of evidence behind a link that expires: for an auditor without an account."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from mandata.audits.errors import BadLink
from mandata.audits.services import packing
from mandata.infra.clock import now


def pack(_request: HttpRequest, token: str) -> HttpResponseBase:
    """Give the pack piece by piece; 410 with a sentence for a link that is wrong or whose time has passed."""
    try:
        found, pieces = packing.fetch(token=token, at=now())
    except BadLink as refused:
        said = f"{refused.message} {refused.remedy}\n"
        return HttpResponse(said, content_type="text/plain; charset=utf-8", status=refused.status)
    answer = StreamingHttpResponse(pieces, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="evidence-{found.number}.zip"'
    answer["Content-Length"] = str(found.size)
    answer["Cache-Control"] = "no-store"
    return answer
