"""The register of measures behind Annex III: what checks found and when, what owners show, a round run now."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.agreements import selectors as agreements
from mandata.agreements.services import measures as stating
from mandata.console import requests
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.measures import selectors, services, words
from mandata.measures.rules.headings import MEASURES, OWNED

TONES: Final = {"held": "good", "failed": "bad", "overdue": "warn", "unknown": "calm", "absent": "calm"}
SHOWN: Final = 60
_DAY: Final = {"type": "date"}


class MeasureForm(forms.Form):
    """How a measure is carried out, and what its owner shows for it."""

    code = forms.ChoiceField(label=gettext_lazy("Measure"))
    description = forms.CharField(
        label=gettext_lazy("How it is carried out"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("In words that stand in Annex III of every agreement from now on."),
    )
    owner = forms.CharField(
        label=gettext_lazy("Who answers for it"), max_length=120, help_text=gettext_lazy("A post, no name.")
    )
    checked_on = forms.DateField(
        label=gettext_lazy("Last checked"), widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d")
    )
    next_on = forms.DateField(
        label=gettext_lazy("Next check"), required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d")
    )
    remark = forms.CharField(
        label=gettext_lazy("Evidence"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Where it lies. Wanted for what no machine can look at, unless a file is added."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("PDF, PNG or JPEG, up to 5 MB: a photograph of a lock, a certificate."),
    )

    def __init__(self, *args: Any, rows: list[agreements.MeasureRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = [(one.code, one.words) for one in rows]  # type: ignore[attr-defined]


def listed(request: HttpRequest) -> HttpResponse:
    """Show every measure that an agreement can name, by heading, with its last result; state one by POST."""
    rows, at = agreements.measures(), now()
    chosen = next((one for one in rows if one.code == request.GET.get("code", "")), None)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = MeasureForm(*posted, rows=rows, initial=_initial(chosen, at))
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            _state(form.cleaned_data, by=requests.user_id(request), at=at)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Kept, and recorded. The annexes tell it from now on."))
            return redirect("operator:measures")
    views = selectors.register(at)
    groups = [
        {
            "title": words.HEADINGS[code],
            "word": words.OUTCOMES[state],
            "tone": TONES[state],
            "rows": [row(one) for one in under],
        }
        for code, state, under in selectors.headings(at)
    ]
    context = {
        "groups": groups,
        "figures": _figures(views),
        "unset": _unset(views),
        "work": _work(),
        "form": form,
        "refusal": refusal,
        "writing": request.method == "POST" or chosen is not None or "new" in request.GET,
    }
    return render(request, "console/operator/measures.html", context, status=422 if request.method == "POST" else 200)


def _state(given: dict[str, Any], *, by: UUID, at: datetime) -> None:
    """Keep a measure: with evidence where it is its owner's, else its description alone."""
    kept = {"code": given["code"], "description": given["description"], "owner": given["owner"]}
    if given["code"] in OWNED:
        content = given["file"].read() if given["file"] is not None and given["file"].size <= 8 * 2**20 else b""
        next_on = given["next_on"] or given["checked_on"] + timedelta(days=365)
        services.show(**kept, on=given["checked_on"], next_on=next_on, remark=given["remark"] or _large(given),
                      content=content, by=by, at=at)  # fmt: skip
    else:
        stating.register(**kept, checked_on=given["checked_on"], next_on=given["next_on"], by=by, at=at)


def _large(given: dict[str, Any]) -> str:
    """A file that is far too large is not read at all, and refused for what it is."""
    if given["file"] is not None and given["file"].size > 8 * 2**20:
        raise Refused(
            _("The file is larger than 5 MB."), code="measures.large", remedy=_("Make it smaller."), status=413
        )
    return ""


def _initial(one: agreements.MeasureRow | None, at: datetime) -> dict[str, Any]:
    if one is None:
        return {"checked_on": at.date().isoformat()}
    return {
        "code": one.code,
        "description": one.description,
        "owner": one.owner,
        "checked_on": at.date().isoformat(),
        "next_on": one.next_on.isoformat() if one.next_on else "",
    }


def _figures(views: list[selectors.MeasureView]) -> list[dict[str, Any]]:
    states = [one.standing.state for one in views]
    last = next(iter(selectors.runs(1)), None)
    return [
        {"label": _("Hold"), "value": states.count("held")},
        {"label": _("Do not hold"), "value": states.count("failed"), "tone": "bad" if "failed" in states else ""},
        {
            "label": _("Evidence is due"),
            "value": states.count("overdue"),
            "tone": "warn" if "overdue" in states else "",
        },
        {"label": _("Nobody has looked"), "value": states.count("unknown")},
        {"label": _("Last round"), "value": f"{last.ended_at:%Y-%m-%d}" if last and last.ended_at else "–"},
    ]


