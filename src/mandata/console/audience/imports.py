"""Imports: a file comes in, runs with a bar, ends with a report; what was not taken can be taken along."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.audience import selectors, services
from mandata.audience.selectors import overview
from mandata.audience.services.showing import rejections_downloaded
from mandata.audience.words import CODES, remedy
from mandata.audience.words import words as said
from mandata.console import requests
from mandata.console.audience import words
from mandata.console.templatetags.ui import number
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import current_controller, scope

_NEW: Final = "new"
_WRITES: Final = ("upload", "mapping", "rejected", "import_empty")


class UploadForm(forms.Form):
    """A file and the list that it goes to."""

    list = forms.ChoiceField(label=gettext_lazy("List"))
    name = forms.CharField(
        label=gettext_lazy("Name of the new list"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Only where the file goes to a new list. Left empty, the list is named after the file."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV, as your shop or mailing tool exports it; up to 2 GB. Encoding and columns are told."
        ),
        error_messages={"required": gettext_lazy("Choose a file."), "empty": gettext_lazy("The file is empty.")},
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )

    def __init__(self, *args: Any, lists: Sequence[selectors.ListRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(str(one.id), one.name) for one in lists]
        self.fields["list"].choices = [*offered, (_NEW, _("A new list"))]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A new list needs a name; the file's will do, so that nobody must choose the file again for want of one."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("list") == _NEW and given.get("file") and not given.get("name", "").strip():
            given["name"] = PurePath(given["file"].name).stem[:120] or _("New list")
        return given


def imports(request: HttpRequest) -> HttpResponse:
    """Show the newest imports."""
    rows = rows_of(selectors.imports(limit=50))
    may = {"upload": request.may("audience:upload")}  # type: ignore[attr-defined]
    return render(request, "console/audience/imports.html", {"rows": rows, "may": may})


def rows_of(found: list[selectors.ImportRow]) -> list[dict[str, Any]]:
    """Return imports as tables show them."""
    lists = {one.id: one.name for one in selectors.lists()} if found else {}
    return [
        {
            "one": one,
            "list": lists.get(one.list_id, ""),
            "state": words.import_state(one.state),
            "taken": sum(one.counts.get(name, 0) for name in ("accepted", "updated", "unchanged")),
        }
        for one in found
    ]


def upload(request: HttpRequest) -> HttpResponse:
    """Take a file in, as a stream; a file that cannot be read is refused with what would mend it."""
    lists = selectors.lists()
    chosen = request.GET.get("list", "") or (str(lists[0].id) if lists else _NEW)
    form = UploadForm(request.POST or None, request.FILES or None, lists=lists, initial={"list": chosen})
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = _take(request, form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            return _on(request, reverse("audience:mapping", args=[made]))
    context = {"form": form, "refusal": refusal, "steps": steps("upload", None)}
    return render(request, "console/audience/upload.html", context, status=422 if request.method == "POST" else 200)


def _take(request: HttpRequest, given: dict[str, Any]) -> UUID:
    actor, at = requests.actor(request), now()
    if given["list"] == _NEW:
        list_id = services.create_list(name=given["name"], actor=actor, at=at)
    else:
        list_id = UUID(given["list"])
    file = given["file"]
    return services.upload(list_id=list_id, file_name=file.name, chunks=file.chunks(), actor=actor, at=at)


def _on(request: HttpRequest, address: str) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def steps(current: str, one: selectors.ImportRow | None) -> list[dict[str, Any]]:
    """Return the steps of an import; a step that is done or can be gone to has its address."""
    names = {"upload": _("File"), "map": _("Columns"), "run": _("Run"), "report": _("Report")}
    order = list(names)
    at = order.index(current)
    here = reverse("audience:import", args=[one.id]) if one else ""
    can_map = one is not None and one.state in ("uploaded", "mapped")
    urls = {"map": reverse("audience:mapping", args=[one.id]) if one and can_map else "", "report": ""}
    return [
        {
            "label": label,
            "current": name == current,
            "tone": "good" if order.index(name) < at else "",
            "url": here if name == current else urls.get(name, ""),
        }
        for name, label in names.items()
    ]


def one_import(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show where an import stands: its bar while it runs, its report after that; before, the way to its columns."""
    one = selectors.find_import(import_id)
    may = {name: request.may(f"audience:{name}") for name in _WRITES}  # type: ignore[attr-defined]
    waits = one.state in ("uploaded", "mapped") and not one.rows
    if waits and may["mapping"]:
        return redirect("audience:mapping", import_id)
    context = {"row": rows_of([one])[0], "may": may, **_live(request, one)}
    if one.state == "running":
        return render(request, "console/audience/running.html", {**context, "steps": steps("run", one)})
    return render(request, "console/audience/report.html", {**context, **_report(one), "steps": steps("report", one)})


