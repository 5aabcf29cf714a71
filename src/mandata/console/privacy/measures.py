"""The measures that the controller's agreement promises, each with what was found and when (SEC-8)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mandata.agreements import selectors as agreements
from mandata.console.operator.measures import row
from mandata.infra.clock import now
from mandata.measures import selectors, words


def measures(request: HttpRequest) -> HttpResponse:
    """Show each promised measure with its last result; the same stands in Annex III."""
    at = now()
    terms = agreements.ground(at).terms
    clauses = ("measures.technical", "measures.organisational")
    promised = [code for clause in clauses for code in (terms.items(clause) if terms else ())]
    rows = []
    for one in selectors.register(at, promised):
        checks = [{"title": words.CHECKS[found.check], "found": found} for found in one.results]
        headings = [words.HEADINGS[code] for code in one.plan.headings]
        rows.append({**row(one), "checks": checks, "headings": headings})
    return render(request, "console/privacy/measures.html", {"rows": rows, "accepted": terms is not None})
