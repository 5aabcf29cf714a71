"""What a file's columns mean and on what ground its people come in, with a live preview of the outcome."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time
from itertools import zip_longest
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.audience import selectors, services
from mandata.audience.errors import WrongState
from mandata.audience.rules import columns
from mandata.audience.rules.bases import Basis
from mandata.audience.rules.columns import EMAIL, EVIDENCE, FIELD, IGNORE
from mandata.audience.rules.csvfile import DELIMITERS, ENCODINGS, FileProblem, Shape
from mandata.audience.rules.options import Options, Update
from mandata.audience.services.uploads import refused
from mandata.audience.words import words as said
from mandata.console import requests
from mandata.console.accounts.choices import COUNTRIES
from mandata.console.accounts.forms import zones
from mandata.console.audience import words
from mandata.console.audience.forms import BASIS_HINTS, Hinted, bases
from mandata.console.audience.imports import rows_of, steps
from mandata.foundation.errors import Refused
from mandata.infra.clock import now

_MOST_COLUMNS: Final = 500
_DELIMITERS: Final = (
    (";", gettext_lazy("semicolon ;")),
    (",", gettext_lazy("comma ,")),
    ("\t", gettext_lazy("tabulator")),
    ("|", gettext_lazy("bar |")),
)


def _bases() -> list[tuple[str, str]]:
    return [("none", _("None: only rows whose own columns say it")), *bases()]


def _updates() -> list[tuple[str, str]]:
    return [(one.value, said(f"update.{one.value}")) for one in Update]


class MappingForm(forms.Form):
    """How a file is read, and on what ground its people come in."""

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=[(name, name) for name in ENCODINGS])
    delimiter = forms.ChoiceField(label=gettext_lazy("Cells are parted by"), choices=_DELIMITERS)
    header = forms.BooleanField(label=gettext_lazy("The first row names the columns"), required=False)
    month_first = forms.BooleanField(label=gettext_lazy("Dates like 3/4/2025 begin with the month"), required=False)
    zone = forms.ChoiceField(label=gettext_lazy("Time zone of the file’s times"), choices=zones)
    country = forms.ChoiceField(label=gettext_lazy("Country of telephone numbers without a prefix"), choices=COUNTRIES)
    source = forms.CharField(
        label=gettext_lazy("Where these people come from"),
        max_length=200,
        help_text=gettext_lazy("Kept as evidence with each of them, for example: orders of the e-shop 2019 to 2025."),
    )
    basis = forms.ChoiceField(
        label=gettext_lazy("Lawful basis where a row does not say it"), choices=_bases, widget=Hinted(BASIS_HINTS)
    )
    consent_at = forms.DateField(
        label=gettext_lazy("When the consent was given"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("For the basis “Consent”, where no column holds the date."),
    )
    keep_without_basis = forms.BooleanField(
        label=gettext_lazy("Keep people without a basis, too: they are never written to"), required=False
    )
    update = forms.ChoiceField(label=gettext_lazy("People who are here already"), choices=_updates)
    warranted = forms.BooleanField(
        label=gettext_lazy("We may process the data of these people, and can show it to an authority."),
        error_messages={"required": gettext_lazy("The agreement wants your word for it.")},
    )


def mapping(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show the columns as guessed or chosen; a POST keeps the choice and starts, dry or for real."""
    one = selectors.find_import(import_id)
    if one.state not in ("uploaded", "mapped") or one.options is None:
        if request.method == "POST":
            raise WrongState(_("This import is past its columns."), remedy=_("Look at its report."))
        return redirect("audience:import", import_id)
    if request.method != "POST":
        form = MappingForm(initial=_initial(one.options))
        return _page(request, one, form, one.options)
    form = MappingForm(request.POST)
    options = _options(request.POST, form, one.options)
    if not form.is_valid():
        return _page(request, one, form, options, status=422)
    try:
        with transaction.atomic():
            services.choose(import_id=import_id, options=options, actor=requests.actor(request), at=now())
            dry = request.POST.get("act") == "dry"
            services.start_import(import_id=import_id, dry_run=dry, actor=requests.actor(request), at=now())
    except Refused as refusal:
        return _page(request, one, form, options, status=refusal.status, refusal=refusal)
    return redirect("audience:import", import_id)


