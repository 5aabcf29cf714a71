"""Breaches as both consoles show them: words, rows of holdings, a timeline."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mandata.foundation.errors import Refused
from mandata.incidents.selectors.desk import Taken

STATES = {
    "open": (gettext_lazy("open"), "bad"),
    "contained": (gettext_lazy("contained"), "warn"),
    "closed": (gettext_lazy("closed"), "calm"),
}
ORIGINS = {
    "own": gettext_lazy("found by us"),
    "subprocessor": gettext_lazy("told by a sub-processor"),
    "controller": gettext_lazy("reported by a controller"),
    "other": gettext_lazy("told by somebody else"),
}
KINDS = {
    "confidentiality": gettext_lazy("Confidentiality: disclosed or accessed"),
    "integrity": gettext_lazy("Integrity: altered"),
    "availability": gettext_lazy("Availability: lost or destroyed"),
}
AUTHORITY = {
    "": (gettext_lazy("to be decided"), "warn"),
    "sent": (gettext_lazy("the authority is notified"), "good"),
    "not_needed": (gettext_lazy("not needed, with the reason"), "calm"),
}
UNREACHED = {
    "no_address": gettext_lazy("There is no address to which this controller’s notices could go."),
    "returned": gettext_lazy("What we sent came back from every address that this controller has."),
}
NOTICES = {
    "first": gettext_lazy("First notice"),
    "update": gettext_lazy("What is known now"),
    "spared": gettext_lazy("Not affected after all"),
    "again": gettext_lazy("Affected after all"),
}
MESSAGES = {
    "choosing": (gettext_lazy("being chosen"), "info"),
    "ready": (gettext_lazy("waits for your word"), "warn"),
    "running": (gettext_lazy("being sent"), "info"),
    "done": (gettext_lazy("sent"), "good"),
    "cancelled": (gettext_lazy("stopped"), "calm"),
}
STEPS = {
    "opened": (gettext_lazy("Opened"), "flag", "bad"),
    "amended": (gettext_lazy("More is known"), "pencil", "info"),
    "contained": (gettext_lazy("Contained"), "shield", "good"),
    "closed": (gettext_lazy("Closed"), "check", "good"),
    "reopened": (gettext_lazy("Opened again"), "flag", "warn"),
    "filter_added": (gettext_lazy("Filter added"), "filter", "calm"),
    "filter_dropped": (gettext_lazy("Filter taken away"), "filter", "calm"),
    "counted": (gettext_lazy("Counted"), "users", "info"),
    "telling": (gettext_lazy("Controllers are being told"), "send", "info"),
    "correction_entered": (gettext_lazy("Corrective measure entered"), "flag", "calm"),
    "correction_done": (gettext_lazy("Corrective measure carried out"), "check", "good"),
    "measured": (gettext_lazy("Drill measured"), "chart", "info"),
    "told_first": (gettext_lazy("You were told"), "mail", "bad"),
    "told_update": (gettext_lazy("You were told what is known now"), "mail", "info"),
    "told_spared": (gettext_lazy("You are not affected after all"), "mail", "good"),
    "told_again": (gettext_lazy("You are affected after all"), "mail", "bad"),
    "told_otherwise": (gettext_lazy("A controller was told by another way"), "mail", "good"),
    "arrived": (gettext_lazy("The notice arrived; your time began"), "clock", "info"),
    "reported": (gettext_lazy("Reported to us"), "flag", "bad"),
    "form_filled": (gettext_lazy("Form filled in"), "form", "calm"),
    "authority_told": (gettext_lazy("The authority was notified"), "check", "good"),
    "authority_not_needed": (gettext_lazy("Notification found not to be needed"), "check", "calm"),
    "documented": (gettext_lazy("Effects and remedies documented"), "file", "calm"),
    "people_chosen": (gettext_lazy("Recipients chosen"), "users", "calm"),
    "people_instructed": (gettext_lazy("Sending to people instructed"), "send", "info"),
    "people_cancelled": (gettext_lazy("Message to people stopped"), "stop", "warn"),
    "people_told": (gettext_lazy("People were told"), "check", "good"),
}
_ACTORS = {
    "operator": gettext_lazy("the operator"),
    "member": gettext_lazy("a member"),
    "system": gettext_lazy("the system"),
}
DATETIME = "%Y-%m-%dT%H:%M"


def instant(**more: Any) -> forms.DateTimeField:
    """A field for a day and a minute."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=DATETIME)
    return forms.DateTimeField(widget=widget, **more)


def text(rows: int = 3, **more: Any) -> forms.CharField:
    """A field for sentences."""
    return forms.CharField(widget=forms.Textarea(attrs={"rows": rows}), max_length=20_000, **more)


def given(form: forms.Form) -> dict[str, Any]:
    """What a form says. Raises Refused with what is wrong in it."""
    if not form.is_valid():
        said = {name: ", ".join(str(error) for error in errors) for name, errors in form.errors.items()}
        wrong = "; ".join(f"{form[name].label if name in form.fields else name}: {what}" for name, what in said.items())
        raise Refused(wrong, code="form", remedy=_("Correct it and try again; nothing has happened."), status=422)
    return dict(form.cleaned_data)


def timeline(steps: Iterable[Taken], people: Mapping[UUID, str], proofs: str = "") -> list[dict[str, Any]]:
    """Steps as entries of a timeline; `proofs` is the route of an entry of the record."""
    entries = []
    for step in steps:
        title, icon, tone = STEPS.get(step.kind, (step.kind, "dots", "calm"))
        entries.append(
            {
                "at": step.at,
                "title": title,
                "icon": icon,
                "tone": tone,
                "text": _counts(step.detail),
                "who": who(step.actor, people),
                "proof": _("in the record"),
                "proof_url": reverse(proofs, args=[step.entry]) if proofs else "",
            }
        )
    return entries


def _counts(detail: Mapping[str, Any]) -> str:
    told = []
    if isinstance(detail.get("controllers"), int):
        number = int(detail["controllers"])
        told.append(ngettext("%(number)s controller", "%(number)s controllers", number) % {"number": grouped(number)})
    for name in ("subjects", "people", "sent"):
        if isinstance(detail.get(name), int):
            number = int(detail[name])
            words = ngettext("%(number)s data subject", "%(number)s data subjects", number)
            told.append(words % {"number": grouped(number)})
            break
    return ", ".join(told)


def grouped(number: int) -> str:
    """A number by the viewer's locale, thousands grouped."""
    return str(number_format(number, force_grouping=True))


def who(actor: str, people: Mapping[UUID, str]) -> str:
    """Who acted, in words."""
    kind, _colon, reference = actor.partition(":")
    if reference:
        try:
            return people.get(UUID(reference), str(_ACTORS.get(kind, kind)))
        except ValueError:
            return kind
    return str(_ACTORS.get(kind, actor))


def plain(value: object) -> str:
    """An instant or a day as text."""
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def figures(*pairs: tuple[object, object], tones: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Labels with numbers, for the component of the same name."""
    padded = [*tones, *("" for _one in pairs)]
    return [{"label": label, "value": value, "tone": tone} for (label, value), tone in zip(pairs, padded, strict=False)]
