"""Where relays report what became of messages: Amazon SNS for SES, and a plain signed format for all others.

Machines come here: no cookie, no page. What is not signed by whom it should be gets 403 and no reason; networks that
send much of it are slowed down.
"""

from collections.abc import Callable
from typing import Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mandata.delivery.rules.hooks import BadReport
from mandata.delivery.services import hooked
from mandata.infra.clock import now
from mandata.infra.logs import log
from mandata.public import limits

REFUSALS: Final = limits.Limit("hook-refusals", 60, 600)
REPORTS: Final = limits.Limit("hook-reports", 6000, 60)
_log = log("public")


@csrf_exempt
@require_POST
def ses(request: HttpRequest) -> HttpResponse:
    """Take a message of Amazon SNS about mail that SES sent."""
    return _answered(request, lambda body: hooked.receive_sns(body=body, at=now()))


@csrf_exempt
@require_POST
def relay(request: HttpRequest, number: int = 0) -> HttpResponse:
    """Take the reports of a transport's relay (none: the settings' own) in the plain format, signed in
    `Mandata-Signature` with a secret of its own."""
    signature = request.headers.get("Mandata-Signature", "")
    return _answered(
        request, lambda body: hooked.receive_plain(body=body, signature=signature, at=now(), transport=number)
    )


def _answered(request: HttpRequest, take: Callable[[bytes], int]) -> HttpResponse:
    network = limits.network_of(request)
    if limits.exceeded(REFUSALS, network) or limits.exceeded(REPORTS, network):
        answer = HttpResponse(status=429)
        answer["Retry-After"] = "60"
        return answer
    limits.count(REPORTS, network)
    try:
        new = take(request.body)
    except (BadReport, RequestDataTooBig) as refused:
        limits.count(REFUSALS, network)
        _log.warning("hook.refused", reason=str(refused))
        return HttpResponse(status=403)
    except OSError as error:  # SNS does not answer: it shall post this again
        _log.error("hook.not_checked", error=type(error).__name__)
        return HttpResponse(status=503)
    return HttpResponse(f"{new}\n", content_type="text/plain")
