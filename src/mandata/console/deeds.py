"""What a page offers to do with one thing: deeds by name, each with its form; a fault keeps what was typed.

A deed takes the request, the thing's id and what the form gave. Files come as (name, media type, content).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest
from django.utils.functional import Promise

from mandata.foundation.errors import Refused
from mandata.infra.tenancy import scope

MOST: Final = 20 * 2**20
"""Bytes of a file that anything here takes."""
Act = Callable[[HttpRequest, UUID, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Deed:
    """One deed: its words, what is said when it is done, its form (None for a button alone), and the act."""

    label: Promise | str
    said: Promise | str
    form: type[forms.Form] | None
    act: Act
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """How a deed ended: what to say, or the form with its faults, or the refusal."""

    verb: str = ""
    said: str = ""
    form: forms.Form | None = None
    refusal: Refused | None = None


def carry_out(request: HttpRequest, deeds: Mapping[str, Deed], verb: str, *, controller_id: UUID, thing: UUID) -> Tried:
    """Carry a deed out in the controller's scope. Http404 for one that this page does not have."""
    if verb not in deeds:
        raise Http404
    deed = deeds[verb]
    form = deed.form(request.POST, request.FILES, auto_id=f"{verb}_%s") if deed.form else None
    if form is not None and not form.is_valid():
        return Tried(verb, form=form)
    try:
        with scope(controller_id):
            deed.act(request, thing, form.cleaned_data if form else {})
    except Refused as refused:
        return Tried(verb, form=form, refusal=refused)
    return Tried(verb, said=str(deed.said))


def shown(
    deeds: Mapping[str, Deed], verbs: Iterable[str], address: Callable[[str], str], tried: Tried | None = None
) -> list[dict[str, Any]]:
    """The deeds that are possible now, for `console/deeds_part.html`; the one that was tried open, with its faults."""
    found = []
    for verb in verbs:
        deed = deeds[verb]
        mine = tried is not None and tried.verb == verb
        form = tried.form if tried is not None and mine and tried.form else None
        if form is None and deed.form is not None:
            form = deed.form(auto_id=f"{verb}_%s")
        found.append(
            {
                "verb": verb, "label": deed.label, "form": form, "url": address(verb), "primary": deed.primary,
                "open": mine, "refusal": tried.refusal if tried is not None and mine else None,
            }
        )  # fmt: skip
    return found


def uploaded(given: Any) -> tuple[str, str, bytes]:
    """A file that came with a form: name, media type, content; of one that is too large only so much that whoever
    takes files sees it."""
    return str(given.name), str(given.content_type or ""), given.read(MOST + 1)


def day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    """A field for a date."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, required=required, help_text=help_text)


def words(label: Any, *, required: bool = True, rows: int = 3, help_text: Any = "") -> forms.CharField:
    """A field for some sentences."""
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, widget=widget, required=required, help_text=help_text, max_length=10_000)
