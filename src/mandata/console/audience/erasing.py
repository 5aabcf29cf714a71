"""Erasing many people: choose them, look at what goes and what stays, confirm by their number, watch, take the proofs.

Who is chosen by references or addresses is told by POST; nothing that names somebody stands in an address.
"""

from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mandata.audience.selectors.catalogue import list_names
from mandata.console import requests
from mandata.console.audience.narrowing import FACETS, Filters, menus
from mandata.console.privacy.holdings import tasks_of
from mandata.console.privacy.words import GROUNDS
from mandata.console.templatetags.ui import number
from mandata.foundation.errors import Refused
from mandata.holdings import certificates, progress, runs, selectors, shelves
from mandata.infra.clock import now

MOST_LINES: Final = 200_000
_MOST_BYTES: Final = 20 * 1024 * 1024
_ACTS: Final = ("erase", "erasure_confirm", "erasure_again", "erasure_cancel")

STATES: Final = {
    "choosing": (gettext_lazy("being chosen"), "info"),
    "counting": (gettext_lazy("being counted"), "info"),
    "ready": (gettext_lazy("waits for you"), "warn"),
    "running": (gettext_lazy("being erased"), "info"),
    "stopped": (gettext_lazy("stopped"), "bad"),
    "done": (gettext_lazy("done"), "good"),
    "cancelled": (gettext_lazy("cancelled"), "calm"),
}
SOURCES: Final = {
    "list": gettext_lazy("one list"),
    "filter": gettext_lazy("a filter"),
    "references": gettext_lazy("a list of references or addresses"),
}