def _unset(views: list[selectors.MeasureView]) -> list[dict[str, Any]]:
    """What fails for no other reason than that nobody has set it up yet, each with its remedy: a trial begins so."""
    bad = {found.reason for one in views for found in one.results if found.outcome == "failed"}
    return [
        {"why": why, "remedy": remedy}
        for code, (why, remedy) in words.REASONS.items()
        if code in bad and code in words.UNSET
    ]


def row(one: selectors.MeasureView) -> dict[str, Any]:
    """A measure as lists show it; the controller's page shows the same."""
    day = one.standing.at.date() if isinstance(one.standing.at, datetime) else one.standing.at
    bad = next((found for found in one.results if found.outcome == "failed"), None)
    why = words.REASONS.get(bad.reason) if bad else None
    return {
        "one": one,
        "day": day,
        "state": words.OUTCOMES[one.standing.state],
        "tone": TONES[one.standing.state],
        "why": why[0] if why else "",
        "remedy": why[1] if why else "",
        "by": _("by its owner") if one.standing.by_owner else _("by checks"),
    }


def _work() -> dict[str, Any] | None:
    found = selectors.under_way()
    if found is None or (found.state == "planned" and found.due_at > now()):
        return None
    note = "" if found.state == "running" else _("A worker takes it up in a moment.")
    return {
        "title": _("A round of checks"), "done": found.done, "total": found.all, "unit": _("checks"), "running": True,
        "note": note, "left": None,
    }  # fmt: skip


def run(request: HttpRequest) -> HttpResponse:
    """Have a worker run all checks now."""
    services.ask(by=requests.user_id(request), at=now())
    messages.success(request, _("A worker looks at everything now."))
    return redirect("operator:measures")


def progress(request: HttpRequest) -> HttpResponse:
    """How far the round is; the page is drawn anew once it has ended."""
    work = _work()
    if work is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"work": work, "poll": reverse("operator:measures_progress"), "id": "round"}
    return render(request, "components/work.html", context)


def measure(request: HttpRequest, code: str) -> HttpResponse:
    """Show one measure: its checks with what they found over time, its evidence."""
    if code not in MEASURES:
        raise Http404
    one = selectors.register(now(), {code})[0]
    checks = [_check(check) for check in one.plan.checks]
    context = {
        **row(one),
        "headings": [words.HEADINGS[heading] for heading in one.plan.headings],
        "checks": checks,
        "evidence": selectors.evidence(code),
        "owned": code in OWNED,
        "plotted": any(check["plot"] for check in checks),
    }
    return render(request, "console/operator/measure.html", context)


def _check(code: str) -> dict[str, Any]:
    history = selectors.history(code, SHOWN)
    last = history[-1] if history else None
    why = words.REASONS.get(last.reason, words.REASONS["check_fault"]) if last else None
    return {
        "code": code,
        "title": words.CHECKS[code],
        "last": last,
        "state": words.OUTCOMES[last.outcome] if last else words.OUTCOMES["unknown"],
        "tone": TONES[last.outcome] if last else "calm",
        "why": why[0] if why else "",
        "remedy": why[1] if why and last and last.outcome == "failed" else "",
        "figures": figures(last.figures) if last else [],
        "spark": [float(one.outcome != "failed") for one in history],
        "plot": _plot(history) if len(history) > 1 else None,
    }


def _plot(history: list[selectors.ResultRow]) -> dict[str, Any]:
    values = [int(one.outcome != "failed") for one in history]
    return {"kind": "bars", "x": [one.at for one in history], "series": [{"label": _("Holds"), "values": values}]}


def figures(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The numbers behind a result, as pairs of what each is called and what it says."""
    told = []
    for name, value in found.items():
        if isinstance(value, dict):
            shown = ", ".join(f"{_value(key)}: {_value(one)}" for key, one in sorted(value.items()))
        else:
            shown = ", ".join(map(_value, value if isinstance(value, list) else [value]))
        told.append((str(words.FIGURES.get(name, name.replace("_", " "))), shown or "–"))
    return told


def _value(one: object) -> str:
    if isinstance(one, float):
        return formats.localize(one)
    return "–" if one is None else str(words.VALUES.get(str(one), one))


def evidence(_request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """Give out the file that an owner has shown."""
    found = selectors.evidence_file(evidence_id)
    if found is None:
        raise Http404
    media_type, content = found
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}[media_type]
    answer = HttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="evidence-{date.isoformat(now().date())}.{ending}"'
    return answer
