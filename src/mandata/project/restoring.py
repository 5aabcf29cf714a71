"""While an older database is being brought up to date, the web answers with one page only, and says that it lives."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from mandata.infra import restoring

RETRY_SECONDS = 60


class RestoringMiddleware:
    """Stands first: neither a session nor a row is read before the installation is open.

    `/health` answers 200 while the process lives, also then: whoever watches must not kill what waits.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        shut = restoring.closed()
        if request.path == "/health":
            return HttpResponse("restoring" if shut else "ok", content_type="text/plain; charset=utf-8")
        return _explained() if shut else self.get_response(request)


def _explained() -> HttpResponse:
    answer = HttpResponse(render_to_string("restoring.html"), status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    answer["Cache-Control"] = "no-store"
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    return answer