class EraseForm(forms.Form):
    """On what ground, and whom, where no filter says it."""

    ground = forms.ChoiceField(label=gettext_lazy("Ground"), choices=list(GROUNDS.items()))
    people = forms.CharField(
        label=gettext_lazy("References or addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("One on a line. Whoever is not in your audience is left out."),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file of them"),
        required=False,
        help_text=gettext_lazy("A text file, one on a line; the first column counts."),
    )

    def __init__(self, *args: Any, narrowed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.narrowed = narrowed
        if narrowed:
            del self.fields["people"], self.fields["file"]

    def clean(self) -> dict[str, Any]:
        """Read the lines; without a filter there must be some."""
        given: dict[str, Any] = super().clean() or {}
        if not self.narrowed:
            given["lines"] = _lines(given.get("people", ""), given.get("file"))
            if not given["lines"]:
                self.add_error("people", _("Write at least one, choose a file, or narrow the list of subscribers."))
            elif len(given["lines"]) > MOST_LINES:
                self.add_error("file", _("At most %(count)s lines at once.") % {"count": number(MOST_LINES)})
        return given


def _lines(typed: str, file: "UploadedFile[bytes] | None") -> list[str]:
    text = typed
    if file is not None and (file.size or 0) <= _MOST_BYTES:
        text += "\n" + file.read().decode("utf-8-sig", "replace")
    cells = (line.replace("\t", ",").replace(";", ",").split(",")[0].strip(' "') for line in text.splitlines())
    return [cell for cell in cells if cell]


def erasures(request: HttpRequest) -> HttpResponse:
    """Show the erasures of many, newest first."""
    context = {"rows": [_row(one) for one in progress.runs()], "may": _may(request)}
    return render(request, "console/audience/erasures.html", context)


def erase(request: HttpRequest) -> HttpResponse:
    """Choose whom to erase and why; nothing is erased before what it touches was looked at."""
    filters = _filters(request.GET)
    form = EraseForm(request.POST or None, request.FILES or None, narrowed=filters.narrowed)
    if request.method == "POST" and form.is_valid():
        wanted, references = (_wanted(filters), []) if filters.narrowed else (None, _references(form, request))
        if wanted is None and not references:
            form.add_error("people", _("None of these is in your audience."))
        else:
            run = runs.choose(
                wanted=wanted,
                references=references,
                ground=form.cleaned_data["ground"],
                actor=requests.actor(request),
                at=now(),
            )
            return redirect("audience:erasure", run)
    context = {"form": form, "chips": _chips(_wanted(filters)), "narrowed": filters.narrowed}
    return render(request, "console/audience/erase.html", context, status=422 if form.is_bound else 200)


def _filters(data: QueryDict) -> Filters:
    """The filters of an address; what names a person is not among them."""
    found = Filters.read(data)
    kept = {name: value for name, value in asdict(found).items() if name in ("list", "state", *FACETS)}
    return Filters(**kept)


def _wanted(filters: Filters) -> dict[str, str]:
    values = {name: str(value) for name, value in asdict(filters.narrowing).items() if value}
    return values


def _references(form: EraseForm, request: HttpRequest) -> list[UUID]:
    """The references that the lines name, by themselves or by an address."""
    references, addresses = [], []
    for line in form.cleaned_data["lines"]:
        try:
            references.append(UUID(line))
        except ValueError:
            addresses.append(line)
    known = [one.reference for one in selectors.subjects_by_address(addresses) if one.reference]
    left = len(addresses) - len(known)
    if left:
        told = ngettext(
            "%(count)s line names nobody in your audience and was left out.",
            "%(count)s lines name nobody in your audience and were left out.",
            left,
        )
        messages.info(request, told % {"count": number(left)})
    return list(dict.fromkeys([*references, *known]))


def _chips(wanted: dict[str, Any]) -> list[tuple[str, str]]:
    """A selection in words: what it is narrowed by."""
    filters = Filters(**{"list" if name == "list_id" else name: str(value) for name, value in wanted.items()})
    return [(menu["label"], menu["chosen"]) for menu in menus(filters, list_names()) if menu["chosen"]]


def erasure(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show one erasure of many: what it touches, its bar, its result."""
    one = progress.run(run_id)
    context = {
        **_row(one),
        **_live(request, one),
        "may": _may(request),
        "held": selectors.rows_of(one.preview),
        "failures": progress.failures(one.id) if one.failed else [],
        "figures": _figures(one),
        "error": _error(one),
        "phrase": str(one.people),
        "tasks": tasks_of(run_id),
        "by_hand": shelves.open_about(run_id),
    }
    return render(request, "console/audience/erasure.html", context)


def _may(request: HttpRequest) -> dict[str, bool]:
    return {name: request.may(f"audience:{name}") for name in _ACTS}  # type: ignore[attr-defined]


def _row(one: progress.RunRow) -> dict[str, Any]:
    label, tone = STATES[one.state]
    return {
        "one": one,
        "state": label,
        "tone": tone,
        "source": SOURCES[one.source],
        "chips": _chips(dict(one.wanted)),
        "ground": GROUNDS.get(one.ground, one.ground),
    }


def _figures(one: progress.RunRow) -> list[dict[str, Any]]:
    shown = [
        (_("Chosen"), one.people, ""),
        (_("Erased"), one.erased, "good"),
        (_("Gone already"), one.earlier, ""),
        (_("Failed"), one.failed, "bad" if one.failed else ""),
    ]
    return [{"label": label, "value": number(value), "tone": tone} for label, value, tone in shown]


def _error(one: progress.RunRow) -> Refused | None:
    if not one.error:
        return None
    if one.error == "gate_shut":
        return Refused(
            _("The agreement does not let anything be done now, so the erasure stopped."),
            remedy=_("See the agreement under Privacy; then let it go on."),
        )
    if one.error == "restored":
        return Refused(
            _("The service was restored from a backup while this erasure was under way, so it stopped."),
            remedy=_("Look at whom it is about; then let it go on or cancel it."),
        )
    return Refused(_("Something that it needs does not answer: %(error)s") % {"error": one.error})


def progress_of(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Give the bar anew; when it has come to its end or waits, the whole page is asked for."""
    one = progress.run(run_id)
    if not one.is_working or one.state != request.GET.get("state", one.state):
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "components/work.html", {**_live(request, one), "cancel_act": _("Stop")})


def _live(request: HttpRequest, one: progress.RunRow) -> dict[str, Any]:
    titles = {"choosing": _("Choosing"), "counting": _("Counting what is held of them"), "running": _("Erasing")}
    rate, mark = _rate(request, one.done)
    left = (one.people - one.done) / rate if rate and one.state != "choosing" else None
    return {
        "id": "erasure-work",
        "work": {
            "title": titles.get(one.state, ""),
            "done": one.people if one.state == "choosing" else one.done,
            "total": 0 if one.state == "choosing" else one.people,
            "rate": rate,
            "left": timedelta(seconds=left) if left else None,
            "unit": _("people"),
            "running": one.is_working,
        },
        "poll": f"{reverse('audience:erasure_progress', args=[one.id])}?{urlencode({**mark, 'state': one.state})}",
        "cancel": reverse("audience:erasure_cancel", args=[one.id]) if _may(request)["erasure_cancel"] else "",
    }


def _rate(request: HttpRequest, done: int) -> tuple[float | None, dict[str, str]]:
    """People a second since the page was opened; the mark that the page carries along."""
    at = now().timestamp()
    try:
        then, before = float(request.GET["then"]), int(request.GET["before"])
    except (KeyError, ValueError):
        return None, {"then": f"{at:.2f}", "before": str(done)}
    rate = (done - before) / (at - then) if at - then > 0.5 and done > before else None
    return rate, {"then": f"{then:.2f}", "before": str(before)}


def confirm(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Let a counted erasure begin, with the number of people typed."""
    typed = "".join(part for part in request.POST.get("phrase", "") if part.isdecimal())
    people = int(typed) if 0 < len(typed) < 12 else -1
    runs.confirm(run_id=run_id, people=people, actor=requests.actor(request), at=now())
    messages.info(request, _("It has begun. You may leave this page; it goes on."))
    return redirect("audience:erasure", run_id)


def again(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Go on where it stopped, or try those again of whom it failed."""
    runs.again(run_id=run_id, actor=requests.actor(request), at=now())
    return redirect("audience:erasure", run_id)


def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Stop at the next batch; who is erased stays erased."""
    progress.run(run_id)
    runs.cancel(run_id=run_id, actor=requests.actor(request), at=now())
    messages.info(request, _("Cancelled. Nobody more is erased."))
    return redirect("audience:erasure", run_id)


def proofs(_request: HttpRequest, run_id: UUID) -> StreamingHttpResponse:
    """Give the certificates of everybody who was erased, each with its proof, as one file."""
    one = progress.run(run_id)
    pieces = (piece.encode() for piece in certificates.of_run(one.id))
    answer = StreamingHttpResponse(pieces, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="erasure-{one.number}-certificates.json"'
    return answer


def proof(_request: HttpRequest, erasure_id: UUID) -> StreamingHttpResponse:
    """Give the certificate of one erasure with its proof."""
    pieces = (piece.encode() for piece in certificates.of_one(erasure_id))
    answer = StreamingHttpResponse(pieces, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="erasure-{erasure_id}.json"'
    return answer


def paper(_request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    """Give the certificate of one erasure as PDF."""
    answer = HttpResponse(certificates.paper(erasure_id), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="erasure-{erasure_id}.pdf"'
    return answer
