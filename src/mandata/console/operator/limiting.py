"""Decisions that limit, suspend or end the service for a controller, and the register of serious breaches."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.console import requests
from mandata.console.operator.access import accounted, way_in
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.retention.rules import limiting as rules
from mandata.retention.selectors import limiting as selectors
from mandata.retention.services import grounds, limiting

KINDS = {
    "limit": gettext_lazy("limit a part of the service"),
    "suspend": gettext_lazy("suspend the service"),
    "close": gettext_lazy("end the service for good"),
}
ACTS = {
    "send": gettext_lazy("sending"),
    "import": gettext_lazy("importing"),
    "track": gettext_lazy("recording opens and clicks"),
    "profile": gettext_lazy("reports on single people"),
}
STATES = {
    "told": (gettext_lazy("told, not in effect yet"), "warn"),
    "effective": (gettext_lazy("in effect"), "bad"),
    "lifted": (gettext_lazy("lifted"), "good"),
    "withdrawn": (gettext_lazy("withdrawn"), "calm"),
    "handed": (gettext_lazy("the end was notified"), "calm"),
}
OUTCOMES = {"upheld": gettext_lazy("upheld: lift the decision"), "dismissed": gettext_lazy("dismissed: it stays")}


class DecideForm(forms.Form):
    """A decision with its ground and reasons."""

    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=list(KINDS.items()))
    acts = forms.MultipleChoiceField(
        label=gettext_lazy("Which acts stop (of a limit)"), choices=list(ACTS.items()), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    cap = forms.IntegerField(
        label=gettext_lazy("Recipients of one campaign, at most (of a limit)"), min_value=1, max_value=2_000_000_000,
        required=False,
    )  # fmt: skip
    ground = forms.ChoiceField(label=gettext_lazy("Ground"))
    reasons = forms.CharField(
        label=gettext_lazy("Reasons"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The controller gets them with the decision."),
    )  # fmt: skip
    effective = forms.DateTimeField(
        label=gettext_lazy("Takes effect (UTC)"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Empty: as soon as the clause allows."),
    )  # fmt: skip
    shorter = forms.CharField(
        label=gettext_lazy("Why the notice is shorter than usual"), max_length=1000, required=False,
        help_text=gettext_lazy("Only where the clause says usually."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ground"].choices = [(code, _(text)) for code, text in rules.GROUNDS.items()]  # type: ignore[attr-defined]


class GroundForm(forms.Form):
    """An occurrence with its evidence."""

    code = forms.ChoiceField(label=gettext_lazy("Ground"))
    found = forms.DateTimeField(
        label=gettext_lazy("When it was found (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    what = forms.CharField(
        label=gettext_lazy("What was found"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    file = forms.FileField(label=gettext_lazy("Evidence, up to 5 MB"), required=False)

    def __init__(self, *args: Any, codes: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = [(code, selectors.titled(code)) for code in codes]  # type: ignore[attr-defined]


def listed(request: HttpRequest) -> HttpResponse:
    """Show the decisions of all controllers and the whole register."""
    decisions: list[dict[str, Any]] = []
    occurrences: list[dict[str, Any]] = []
    for made, found in selectors.everywhere():
        decisions += [told(one) for one in made]
        occurrences += [_occurred(one) for one in found]
    decisions.sort(key=lambda row: row["one"].decided_at, reverse=True)
    occurrences.sort(key=lambda row: row["one"].found_at, reverse=True)
    context = {"decisions": decisions, "occurrences": occurrences}
    return render(request, "console/operator/limiting.html", context)


def register_csv(_request: HttpRequest) -> HttpResponse:
    """Give the register of all controllers as CSV."""
    rows = [one for _made, found in selectors.everywhere() for one in found]
    answer = HttpResponse(selectors.as_csv(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="serious-breaches.csv"'
    return answer


def single(request: HttpRequest, controller_id: UUID) -> HttpResponse:
    """Show one controller's decisions and occurrences; decide by POST."""
    return _page(request, controller_id, DecideForm(request.POST) if request.method == "POST" else DecideForm())


def _page(
    request: HttpRequest, controller_id: UUID, form: DecideForm, entering: GroundForm | None = None
) -> HttpResponse:
    _known(controller_id)
    refusal, at = None, now()
    if form.is_bound and form.is_valid():
        try:
            _decide(request, controller_id, form, at)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Decided, told and recorded."))
            return redirect("operator:limit", controller_id=controller_id)
    hidden = way_in(request, controller_id)  # words may tell of the controller's people
    with scope(controller_id):
        occurrences = selectors.occurrences()
        context = {
            "card": accounts.controller(),
            "decisions": [_kept_from(told(one), hidden) for one in selectors.decisions()],
            "occurrences": [_kept_from(_occurred(one), hidden) for one in occurrences],
            "open": [one for one in occurrences if one.consequence == "open"],
            "timings": _timings(at),
            "form": form,
            "entering": entering or GroundForm(codes=_codes(at)),
            "follows": [(code, _(text)) for code, text in rules.CONSEQUENCES.items() if code in ("none", "told")],
            "outcomes": list(OUTCOMES.items()),
            "refusal": refusal,
            "deciding": form.is_bound,
            "noting": entering is not None,
            "controller_id": controller_id,
        }
    return render(request, "console/operator/limit.html", context, status=refusal.status if refusal else 200)