def start(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Let a mapped import run, dry or for real."""
    dry = request.POST.get("act") == "dry"
    services.start_import(import_id=import_id, dry_run=dry, actor=requests.actor(request), at=now())
    return redirect("audience:import", import_id)


def progress(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Give the bar anew; when the import has ended, the whole page is asked for."""
    one = selectors.find_import(import_id)
    if one.state != "running":
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    context = {**_live(request, one), "id": "import-work", "cancel_act": _("Stop")}
    return render(request, "components/work.html", context)


def _live(request: HttpRequest, one: selectors.ImportRow) -> dict[str, Any]:
    rate, mark = _rate(request, one.rows)
    total = round(one.rows / one.share) if one.share else 0
    left = (total - one.rows) / rate if rate and total else None
    return {
        "one": one,
        "work": {
            "title": _("Dry run: nothing is written") if one.dry_run else _("Bringing people in"),
            "done": one.rows,
            "total": total,
            "rate": rate,
            "left": left,
            "unit": _("rows"),
            "note": _("The total is told by the size of the file.") if total else "",
            "running": one.state == "running",
        },
        "poll": f"{reverse('audience:import_progress', args=[one.id])}?{urlencode(mark)}",
        "cancel": reverse("audience:import_cancel", args=[one.id]),
    }


def _rate(request: HttpRequest, done: int) -> tuple[float | None, dict[str, str]]:
    """Rows a second since the page was opened; the mark that the page carries along."""
    at = now().timestamp()
    try:
        then, before = float(request.GET["then"]), int(request.GET["before"])
    except (KeyError, ValueError):
        return None, {"then": f"{at:.2f}", "before": str(done)}
    rate = (done - before) / (at - then) if at - then > 0.5 and done > before else None
    return rate, {"then": f"{then:.2f}", "before": str(before)}


def _report(one: selectors.ImportRow) -> dict[str, Any]:
    found = selectors.report(one.id)
    taken = {code: count for code, _words, count in found["taken"]}
    duplicates = one.counts.get("rejected.duplicate", 0)
    figures = [
        (_("Rows read"), one.rows, "", ""),
        (_("New people"), taken.get("accepted", 0), "good", _("would be taken") if one.dry_run else ""),
        (_("Updated"), taken.get("updated", 0), "", ""),
        (_("Here already, unchanged"), taken.get("unchanged", 0), "", ""),
        (_("Unsubscribed by the file"), taken.get("left", 0), "", ""),
        (_("Duplicates in the file"), duplicates, "", ""),
        (_("Not taken for other reasons"), one.rejected - duplicates, "bad" if one.rejected > duplicates else "", ""),
    ]
    return {
        "figures": [
            {"label": label, "value": number(value), "tone": tone, "note": note}
            for label, value, tone, note in figures
            if value or label in (_("Rows read"), _("New people"))
        ],
        "reasons": [{"label": text, "value": count} for _code, text, count in found["rejected"]],
        "remarks": [{"label": text, "value": count} for _code, text, count in found["remarks"]],
        "columns": [_("Reason"), _("Rows")],
        "holds": overview.holds_rejections(one.id),
        "error": _error(one),
        "took": _took(one.started_at, one.finished_at),
    }


def _error(one: selectors.ImportRow) -> Refused | None:
    if not one.error:
        return None
    if one.error not in CODES:
        return Refused(_("The import stopped at a fault of ours; what was taken is kept."), code=one.error)
    message = said(one.error)
    if one.error_line:
        message = _("Line %(line)s: %(message)s") % {"line": one.error_line, "message": message}
    return Refused(message, code=one.error, remedy=remedy(one.error))


def _took(start: datetime | None, end: datetime | None) -> float | None:
    return max((end - start).total_seconds(), 1) if start and end else None


def cancel(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Stop an import at its next batch."""
    selectors.find_import(import_id)
    services.cancel_import(import_id=import_id, actor=requests.actor(request), at=now())
    messages.info(request, _("Stopped. What was taken stays; the import can go on from there."))
    return redirect("audience:import", import_id)


def resume(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Let an import go on behind its last batch."""
    services.resume_import(import_id=import_id, actor=requests.actor(request), at=now())
    messages.success(request, _("It goes on where it stopped."))
    return redirect("audience:import", import_id)


def rejected(request: HttpRequest, import_id: UUID) -> StreamingHttpResponse:
    """Stream the rows that were not taken, each with its reason: a deliberate act, entered in the record."""
    one = selectors.find_import(import_id)
    if not overview.holds_rejections(import_id):  # told now: once the file has begun, nothing can be told any more
        raise Refused(
            _("This import holds no rows any more."), code="audience.no_rejections", remedy=_("Its figures stay.")
        )
    rejections_downloaded(import_id=import_id, rows=one.rejected, actor=requests.actor(request), at=now())
    requests.counted(request, one.rejected)
    answer = StreamingHttpResponse(_rejected(current_controller(), import_id), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{one.number}-not-taken.csv"'
    return answer


def _rejected(controller_id: UUID, import_id: UUID) -> Iterator[bytes]:
    with scope(controller_id):
        for line in selectors.rejected_lines(import_id):
            yield line.encode()


def empty(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Destroy what an import still holds of people."""
    selectors.find_import(import_id)
    services.drop_rejections(import_id=import_id, actor=requests.actor(request), at=now())
    messages.success(request, _("The rows and their key are destroyed; the figures stay."))
    return redirect("audience:import", import_id)
