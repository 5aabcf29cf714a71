"""The operator's register of sub-processors: entries, what transfers rest on, changes and who is told of them."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.console import processors, requests
from mandata.console.accounts.choices import COUNTRIES
from mandata.console.operator.access import accounted, seen
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.subprocessors import selectors
from mandata.subprocessors.services import changes, objections, register

PAGE = 50


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


class EntryForm(forms.Form):
    """What the register tells of a sub-processor."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    role = forms.CharField(label=gettext_lazy("What it does for you"), max_length=200)
    country = forms.ChoiceField(
        label=gettext_lazy("Country where data is processed"),
        choices=[one for one in COUNTRIES if one[0] != "ZZ"],
        initial="CZ",
    )
    purposes = forms.CharField(label=gettext_lazy("Purposes"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    address = forms.CharField(label=gettext_lazy("Address"), max_length=300, required=False)
    contact = forms.CharField(label=gettext_lazy("Contact"), max_length=254, required=False)
    privacy_url = forms.URLField(
        label=gettext_lazy("Privacy policy"), max_length=300, required=False, assume_scheme="https"
    )
    parent = forms.ChoiceField(label=gettext_lazy("Engaged by"), required=False)
    classes = forms.MultipleChoiceField(
        label=gettext_lazy("Belongs to a class that agreements authorise"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    contract_on = forms.DateField(
        label=gettext_lazy("Contract with the same duties, of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Without it no data goes there."),
    )
    contract_evidence = forms.CharField(label=gettext_lazy("Where the contract lies"), max_length=300, required=False)
    active = forms.BooleanField(
        label=gettext_lazy("It is at work already; agreements accepted from now on list it."), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = agreements.reader()
        known = CATALOGUE["subprocessor.classes"].vocabulary
        self.fields["classes"].choices = [(code, said.gettext(words)) for code, words in known.items()]  # type: ignore[attr-defined]
        names = [one.name for one in selectors.register()]
        self.fields["parent"].choices = [("", _("us")), *((name, name) for name in names)]  # type: ignore[attr-defined]


class CorrectForm(EntryForm):
    """What can be put right without a notice; another country or sub-processor is a change that is announced."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="correct_%s", **kwargs)
        for name in ("name", "country", "parent", "active"):
            del self.fields[name]


class MechanismForm(forms.Form):
    """On what transfers rest."""

    kind = forms.ChoiceField(label=gettext_lazy("Mechanism"), choices=list(processors.MECHANISMS.items()))
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=300, required=False)
    valid_from = forms.DateField(
        label=pgettext_lazy("period", "From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    valid_until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class LapseForm(forms.Form):
    """When a mechanism ends."""

    on = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    struck_down = forms.BooleanField(label=gettext_lazy("It was struck down on that day"), required=False)


class AnnounceForm(forms.Form):
    """A change to be told to every controller."""

    kind = forms.ChoiceField(label=gettext_lazy("What changes"), choices=list(processors.KINDS.items()))
    planned_for = forms.DateTimeField(
        label=gettext_lazy("Not before"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    replaces = forms.ChoiceField(label=gettext_lazy("In the place of"), required=False)
    country = forms.ChoiceField(
        label=gettext_lazy("New country"),
        required=False,
        choices=[("", "–"), *(one for one in COUNTRIES if one[0] != "ZZ")],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [one.name for one in selectors.register() if one.state == "active"]
        self.fields["replaces"].choices = [("", "–"), *((name, name) for name in names)]  # type: ignore[attr-defined]


def listed(request: HttpRequest) -> HttpResponse:
    """Show the register with what is planned, and the changes; take a new entry by POST."""
    form = EntryForm(request.POST if request.method == "POST" else None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        active = given.pop("active")
        details = register.Details(**{**given, "purposes": _lines(given["purposes"])})
        try:
            made = register.add(details, actor=requests.operator(request), at=now(), active=active)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Entered, and recorded."))
            return redirect("operator:subprocessor", subprocessor_id=made)
    context = {
        "rows": [processors.row(one) for one in [*selectors.register(ended=True), *selectors.planned()]],
        "changes": [
            {"one": one, "kind": processors.KINDS[one.kind], "state": processors.CHANGES[one.state]}
            for one in selectors.announced(limit=20)
        ],
        "form": form,
        "refusal": refusal,
        "writing": request.method == "POST",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/operator/subprocessors.html", context, status=status)


def subprocessor(request: HttpRequest, subprocessor_id: UUID) -> HttpResponse:
    """Show one entry with what can be done."""
    return _entry(request, subprocessor_id)


def _entry(
    request: HttpRequest, subprocessor_id: UUID, refusal: Refused | None = None, status: int = 200
) -> HttpResponse:
    found = selectors.find(subprocessor_id)
    context = {
        **processors.row(found),
        "correct": CorrectForm(initial={**asdict(found), "purposes": "\n".join(found.purposes)}),
        "mechanism": MechanismForm(),
        "announce": AnnounceForm(),
        "lapse": LapseForm(),
        "refusal": refusal,
    }
    return render(request, "console/operator/subprocessor.html", context, status=status)


def act(request: HttpRequest, subprocessor_id: UUID, verb: str) -> HttpResponse:
    """Correct the entry, file a mechanism, announce a change, or strike the entry from the register."""
    at, who = now(), requests.operator(request)
    found = selectors.find(subprocessor_id)
    try:
        if verb == "end":
            register.end(subprocessor_id, actor=who, at=at)
        elif verb == "correct":
            given = _given(CorrectForm(request.POST))
            given |= {"purposes": _lines(given["purposes"]), "classes": tuple(given["classes"])}
            register.change(subprocessor_id, actor=who, at=at, **given)
        elif verb == "mechanism":
            given = _given(MechanismForm(request.POST))
            register.mechanism(subprocessor_id, register.Resting(**given), actor=who, at=at)
        elif verb == "announce":
            given = _given(AnnounceForm(request.POST))
            changes.announce(subprocessor=subprocessor_id, actor=who, at=at, **given)
        else:
            raise Http404
    except Refused as refused:
        return _entry(request, subprocessor_id, refused, refused.status)
    messages.success(request, _("Done, and recorded."))
    return redirect("operator:subprocessor", subprocessor_id=found.id)


def lapse(request: HttpRequest, subprocessor_id: UUID, mechanism_id: UUID) -> HttpResponse:
    """Say when a mechanism ends."""
    try:
        given = _given(LapseForm(request.POST))
        register.lapse(mechanism_id, actor=requests.operator(request), at=now(), **given)
    except Refused as refused:
        return _entry(request, subprocessor_id, refused, refused.status)
    messages.success(request, _("Done, and recorded. Where it no longer holds, the gate is shut."))
    return redirect("operator:subprocessor", subprocessor_id=subprocessor_id)


def _given(form: forms.Form) -> dict[str, Any]:
    if not form.is_valid():
        said = {name: ", ".join(str(error) for error in errors) for name, errors in form.errors.items()}
        wrong = "; ".join(f"{form[name].label}: {what}" for name, what in said.items())
        raise Refused(wrong, code="form", remedy=_("Correct it and try again; nothing has happened."), status=422)
    return dict(form.cleaned_data)


def change(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Show who is told of a change, whose window runs, who objects."""
    found = next((one for one in selectors.announced(limit=1000) if one.id == change_id), None)
    if found is None:
        raise Http404
    asked = request.GET.get("start", "")
    start = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    total, page = accounts.directory(start=start, count=PAGE)
    context = {
        "one": found,
        "kind": processors.KINDS[found.kind],
        "state": processors.CHANGES[found.state],
        "rows": [row for one in page for row in _at(request, one.id, one.name, change_id)],
        "older": start + PAGE if start + PAGE < total else None,
        "total": total,
    }
    return render(request, "console/operator/change.html", context)


def _at(request: HttpRequest, controller_id: UUID, name: str, change_id: UUID) -> list[dict[str, Any]]:
    """How one controller stands to a change; the words of its objections only under an open access to its data."""
    with scope(controller_id):
        told = [one for one in selectors.notices(at=now()) if one.change.id == change_id]
    words = any(one.objections for one in told) and seen(request, controller_id)
    return [
        {
            "name": name,
            "one": one,
            "objections": [{"one": filed, "state": processors.OBJECTIONS[filed.state]} for filed in one.objections],
            "controller_id": controller_id,
            "words": words,
        }
        for one in told
    ]


def withdraw(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Take a change back that has not taken effect."""
    changes.withdraw(change_id, actor=requests.operator(request), at=now())
    messages.success(request, _("Withdrawn and recorded; who was told is told of this, too."))
    return redirect("operator:change", change_id=change_id)


@accounted
def settle(request: HttpRequest, controller_id: UUID, objection_id: UUID, outcome: str) -> HttpResponse:
    """Answer an objection: lead the controller round the sub-processor, or dismiss one that came late."""
    with scope(controller_id):
        filed = selectors.objection(objection_id)
        objections.resolve(
            objection_id=objection_id, outcome=outcome, words="", actor=requests.operator(request), at=now()
        )
    messages.success(request, _("Recorded; the controller is told."))
    return redirect("operator:change", change_id=filed.change)
