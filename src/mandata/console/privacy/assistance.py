"""Help between the parties: what is asked for, authorities' proceedings, what the controller tells, what help costs."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mandata.assistance import selectors
from mandata.assistance.services import assessing, requests, statements
from mandata.console import deeds, helping
from mandata.console import requests as asking
from mandata.console.deeds import Tried
from mandata.console.privacy.audits import attached
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import scope

DEEDS = helping.deed_table(asking.actor)
FORMS: dict[str, type[forms.Form]] = {
    "request": helping.AskForm,
    "proceeding": helping.ProceedingForm,
    "intake": helping.IntakeForm,
}
TYPES = {"pdf": "application/pdf", "json": "application/json", "csv": "text/csv; charset=utf-8"}


def listed(request: HttpRequest) -> HttpResponse:
    """List everything of this desk; begin something new by POST."""
    posted = request.POST if request.method == "POST" else None
    desk = (posted or request.GET).get("desk", "")
    form, refusal = None, None
    if desk in FORMS:
        form = FORMS[desk](posted, request.FILES if posted is not None else None)
    if posted is not None and form is not None and form.is_valid():
        try:
            thing = _begin(desk, form.cleaned_data, request)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Done, and recorded. The processor is told."))
            return redirect("privacy:assistance_thing", desk=desk, thing_id=thing)
    at = now()
    context = {
        "requests": [helping.page("request", one.id, "controller") for one in selectors.requests(limit=50)],
        "proceedings": [helping.page("proceeding", one.id, "controller") for one in selectors.proceedings(limit=50)],
        "intakes": [helping.page("intake", one.id, "controller") for one in selectors.intakes(limit=50)],
        "statements": selectors.statements(),
        "work": [helping.work(one) for one in selectors.work(at=at, limit=30)],
        "assessments": [(kind, _(title)) for kind, title in assessing.KINDS.items()],
        "form": form,
        "desk": desk,
        "refusal": refusal,
        "may": asking.member(request).role in ("owner", "privacy_officer"),
    }
    return render(request, "console/privacy/assistance.html", context, status=422 if posted is not None else 200)


def _begin(desk: str, given: dict[str, Any], request: HttpRequest) -> UUID:
    actor = asking.actor(request)
    with scope(asking.member(request).controller_id):  # all of it or nothing: a file that is refused leaves no words
        if desk == "request":
            return requests.ask(actor=actor, at=now(), **given)
        return helping.proceed(given, actor) if desk == "proceeding" else helping.tell(given, actor)


def thing(request: HttpRequest, desk: str, thing_id: UUID) -> HttpResponse:
    """Show one thing with what can be done."""
    return _page(request, desk, thing_id)


def _page(request: HttpRequest, desk: str, thing_id: UUID, tried: Tried | None = None) -> HttpResponse:
    found = helping.page(desk, thing_id, "controller")
    may = asking.member(request).role in ("owner", "privacy_officer")
    verbs = found["verbs"] if may else []
    if tried is not None and tried.verb not in verbs:
        verbs = [*verbs, tried.verb]
    context = found | {
        "deeds": deeds.shown(
            DEEDS, verbs, lambda verb: reverse("privacy:assistance_act", args=[desk, thing_id, verb]), tried
        ),
        "files": [(one, reverse("privacy:assistance_file", args=[desk, thing_id, one.id])) for one in found["files"]],
    }
    return render(request, "console/privacy/assistance_thing.html", context, status=422 if tried else 200)


def act(request: HttpRequest, desk: str, thing_id: UUID, verb: str) -> HttpResponse:
    """Do something with it; what is missing or refused is told on its page."""
    helping.page(desk, thing_id, "controller")
    whose = asking.member(request).controller_id
    tried = deeds.carry_out(request, DEEDS, verb, controller_id=whose, thing=thing_id)
    if not tried.said:
        return _page(request, desk, thing_id, tried)
    messages.success(request, tried.said)
    return redirect("privacy:assistance_thing", desk=desk, thing_id=thing_id)


def file(_request: HttpRequest, desk: str, thing_id: UUID, paper_id: UUID) -> HttpResponse:
    """Give a file that belongs to it."""
    helping.page(desk, thing_id, "controller")
    return attached(*selectors.content(paper_id, about=thing_id))


def statement(_request: HttpRequest, statement_id: UUID, form: str) -> HttpResponse:
    """Give a month's statement as PDF, CSV or JSON."""
    found = selectors.statement(statement_id)
    made = {
        "pdf": lambda: statements.as_pdf(statement_id, language=_language()),
        "csv": lambda: statements.as_csv(statement_id),
        "json": lambda: statements.as_json(statement_id),
    }
    if form not in made:
        raise Http404
    return _download(made[form](), form, f"assistance-{found.month:%Y-%m}")


def assessment(request: HttpRequest, law: str, form: str) -> HttpResponse:
    """Give a pack for the controller's own assessment, filled from the running system."""
    if law not in assessing.KINDS or form not in ("pdf", "json"):
        raise Http404
    made = assessing.as_pdf if form == "pdf" else assessing.as_json
    content = made(kind=law, language=_language(), at=now())
    assessing.note(kind=law, actor=asking.actor(request), at=now())
    return _download(content, form, f"assessment-{law}")


def _language() -> str:
    return "cs" if (get_language() or "en").startswith("cs") else "en"


def _download(content: bytes, form: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=TYPES[form])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer
