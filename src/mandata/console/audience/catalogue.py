"""Lists and fields: what there is, making, renaming, declaring, export."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.audience import selectors, services
from mandata.audience.words import words as said
from mandata.console import requests
from mandata.console.audience import words
from mandata.console.audience.forms import FieldForm, ListForm
from mandata.console.audience.imports import rows_of
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import current_controller


def lists(request: HttpRequest) -> HttpResponse:
    """Show the lists with how many people stand on each."""
    rows = selectors.lists()
    context = {
        "rows": rows,
        "total": sum(row.subscribed for row in rows),
        "form": ListForm(),
        "may": {"create": request.may("audience:list_new")},  # type: ignore[attr-defined]
    }
    return render(request, "console/audience/lists.html", context)


def list_new(request: HttpRequest) -> HttpResponse:
    """Make a list."""
    form = ListForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = services.create_list(**form.cleaned_data, actor=requests.actor(request), at=now())
        messages.success(request, _("The list is there. Now bring people in, with the ground on which you may."))
        return redirect("audience:list", made)
    return render(request, "console/audience/list_new.html", {"form": form}, status=422 if form.is_bound else 200)


def one_list(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Show one list; a POST renames it."""
    found = selectors.find_list(list_id)
    form = ListForm(request.POST or None, initial={"name": found.name, "description": found.description})
    if request.method == "POST" and form.is_valid():
        services.rename_list(list_id=list_id, **form.cleaned_data, actor=requests.actor(request), at=now())
        messages.success(request, _("Saved."))
        return redirect("audience:list", list_id)
    counts = [("subscribed", found.subscribed), ("pending", found.pending), ("unsubscribed", found.unsubscribed)]
    whole = sum(count for _code, count in counts)
    context = {
        "list": found,
        "form": form,
        "whole": whole,
        "states": [{"label": said(f"state.{code}"), "value": count, "whole": whole or 1} for code, count in counts],
        "columns": [_("State"), _("People")],
        "imports": rows_of(selectors.imports(list_id=list_id, limit=5)),
        "export_facts": [
            {"label": _("People"), "value": whole},
            {"label": _("Of them subscribed"), "value": found.subscribed},
            {"label": _("What each line holds"), "value": _("address, state, basis, evidence, and every field")},
        ],
        "export_title": _("Export “%(list)s”?") % {"list": found.name},
        "may": {
            "change": request.may("audience:list_new"),  # type: ignore[attr-defined]
            "export": request.may("audience:export"),  # type: ignore[attr-defined]
            "erase": request.may("audience:erase"),  # type: ignore[attr-defined]
        },
    }
    return render(request, "console/audience/list.html", context, status=422 if form.is_bound else 200)


def export(request: HttpRequest, list_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """Stream a list as CSV. The gate is asked and the record's entry made before the first line."""
    found = selectors.find_list(list_id)
    lines = services.export_lines(
        controller_id=current_controller(), list_id=list_id, actor=requests.actor(request), at=now()
    )
    requests.counted(request, found.subscribed + found.unsubscribed + found.pending)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = slugify(found.name) or "list"
    answer["Content-Disposition"] = f'attachment; filename="{name}-{found.number}.csv"'
    return answer


def fields(request: HttpRequest) -> HttpResponse:
    """Show the fields: the controller's own, and those that everybody has."""
    own = selectors.fields()
    keys = {row.spec.key for row in own}
    context = {
        "own": [_field(row.spec, row) for row in own],
        "standard": [_field(spec) for key, spec in selectors.field_specs().items() if key not in keys],
        "may": {"declare": request.may("audience:field_new")},  # type: ignore[attr-defined]
    }
    return render(request, "console/audience/fields.html", context)


def _field(spec: Any, row: selectors.FieldRow | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "spec": spec,
        "label": words.field(spec),
        "type": words.TYPES[spec.type.value],
        "category": said(f"category.{spec.category.value}"),
    }
    if row is not None:
        found |= {
            "id": row.id,
            "dialog": f"remove-{row.id}",
            "title": _("Withdraw “%(field)s”?") % {"field": spec.label},
        }
    return found


def field_new(request: HttpRequest) -> HttpResponse:
    """Declare a field; a refusal says which clause refuses, and keeps what was typed."""
    form = FieldForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with transaction.atomic():
                services.create_field(
                    key=given["key"],
                    label=given["label"],
                    kind=given["kind"],
                    category=given["category"],
                    sealed=given["keeping"] == "sealed",
                    choices=form.lines(),
                    lookup=given["lookup"],
                    actor=requests.actor(request),
                    at=now(),
                )
        except Refused as refused:
            refusal = _with_source(refused)
        else:
            messages.success(request, _("The field is declared. Imports can fill it from now on."))
            return redirect("audience:fields")
    context = {"form": form, "refusal": refusal}
    return render(request, "console/audience/field_new.html", context, status=422 if form.is_bound else 200)


def _with_source(refused: Refused) -> Refused:
    """Name the clause as people read it, with its place in the text of the agreement."""
    if refused.clause == "processing.special":
        current = agreements.in_force(now())
        source = current.terms.source(refused.clause) if current else ""
        named = _("Special categories and convictions (Art. 9 and 10 GDPR)")
        refused.clause = f"{named} · {source}" if source else named
    return refused


def field_remove(request: HttpRequest, field_id: UUID) -> HttpResponse:
    """Withdraw a field."""
    services.remove_field(field_id=field_id, actor=requests.actor(request), at=now())
    messages.success(request, _("The field is offered no more."))
    return redirect("audience:fields")
