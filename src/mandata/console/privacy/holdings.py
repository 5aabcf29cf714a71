"""The data map, the record of processing made of it, manual holdings and what is to be done in them."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.console.requests import actor
from mandata.console.templatetags.ui import number
from mandata.foundation.errors import Refused
from mandata.holdings import acts, datamap, manual, processing, selectors, shelves, wording
from mandata.infra.clock import now
from mandata.rights import services as rights

GROUPS = {
    "people": (gettext_lazy("People and lists"), ("audience",)),
    "sending": (gettext_lazy("Sending and reading"), ("campaigns", "delivery", "tracking")),
    "requests": (gettext_lazy("Requests and erasures"), ("rights", "holdings", "incidents", "assistance", "audits")),
    "proof": (
        gettext_lazy("Record, keys and backups"),
        ("record", "vault", "backups", "infra", "retention"),
    ),
    "accounts": (gettext_lazy("Members and contacts"), ("accounts", "agreements", "subprocessors")),
}
VERBS = {
    "find": gettext_lazy("find"),
    "export": gettext_lazy("export"),
    "rectify": gettext_lazy("rectify"),
    "restrict": gettext_lazy("restrict"),
    "erase": gettext_lazy("erase"),
}


class ManualForm(forms.Form):
    """What the record of processing says of a holding that no program reaches."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=acts.LIMITS["name"])
    kind = forms.ChoiceField(label=gettext_lazy("What it is"), choices=list(wording.KINDS.items()))
    keeper = forms.ChoiceField(label=gettext_lazy("Who keeps it"), choices=list(wording.KEEPERS.items()))
    place = forms.CharField(label=gettext_lazy("Where it is"), max_length=acts.LIMITS["place"])
    category = forms.CharField(label=gettext_lazy("Which data lies there"), max_length=acts.LIMITS["category"])
    subjects = forms.CharField(label=gettext_lazy("Of whom"), max_length=acts.LIMITS["subjects"])
    purpose = forms.CharField(label=gettext_lazy("What for"), max_length=acts.LIMITS["purpose"])
    retention = forms.CharField(label=gettext_lazy("How long"), max_length=acts.LIMITS["retention"])
    post = forms.CharField(
        label=gettext_lazy("Which post answers for it"),
        max_length=acts.LIMITS["post"],
        help_text=gettext_lazy("A post, such as head of the shop. Nobody is named here."),
    )


class DoneForm(forms.Form):
    """How a task ended."""

    found = forms.IntegerField(
        label=gettext_lazy("How many things were found and dealt with"), min_value=0, max_value=1_000_000
    )
    evidence = forms.CharField(
        label=gettext_lazy("Where the proof lies"),
        max_length=acts.MAX_EVIDENCE,
        required=False,
        help_text=gettext_lazy("Such as the number of a protocol. Needed where something was found."),
    )
    remark = forms.CharField(
        label=gettext_lazy("Remark"),
        max_length=acts.MAX_REMARK,
        required=False,
        help_text=gettext_lazy("Without names; addresses are cut."),
    )


def data_map(request: HttpRequest) -> HttpResponse:
    """Show every place that holds personal data for this controller: what, why, how long, how much."""
    page = datamap.page()
    group = request.GET.get("group", "")
    areas = GROUPS[group][1] if group in GROUPS else ()
    shown = [row for row in page.rows if not areas or row.area in areas]
    context = {
        "rows": [_row(row, page.amounts.get(row.key)) for row in shown],
        "group": group if group in GROUPS else "",
        "groups": [(code, label) for code, (label, _areas) in GROUPS.items()],
        "figures": _figures(page),
        "bars": _bars(page),
        "bar_columns": (_("Place"), _("Rows"), _("More than that"), _("Protection")),
        "manual": page.manual if not areas else (),
        "kinds": wording.KINDS,
        "without": _without(),
        "erasures": selectors.erasures(limit=20),
    }
    return render(request, "console/privacy/data_map.html", context)


def _without() -> list[tuple[str, list[str]]]:
    """What is kept without being personal, in words, by the parts of the service that keep it."""
    by_group: dict[str, dict[str, None]] = {}
    for name, words in selectors.without_personal_data().items():
        area = name.partition(".")[0].partition("_")[0]
        group = next((label for label, areas in GROUPS.values() if area in areas), _("The installation itself"))
        by_group.setdefault(str(group), {})[str(words)] = None
    return [(group, list(found)) for group, found in by_group.items()]


def _row(row: selectors.MapRow, amount: datamap.Amount | None) -> dict[str, Any]:
    cannot = [(VERBS[verb], why) for verb, why in row.cannot.items()]
    can = [label for verb, label in VERBS.items() if verb not in row.cannot]
    return {"held": row, "amount": amount, "cannot": cannot, "can": can, "clear": row.key in datamap.CLEAR}


def _figures(page: datamap.MapPage) -> list[dict[str, Any]]:
    sealed = sum(row.sealed for row in page.rows)
    people = page.amounts.get("subscribers", datamap.Amount(0))
    return [
        {"label": _("Places"), "value": str(len(page.rows) + len(page.manual))},
        {"label": _("Sealed under keys of people"), "value": str(sealed)},
        {"label": _("Subscribers"), "value": number(people.rows) + ("+" if people.more else "")},
        {"label": _("Manual holdings"), "value": str(len(page.manual))},
        {"label": _("Tasks to be done by hand"), "value": str(page.waiting), "tone": "warn" if page.waiting else ""},
    ]


