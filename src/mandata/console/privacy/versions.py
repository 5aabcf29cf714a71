"""Versions of the agreement that were announced: read, compared, accepted or refused; the copy for publication."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from mandata.agreements import pdf as printer
from mandata.agreements import selectors
from mandata.agreements.rules import text
from mandata.agreements.rules.publication import GROUNDS
from mandata.agreements.services import Where, versions
from mandata.console import requests
from mandata.console.accounts.registration import AcceptForm, QuestionsForm
from mandata.foundation.errors import NotFound, Refused
from mandata.infra.clock import now

DECISIONS = {
    "accepted": gettext_lazy("accepted"),
    "silent": gettext_lazy("by silence after the announced period"),
    "refused": gettext_lazy("refused"),
    "withdrawn": gettext_lazy("withdrawn"),
}


def version(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Show an announced version: what it changes, its full text, until when to decide; accept it by POST."""
    found = _found(proposal_id)
    offer = selectors.offer_of_version(proposal_id, get_language() or "en")
    data = request.POST if request.method == "POST" else None
    questions, confirmed = QuestionsForm(data, offer=offer), AcceptForm(data)
    refusal: Refused | None = None
    if data is not None and questions.is_valid() & confirmed.is_valid():
        try:
            made = versions.agree(
                proposal_id=proposal_id,
                member_id=requests.member(request).member_id,
                language=offer.language,
                answers=questions.answers(),
                warranted=True,
                shown=data.get("shown", ""),
                at=now(),
                where=Where(network=requests.network(request), agent=requests.agent(request)),
            )
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Accepted and recorded: version %(version)s.") % {"version": made.version})
            return redirect("privacy:agreement")
    return _page(request, found, offer, questions, confirmed, refusal)


def _page(
    request: HttpRequest,
    found: selectors.Version,
    offer: selectors.Offer,
    questions: QuestionsForm,
    confirmed: AcceptForm,
    refusal: Refused | None,
) -> HttpResponse:
    at = now()
    current = selectors.in_force(at)
    wrong = request.method == "POST"
    context = {
        "version": found,
        "differences": selectors.changed(current.terms, found.terms) if current else (),
        "text": mark_safe(offer.html),  # noqa: S308 - rendered and escaped by agreements.rules.text
        "digest": offer.shown,
        "language": offer.language,
        "warranties": offer.warranties,
        "questions": questions,
        "form": confirmed,
        "refusal": refusal,
        "open": found.state == "announced",
        "state": DECISIONS.get(found.state, ""),
        "ends": selectors.refusal_ends(found, at),
        "silence_source": current.terms.source("change.silence") if current else "",
        "calendar": found.terms.head.calendar,
    }
    return render(request, "console/privacy/version.html", context, status=422 if wrong else 200)


def refuse(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Refuse an announced version, which ends the agreement; the version is typed, as it cannot be undone."""
    found = _found(proposal_id)
    if request.POST.get("phrase", "") != found.version:
        messages.error(request, _("Type the version to confirm; nothing has happened."))
        return redirect("privacy:version", proposal_id=proposal_id)
    ends = versions.refuse_version(proposal_id=proposal_id, member_id=requests.member(request).member_id, at=now())
    told = _("Refused and recorded. The agreement ends on %(day)s (UTC); until then everything goes on.")
    messages.success(request, told % {"day": f"{ends:%Y-%m-%d %H:%M}"})
    return redirect("privacy:agreement")


def publication(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    """Choose what a copy for a public register withholds, and take the copy: PDF for people, JSON for machines."""
    document = selectors.document(agreement_id)
    chosen = {
        key.removeprefix("withhold:"): str(ground)
        for key, ground in request.GET.items()
        if key.startswith("withhold:") and ground in GROUNDS
    }
    known = {item.key for chapter in document.chapters for item in chapter.paragraphs}
    chosen = {key: ground for key, ground in chosen.items() if key in known}
    form = request.GET.get("form", "")
    if form in ("pdf", "json"):
        copy = selectors.publication_copy(agreement_id, chosen)
        content, kind = (printer.pdf(copy), "pdf") if form == "pdf" else (text.dump(copy), "json")
        answer = HttpResponse(content, content_type=f"application/{kind}")
        answer["Content-Disposition"] = f'attachment; filename="agreement-for-publication.{kind}"'
        return answer
    said = selectors.reader()
    context = {
        "agreement_id": agreement_id,
        "document": document,
        "grounds": [(code, said.gettext(words)) for code, words in GROUNDS.items()],
        "chosen": chosen,
    }
    return render(request, "console/privacy/publication.html", context)


def _found(proposal_id: UUID) -> selectors.Version:
    for one in selectors.versions():
        if one.id == proposal_id:
            return one
    raise NotFound(_("There is no such version."))