def _kept_from(row: dict[str, Any], hidden: str) -> dict[str, Any]:
    """A row without its words, and with the way to them, for who has no access."""
    if not hidden:
        return row
    one = row["one"]
    bare = replace(one, words={}) if isinstance(one, selectors.Decision) else replace(one, words="", file_name="")
    return {**row, "one": bare, "hidden": hidden if one.words else ""}


def _codes(at: datetime) -> tuple[str, ...]:
    return grounds.listed(at=at)


def _timings(at: datetime) -> list[dict[str, Any]]:
    """From when a suspension may bind on each ground, so that nobody has to try."""
    found = [(code, limiting.timing(kind="suspend", ground_code=code, at=at)) for code in rules.GROUNDS]
    return [
        {"name": _(rules.GROUNDS[code]), "earliest": one.earliest, "at_once": one.at_once, "clause": one.clause,
         "source": one.source, "usually": one.usually}
        for code, one in found
    ]  # fmt: skip


def _decide(request: HttpRequest, controller_id: UUID, form: DecideForm, at: datetime) -> None:
    said = form.cleaned_data
    known = {str(one) for one in request.POST.getlist("rests")}
    with scope(controller_id):
        rests = [one.id for one in selectors.occurrences() if str(one.id) in known]
        limiting.decide(
            kind=said["kind"], ground_code=said["ground"], words=said["reasons"], acts=said["acts"],
            cap=said["cap"] if said["kind"] == "limit" else None, effective=said["effective"],
            shorter=said["shorter"], grounds=rests, actor=requests.operator(request), at=at,
        )  # fmt: skip


def enter(request: HttpRequest, controller_id: UUID) -> HttpResponse:
    """Enter an occurrence into the register."""
    _known(controller_id)
    at = now()
    with scope(controller_id):
        form = GroundForm(request.POST, request.FILES, codes=_codes(at))
        if form.is_valid():
            file = form.cleaned_data["file"]
            grounds.enter(
                code=form.cleaned_data["code"], words=form.cleaned_data["what"], found_at=form.cleaned_data["found"],
                actor=requests.operator(request), at=at, file_name=file.name if file else "",
                file=file.read(grounds.LARGEST + 1) if file else b"",
            )  # fmt: skip
            messages.success(request, _("Entered, and recorded with the digest of its evidence."))
            return redirect("operator:limit", controller_id=controller_id)
    return _page(request, controller_id, DecideForm(), form)


def act(request: HttpRequest, controller_id: UUID, decision_id: UUID, verb: str) -> HttpResponse:
    """Lift a decision, or answer an objection to it."""
    _known(controller_id)
    words, actor, at = request.POST.get("words", "")[:4000], requests.operator(request), now()
    with scope(controller_id):
        if verb == "lift":
            limiting.lift(decision_id=decision_id, words=words, actor=actor, at=at)
        elif verb == "answer":
            outcome = request.POST.get("outcome", "")[:20]
            limiting.answer(decision_id=decision_id, outcome=outcome, words=words, actor=actor, at=at)
        else:
            raise Http404
    messages.success(request, _("Done, told and recorded."))
    return redirect("operator:limit", controller_id=controller_id)


def follow(request: HttpRequest, controller_id: UUID, ground_id: UUID) -> HttpResponse:
    """Say what follows from an occurrence, where no decision does."""
    _known(controller_id)
    with scope(controller_id):
        consequence = request.POST.get("consequence", "")[:20]
        if consequence not in ("none", "told"):
            raise Http404
        limiting.follow(ground_id=ground_id, consequence=consequence, actor=requests.operator(request), at=now())
    return redirect("operator:limit", controller_id=controller_id)


@accounted
def evidence(_request: HttpRequest, controller_id: UUID, ground_id: UUID) -> HttpResponse:
    """Give the file that shows an occurrence, as a download and nothing else. It may show people of the controller's,
    so it asks why somebody needs to see it."""
    with scope(controller_id):
        found = selectors.evidence(ground_id)
    if found is None:
        raise Http404
    answer = HttpResponse(found[1], content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="evidence-{ground_id.hex[-8:]}"'
    return answer


def told(one: selectors.Decision) -> dict[str, Any]:
    """Return a decision as pages show it."""
    state, tone = STATES[one.state]
    return {
        "one": one,
        "what": limiting.what(one.kind, one.acts, one.cap),
        "ground": _(rules.GROUNDS[one.ground]),
        "state": state,
        "tone": tone,
        "live": one.state in selectors.LIVE,
        "outcome": OUTCOMES.get(one.outcome, ""),
        "waits": one.objected_at is not None and one.answered_at is None and one.state in selectors.LIVE,
        "dialog": f"lift-{one.number}",
    }


def _occurred(one: selectors.Occurrence) -> dict[str, Any]:
    return {"one": one, "consequence": _(rules.CONSEQUENCES[one.consequence])}


def _known(controller_id: UUID) -> None:
    if not accounts.exists(controller_id):
        raise Http404
