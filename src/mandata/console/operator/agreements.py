"""The agreements on offer: those that ship and the operator's own; one written in a form; versions announced."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from mandata.agreements import library, selectors, shelf
from mandata.agreements.rules.terms import LANGUAGES, LARGEST, BadTerms, Terms, decoded
from mandata.agreements.rules.text import headings
from mandata.agreements.services import templates, versions
from mandata.console import requests
from mandata.console.operator import drafts
from mandata.foundation.errors import Refused
from mandata.foundation.periods import CODES, Regime
from mandata.infra.clock import now

MARKS = {
    "seed": (gettext_lazy("stated"), "good"),
    "unclear": (gettext_lazy("unclear, one reading taken"), "warn"),
    "open": (gettext_lazy("open, with a target of ours"), "warn"),
    "ours": (gettext_lazy("ours"), "info"),
}


def agreements(request: HttpRequest) -> HttpResponse:
    """List the agreements on offer."""
    own = set(shelf.own())
    rows = [
        {
            "name": name,
            "title": _title(terms),
            "version": terms.version,
            "own": name in own,
            "clauses": len(terms.clauses),
            "languages": ", ".join(terms.head.languages),
        }
        for name in shelf.names()
        for terms in [shelf.load(name)]
    ]
    return render(request, "console/operator/agreements.html", {"rows": rows})


def agreement(request: HttpRequest, name: str) -> HttpResponse:
    """Show one agreement: its text, and each clause with where it comes from."""
    terms, said = shelf.load(_known(name)), selectors.reader()
    offer = selectors.offer_of(terms, _language())
    numbered = headings(terms, said)
    context = {
        "terms": terms,
        "title": _title(terms),
        "own": name in shelf.own(),
        # The fragment is made by our own renderer, which escapes every value it puts in.
        "html": mark_safe(offer.html),  # noqa: S308
        "language": offer.language,
        "clauses": [
            {"title": numbered.get(key, key), "one": one, "mark": MARKS[one.mark.value]}
            for key, one in terms.clauses.items()
        ],
        "others": [other for other in shelf.names() if other != name],
    }
    return render(request, "console/operator/agreement.html", context)


def difference(request: HttpRequest, name: str) -> HttpResponse:
    """Show what differs between two agreements on offer, clause by clause."""
    other = _known(request.GET.get("from", ""))
    found = selectors.changed(shelf.load(other), shelf.load(_known(name)))
    context = {"name": name, "other": other, "found": found}
    return render(request, "console/operator/difference.html", context)


def write(request: HttpRequest) -> HttpResponse:
    """Write an agreement: begin with a copy, change it, have it judged, put it on offer."""
    if request.method != "POST":
        draft = drafts.copied(shelf.source(_known(request.GET.get("from", "gdpr-art28"))))
        return _form(request, draft)
    try:
        draft = _posted(request)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("operator:agreement_write")
    if add := request.POST.get("add", ""):
        draft.add(add)
        return _form(request, draft)
    terms = draft.terms()
    if terms is None:
        return _form(request, draft, status=422)
    if "offer" in request.POST:
        try:
            templates.put(text=draft.text, by=requests.user_id(request), at=now())
        except Refused as refused:
            return _form(request, draft, refusal=refused, status=refused.status)
        messages.success(request, _("It is on offer, and its digest is recorded."))
        return redirect("operator:agreement", name=terms.name)
    return _form(request, draft, terms=terms)


def _posted(request: HttpRequest) -> drafts.Draft:
    """The draft of the form, or of a file that is given instead."""
    file = request.FILES.get("file")
    if file is None:
        return drafts.from_form(request.POST)
    name = file.name or drafts.FILE
    try:
        text = decoded(file.read(4 * LARGEST + 4), name)  # more is too large, and said to be, never cut off
        library.checked(text, name)
    except BadTerms as bad:
        raise Refused(str(bad), code="agreement.file", clause="agreement.acceptance") from bad
    return drafts.read(text)


def _form(
    request: HttpRequest,
    draft: drafts.Draft,
    *,
    terms: Terms | None = None,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    said = selectors.reader()
    context = {
        "draft": draft,
        "head": draft.head(),
        "chapters": draft.chapters(said),
        "missing": [(key, selectors.clause_named(key, None)) for key in draft.missing()],
        "regimes": [regime.value for regime in Regime],
        "calendars": CODES,
        "marks": [(code, MARKS[code][0]) for code in drafts.MARKS],
        "good": terms,
        "refusal": refusal,
        "found": selectors.changed(shelf.load(terms.name), terms) if terms and terms.name in shelf.names() else (),
        "toml": draft.text if terms else "",
    }
    return render(request, "console/operator/agreement_write.html", context, status=status)


def download(_request: HttpRequest, name: str) -> HttpResponse:
    """Give the exact file of an agreement on offer."""
    answer = HttpResponse(shelf.source(_known(name)), content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.toml"'
    return answer


def announce(request: HttpRequest, name: str) -> HttpResponse:
    """Announce the newest version of an agreement to every controller under it, by a job."""
    versions.announce_later(name=_known(name), by=requests.user_id(request))
    messages.success(request, _("Every controller under this agreement is being told; each gets its own window."))
    return redirect("operator:agreement", name=name)


def _known(name: str) -> str:
    if name not in shelf.names():
        raise Http404
    return name


def _title(terms: Terms) -> str:
    return str(terms.titles.get(_language()) or next(iter(terms.titles.values())))


def _language() -> str:
    chosen = (get_language() or "en").partition("-")[0]
    return chosen if chosen in LANGUAGES else "en"
