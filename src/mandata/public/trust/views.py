"""What everybody may see of how data is protected (SEC-8, SEC-9). No account, cookie or script; nothing personal.

Results are told with their day; why something does not hold is told in general words, without figures that would help
somebody who looks for weaknesses.
"""

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.measures import selectors, words

CACHED: Final = 300
SHOWN: Final = 50


def trust(request: HttpRequest) -> HttpResponse:
    """Show the 17 headings with their measures and results, outages, availability by month."""
    at = now()
    groups = [
        {"title": words.HEADINGS[code], "rows": [_row(one) for one in under], "state": words.OUTCOMES[state]}
        for code, state, under in selectors.headings(at)
        if under
    ]
    context = {
        "groups": groups,
        "outages": [_outage(one) for one in selectors.outages(SHOWN)],
        "availability": [{"part": words.PARTS[one.part], "months": one.months} for one in selectors.availability(at)],
        "looked": next((one.ended_at for one in selectors.runs(1)), None),
        "operator_name": env().operator_name,
        "controller_name": env().operator_name,
    }
    return _cached(render(request, "public/trust.html", context))


def trust_json(_request: HttpRequest) -> HttpResponse:
    """Give the same to machines."""
    at = now()
    told = {
        "operator": env().operator_name,
        "at": at,
        "measures": [
            {
                "code": one.code,
                "headings": one.plan.headings,
                "state": one.standing.state,
                "looked": _day(one.standing.at),
                "by": "owner" if one.standing.by_owner else "checks",
            }
            for one in selectors.register(at)
        ],
        "outages": [
            {"part": one.part, "began": one.began_at, "restored": one.restored_at, "cause": one.cause or None}
            for one in selectors.outages(SHOWN)
        ],
        "availability": {
            one.part: {f"{month.year}-{month.month:02d}": month.percent for month in one.months}
            for one in selectors.availability(at)
        },
    }
    answer = JsonResponse(told)
    answer["Access-Control-Allow-Origin"] = "*"
    return _cached(answer)


def _row(one: selectors.MeasureView) -> dict[str, Any]:
    return {
        "words": one.words,
        "state": words.OUTCOMES[one.standing.state],
        "good": one.standing.state == "held",
        "day": _day(one.standing.at),
    }


def _outage(one: selectors.OutageRow) -> dict[str, Any]:
    return {"one": one, "part": words.PARTS[one.part], "cause": words.CAUSES[one.cause] if one.cause else ""}


def _day(found: object) -> object:
    return found.date() if isinstance(found, datetime) else found


def _cached(answer: HttpResponse) -> HttpResponse:
    patch_cache_control(answer, public=True, max_age=CACHED)
    return answer