def _bars(page: datamap.MapPage) -> list[dict[str, Any]]:
    """How many rows lie where, the fullest first."""
    full = [(row, page.amounts[row.key]) for row in page.rows if page.amounts.get(row.key, datamap.Amount(0)).rows]
    full.sort(key=lambda one: (-one[1].rows, one[0].key))
    return [
        {
            "label": row.name,
            "value": amount.rows,
            "url": f"#holding-{row.key}",
            "cells": [_("or more") if amount.more else "", _("sealed") if row.sealed else ""],
        }
        for row, amount in full
    ]


def record_pdf(_request: HttpRequest) -> HttpResponse:
    """Give the record of processing (Art. 30(2) GDPR) as PDF, in the reader's language."""
    return _file(processing.as_pdf(language=_language(), at=now()), "application/pdf", "pdf")


def record_csv(_request: HttpRequest) -> HttpResponse:
    """Give the record of processing as CSV, in the reader's language."""
    return _file(processing.as_csv(language=_language(), at=now()), "text/csv; charset=utf-8", "csv")


def _language() -> str:
    return (get_language() or "en").partition("-")[0]


def _file(content: bytes, kind: str, ending: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    name = f"record-of-processing-{now():%Y-%m-%d}.{ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def listed(request: HttpRequest) -> HttpResponse:
    """Show what is to be done by hand, and the manual holdings; register one by POST."""
    form = ManualForm(request.POST or None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            manual.register(**_given(form), actor=actor(request), at=now())
        except Refused as refused:
            refusal = refused
        else:
            rights.reach_manual(at=now())
            messages.success(request, _("Registered. Open requests have been given a task here."))
            return redirect("privacy:manual")
    people = _people()
    context = {
        "tasks": [_task(one, people) for one in shelves.tasks(at=now())],
        "done": [_task(one, people) for one in shelves.tasks(state="done", at=now(), limit=20)],
        "manuals": [_manual(one) for one in shelves.manuals()],
        "retired": [_manual(one) for one in shelves.manuals(retired=True)],
        "form": form,
        "writing": request.method == "POST",
        "refusal": refusal,
    }
    return render(request, "console/privacy/manual.html", context, status=422 if request.method == "POST" else 200)


def _given(form: ManualForm) -> dict[str, Any]:
    data = dict(form.cleaned_data)
    return {"kind": data.pop("kind"), "keeper": data.pop("keeper"), "said": data}


def _manual(one: shelves.ManualView) -> dict[str, Any]:
    return {"held": one, "kind": wording.KINDS[one.kind], "keeper": wording.KEEPERS[one.keeper]}


def _task(one: shelves.TaskView, people: dict[UUID, str]) -> dict[str, Any]:
    label, tone = wording.STATES[one.state]
    return {
        "task": one,
        "act": wording.ACTS[one.act],
        "state": label,
        "tone": tone,
        "about": wording.ABOUT[one.about_kind],
        "clause": acts.CLAUSES[one.act],
        "url": reverse("privacy:case", args=[one.about]) if one.about_kind == "case" else "",
        "by": people.get(one.done_by, _("a former member")) if one.done_by else "",
    }


def _people() -> dict[UUID, str]:
    return {member.id: member.name for member in accounts.members()}


def tasks_of(about: UUID) -> list[dict[str, Any]]:
    """The tasks of a case, an erasure or a batch, as pages show them."""
    people = _people()
    return [_task(one, people) for one in shelves.tasks_about(about, at=now())]


def single(request: HttpRequest, manual_id: UUID) -> HttpResponse:
    """Show one manual holding with what was done there; correct it by POST."""
    found = shelves.manual(manual_id)
    form = ManualForm(request.POST or None, initial={name: getattr(found, name) for name in ManualForm.base_fields})
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            manual.change(manual_id=manual_id, **_given(form), actor=actor(request), at=now())
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Kept."))
            return redirect("privacy:manual_one", manual_id=manual_id)
    people = _people()
    context = {
        **_manual(found),
        "form": form,
        "writing": request.method == "POST",
        "refusal": refusal,
        "tasks": [
            _task(one, people)
            for state in ("open", "done")
            for one in shelves.tasks(state=state, manual_id=manual_id, at=now())
        ],
    }
    return render(request, "console/privacy/manual_one.html", context, status=422 if request.method == "POST" else 200)


def retire(request: HttpRequest, manual_id: UUID) -> HttpResponse:
    """Take a manual holding out of use."""
    manual.retire(manual_id=manual_id, actor=actor(request), at=now())
    messages.success(request, _("Out of use. It stays in the register as history."))
    return redirect("privacy:manual")


def task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Show one task; say by POST how it ended."""
    found = shelves.task(task_id, at=now())
    form = DoneForm(request.POST or None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            manual.complete(task_id=task_id, **form.cleaned_data, actor=actor(request), at=now())
        except Refused as refused:
            refusal = refused
        else:
            left = shelves.open_about(found.about)
            told = ngettext("Done. %(left)s task is left.", "Done. %(left)s tasks are left.", left) % {"left": left}
            messages.success(request, told if left else _("Done. Nothing is left to be done by hand here."))
            return redirect("privacy:manual")
    context = {
        **_task(found, _people()),
        "held": found.manual,
        "sought": shelves.sought_by(found.about),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "console/privacy/task.html", context, status=422 if request.method == "POST" else 200)


def people(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Show for whom a task of an erasure searches: a deliberate act, entered in the record."""
    found = shelves.task(task_id, at=now())
    told = manual.look(about=found.about, after=_reference(request), actor=actor(request), at=now())
    more = told[-1].subject if len(told) == shelves.PEOPLE else None
    return render(request, "console/privacy/sought_part.html", {"people": told, "more": more, "task": found})


def _reference(request: HttpRequest) -> UUID | None:
    """After whom the list goes on; from its beginning where that is no reference."""
    try:
        return UUID(request.POST.get("after", ""))
    except ValueError:
        return None
