"""The forms of the operator's breach desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.agreements.services.notices import WAYS
from mandata.console import breaches as words
from mandata.console import noticing
from mandata.holdings import breadth

LISTED = 300
"""Controllers offered by name; beyond that a filter means all of them, or their ids are written."""


class OpenForm(forms.Form):
    """A breach from awareness on: a title and a time are enough."""

    breach_id = forms.UUIDField(widget=forms.HiddenInput)
    title = forms.CharField(
        label=gettext_lazy("What it is called"), max_length=120, help_text=gettext_lazy("Only you see it.")
    )
    aware_at = words.instant(
        label=gettext_lazy("Aware since"),
        help_text=gettext_lazy("When there was reasonable certainty. Every clock runs from here."),
    )
    believed_at = words.instant(label=gettext_lazy("First believed"), required=False)
    began_at = words.instant(label=gettext_lazy("Began"), required=False)
    ended_at = words.instant(label=gettext_lazy("Ended"), required=False)
    origin = forms.ChoiceField(
        label=gettext_lazy("Who found it"),
        choices=[(code, said) for code, said in words.ORIGINS.items() if code != "controller"],
    )
    found = forms.CharField(label=gettext_lazy("How it was found"), max_length=300, required=False)
    certain = forms.TypedChoiceField(
        label=gettext_lazy("Is it certain?"),
        choices=[("yes", gettext_lazy("It is certain")), ("no", gettext_lazy("It is reasonably believed"))],
        coerce=lambda value: value == "yes",
    )
    nature = words.text(
        label=gettext_lazy("What happened"),
        required=False,
        help_text=gettext_lazy("Every affected controller reads it: name none of them. Empty is: not yet known."),
    )
    drill = forms.BooleanField(
        label=gettext_lazy("This is a drill: nothing is owed, and it is counted nowhere"), required=False
    )


class KnownForm(forms.Form):
    """What is known now; what changes is told in a next notice."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What was lost"),
        choices=list(words.KINDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    certain = forms.TypedChoiceField(
        label=gettext_lazy("Is it certain?"),
        choices=[("yes", gettext_lazy("It is certain")), ("no", gettext_lazy("It is reasonably believed"))],
        coerce=lambda value: value == "yes",
    )
    began_at = words.instant(label=gettext_lazy("Began"), required=False)
    ended_at = words.instant(label=gettext_lazy("Ended"), required=False)
    nature = words.text(
        label=gettext_lazy("Nature of the breach"),
        required=False,
        help_text=gettext_lazy("Every affected controller reads it: name none of them."),
    )
    consequences = words.text(label=gettext_lazy("Likely consequences"), required=False)
    measures = words.text(label=gettext_lazy("Measures taken or proposed"), required=False)
    forbidden = forms.CharField(
        label=gettext_lazy("The law forbids to tell (which)"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("While this is filled in, nobody is told; the clocks run on."),
    )


class FilterForm(forms.Form):
    """By what the scope is computed: all that is named must hold."""

    controllers = forms.MultipleChoiceField(
        label=gettext_lazy("Controllers"), required=False, help_text=gettext_lazy("None chosen means all of them.")
    )
    holdings = forms.MultipleChoiceField(
        label=gettext_lazy("Data"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen means all of it."),
    )
    since = words.instant(label=gettext_lazy("From (time)"), required=False)
    until = words.instant(label=gettext_lazy("Until (time)"), required=False)
    dated = forms.BooleanField(
        label=gettext_lazy("Only what was made in that time, not all that was there"), required=False
    )
    epoch = forms.IntegerField(
        label=gettext_lazy("A key: the number of its epoch"), required=False, min_value=1, max_value=2**31 - 1
    )
    people = forms.IntegerField(
        label=gettext_lazy("Counted by hand: people"), required=False, min_value=0, max_value=2**31 - 1
    )
    records = forms.IntegerField(
        label=gettext_lazy("Counted by hand: records"), required=False, min_value=0, max_value=2**31 - 1
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = {str(one.id): one.name for one in accounts.directory(start=0, count=LISTED)[1]}
        choices: dict[str, Any] = {
            "controllers": list(self.names.items()),
            "holdings": [(key, str(one.name)) for key, one in breadth.countable().items()],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]


class LookForm(forms.Form):
    """Of which period, at which controllers, exports and accesses are offered."""

    whose = forms.MultipleChoiceField(
        label=gettext_lazy("Controllers"), required=False, help_text=gettext_lazy("None chosen means all of them.")
    )
    look_since = words.instant(label=gettext_lazy("From (time)"))
    look_until = words.instant(label=gettext_lazy("Until (time)"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listed = accounts.directory(start=0, count=LISTED)[1]
        self.fields["whose"].choices = [(str(one.id), one.name) for one in listed]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A period has a beginning before its end."""
        given: dict[str, Any] = super().clean() or {}
        since, until = given.get("look_since"), given.get("look_until")
        if since and until and since >= until:
            self.add_error("look_until", gettext_lazy("The end comes before the beginning."))
        return given


class CorrectionForm(forms.Form):
    """A corrective measure with the post that answers for it."""

    what = forms.CharField(label=gettext_lazy("Corrective measure"), max_length=400)
    post = forms.CharField(label=gettext_lazy("Which post answers for it"), max_length=120)
    due_on = forms.DateField(
        label=gettext_lazy("By"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class CloseForm(forms.Form):
    """What the breach led to."""

    effects = words.text(label=gettext_lazy("Effects of the breach"))


class OtherwiseForm(forms.Form):
    """A controller was told by another way than ours."""

    controller_id = forms.UUIDField(widget=forms.HiddenInput)
    way = forms.ChoiceField(
        label=gettext_lazy("How it was told"), choices=[(code, noticing.WAYS[code]) for code in WAYS]
    )
    when = words.instant(label=gettext_lazy("When it learned of it"))
    who = forms.CharField(label=gettext_lazy("Who told whom"), max_length=140)
    proof = forms.CharField(label=gettext_lazy("Where the proof lies"), max_length=150)


class ProofForm(forms.Form):
    """Where the proof of a corrective measure lies."""

    proof = forms.CharField(label=gettext_lazy("Where the proof lies"), max_length=300)
