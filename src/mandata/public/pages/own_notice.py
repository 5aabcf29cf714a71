"""The operator's own privacy notice (Articles 13 and 14 GDPR): what it holds as a controller of its own, drawn from the
register of that data. For everybody; no account, cookie or script."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mandata.holdings import own
from mandata.infra.environment import env


def notice(request: HttpRequest) -> HttpResponse:
    """Show who is responsible, what for, on which grounds, for how long, and which rights there are."""
    settings = env()
    context = {
        "operator_name": settings.operator_name,
        "controller_name": settings.operator_name,
        "contact": settings.operator_contact,
        "address": settings.operator_address,
        "dpo": settings.operator_dpo,
        "representative": settings.operator_representative,
        "activities": [{"one": one, "bases": [own.BASES[code] for code in one.bases]} for one in own.ACTIVITIES],
    }
    return render(request, "public/own_notice.html", context)