def preview(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Give the columns and the first rows anew, as the form stands now."""
    one = selectors.find_import(import_id)
    if one.options is None:
        raise WrongState(_("This import has no file any more."), remedy=_("Upload it again."))
    options = _options(request.POST, MappingForm(request.POST), one.options)
    return render(request, "console/audience/mapped_part.html", {"one": one, **_shown(import_id, options)})


def _page(
    request: HttpRequest,
    one: selectors.ImportRow,
    form: MappingForm,
    options: Options,
    *,
    status: int = 200,
    refusal: Refused | None = None,
) -> HttpResponse:
    context = {
        "one": one,
        "row": rows_of([one])[0],
        "form": form,
        "refusal": refusal,
        "steps": steps("map", one),
        **_shown(one.id, options),
    }
    return render(request, "console/audience/mapping.html", context, status=status)


def _initial(options: Options) -> dict[str, Any]:
    return {
        "encoding": options.shape.encoding,
        "delimiter": options.shape.delimiter,
        "header": options.shape.header,
        "month_first": options.month_first,
        "zone": options.zone,
        "country": options.country,
        "source": options.source,
        "basis": options.basis.value,
        "consent_at": options.consent_at.astimezone(ZoneInfo(options.zone)).date() if options.consent_at else None,
        "keep_without_basis": options.keep_without_basis,
        "update": options.update.value,
        "warranted": options.warranted,
    }


def _options(data: QueryDict, form: MappingForm, stored: Options) -> Options:
    """Read the form as it stands: what does not fit yet stays as it was stored, so that the preview can go on."""
    form.is_valid()
    given: Mapping[str, Any] = {**_initial(stored), **getattr(form, "cleaned_data", {})}
    shape = Shape(given["encoding"], given["delimiter"], given["header"], stored.shape.preamble)
    day = given["consent_at"]
    zone = ZoneInfo(given["zone"])
    return Options(
        shape=shape,
        targets=_targets(data) if data.get("read_as", _read_as(shape)) == _read_as(shape) else (),
        zone=given["zone"],
        country=given["country"],
        month_first=given["month_first"],
        basis=Basis(given["basis"]),
        source=given["source"],
        consent_at=datetime.combine(day, time(), tzinfo=zone) if day else None,
        keep_without_basis=given["keep_without_basis"],
        update=Update(given["update"]),
        warranted=given["warranted"],
    )


def _read_as(shape: Shape) -> str:
    return f"{shape.encoding} {DELIMITERS.index(shape.delimiter)} {'header' if shape.header else 'rows'}"


def _targets(data: QueryDict) -> tuple[str, ...]:
    found = []
    for number in range(_MOST_COLUMNS):
        target = data.get(f"target_{number}")
        if target is None:
            break
        found.append(target[:80])
    return tuple(found)


def _shown(import_id: UUID, options: Options) -> dict[str, Any]:
    """The columns and the preview; columns that were read anew are guessed anew."""
    try:
        found = selectors.preview(import_id, options=options, at=now())
        if not options.targets:
            options = replace(options, targets=_guessed(found))
            found = selectors.preview(import_id, options=options, at=now())
    except FileProblem as problem:
        return {"unreadable": refused(problem), "read_as": _read_as(options.shape)}
    targets = _choices()
    return {
        "read_as": _read_as(options.shape),
        "columns": [
            {
                "column": column,
                "name": column.header or _("Column %(number)d") % {"number": column.number + 1},
                "used": column.target != IGNORE,
            }
            for column in found.columns
        ],
        "groups": targets,
        "left_out": sum(column.target == IGNORE for column in found.columns),
        "problem": refused(FileProblem(found.problem)) if found.problem else None,
        **_rows(found),
    }


def _guessed(found: selectors.Preview) -> tuple[str, ...]:
    headers = [column.header for column in found.columns]
    sample = list(zip_longest(*(column.samples for column in found.columns), fillvalue=""))
    own = [row.spec for row in selectors.fields()]
    return tuple(column.target for column in columns.guess(headers, sample, own))


def _choices() -> list[tuple[str, list[tuple[str, str]]]]:
    specs = selectors.field_specs()
    return [
        ("", [(IGNORE, said("target.ignore")), (EMAIL, said("target.email"))]),
        (_("Evidence"), [(target, said(f"target.{target}")) for target in EVIDENCE]),
        (_("Fields"), [(FIELD + key, words.field(spec)) for key, spec in specs.items()]),
    ]


def _rows(found: selectors.Preview) -> dict[str, Any]:
    """The first rows as they would be taken: a column for each field, the outcome first."""
    specs = selectors.field_specs()
    keys = [key for key in specs if any(key in row.values for row in found.rows)]
    rows = [
        {
            "line": row.line,
            "email": row.values.get("email", ""),
            "basis": words.basis(row.values.get("basis", "")),
            "values": [row.values.get(key, "") for key in keys],
            "reason": said(row.reason) if row.reason else "",
            "remarks": [said(code) for code in row.remarks],
        }
        for row in found.rows
    ]
    return {
        "heads": [words.field(specs[key]) for key in keys],
        "rows": rows,
        "taken": sum(not row["reason"] for row in rows),
    }
