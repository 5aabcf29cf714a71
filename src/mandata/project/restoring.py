"""While an older database is being brought up to date, the web answers with one page only, and says that it lives."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from mandata.infra import restoring

RETRY_SECONDS = 60


class RestoringMiddleware:
    """Stands first: neither a session nor a row is read before the installation is open.

    `/health` answers 200 while the process lives, also then: whoever watches must not kill what waits. `/ready` answers
    200 only where a request would be served, for load balancers: open, and the database answers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        shut = restoring.closed()
        if request.path == "/health":
            return HttpResponse("restoring" if shut else "ok", content_type="text/plain; charset=utf-8")
        if request.path == "/ready":
            return _ready(shut)
        return _explained() if shut else self.get_response(request)


def _ready(shut: bool) -> HttpResponse:
    words = "restoring" if shut else "ok" if _answers() else "no database"
    answer = HttpResponse(words, status=200 if words == "ok" else 503, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    return answer


def _answers() -> bool:
    try:
        close_old_connections()
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except (OperationalError, InterfaceError):
        connection.close()
        return False
    return True


def _explained() -> HttpResponse:
    answer = HttpResponse(render_to_string("restoring.html"), status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    answer["Cache-Control"] = "no-store"
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    return answer
