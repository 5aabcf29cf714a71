"""Metrics for Prometheus: for whoever holds the token of the settings, and not there at all without one."""

import hmac

from django.http import Http404, HttpRequest, HttpResponse

from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.watching import metrics as watching


def metrics(request: HttpRequest) -> HttpResponse:
    """Give the metrics to a bearer of MANDATA_METRICS_TOKEN."""
    wanted = env().metrics_token
    if not wanted:
        raise Http404
    if not _knows(request, wanted):
        answer = HttpResponse("The token is missing or wrong.\n", status=401, content_type="text/plain; charset=utf-8")
        answer["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return answer
    answer = HttpResponse(watching.exposition(now()), content_type=watching.CONTENT_TYPE)
    answer["Cache-Control"] = "no-store"
    return answer


def _knows(request: HttpRequest, wanted: str) -> bool:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), wanted.encode())
