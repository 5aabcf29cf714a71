"""What members type about people, lists and fields."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mandata.audience.rules.fields import Category
from mandata.audience.selectors import ListRow
from mandata.audience.words import words
from mandata.console.audience.words import LOOKUPS, TYPES
from mandata.console.privacy.words import CHANNELS, KINDS

BASES: Final = ("consent", "existing_customer", "contract", "legitimate_interest")
BASIS_HINTS: Final = {
    "consent": _("The person agreed, and you can show when and to which words."),
    "existing_customer": _("A customer told of goods like those bought, who did not refuse."),
    "contract": _("Only messages that the contract needs; no marketing."),
    "legitimate_interest": _("Only where the law of the person’s country leaves room for it."),
}


def bases() -> list[tuple[str, str]]:
    """Return the lawful bases that a member can state."""
    return [(code, words(f"basis.{code}")) for code in BASES]


class Hinted(forms.RadioSelect):
    """Radio buttons with a hint below each."""

    def __init__(self, hints: dict[str, Any]) -> None:
        super().__init__()
        self.hints = hints


class EvidenceForm(forms.Form):
    """On what ground a person comes on a list, and the evidence for it."""

    list = forms.ChoiceField(label=_("List"))
    basis = forms.ChoiceField(label=_("Lawful basis"), choices=bases, widget=Hinted(BASIS_HINTS), initial="consent")
    source = forms.CharField(
        label=_("Evidence: where and how"),
        max_length=200,
        help_text=_("For example: paper form at the counter, kept in binder 4. No names."),
    )
    words = forms.CharField(
        label=_("Words that the person agreed to"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("As they stood on the form; their digest is kept as proof."),
    )

    def __init__(self, *args: Any, lists: Sequence[ListRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["list"].choices = [(str(one.id), one.name) for one in lists]  # type: ignore[attr-defined]


class AddForm(EvidenceForm):
    """One person, added by hand."""

    email = forms.CharField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    first_name = forms.CharField(label=_("First name"), max_length=120, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=120, required=False)

    field_order = ("email", "first_name", "last_name", "list", "basis", "source", "words")


class LeaveForm(forms.Form):
    """Ending a subscription on a person's behalf, or on one's own decision."""

    list = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[("unsubscribed", _("The person asked for it")), ("manual", _("Your own decision"))],
        widget=Hinted(
            {
                "unsubscribed": _("Only the person can take that back."),
                "manual": _("A member may lift it later, with a stated ground."),
            }
        ),
        initial="unsubscribed",
    )


class RequestForm(forms.Form):
    """A request that this person made by another way than the public page."""

    kind = forms.ChoiceField(
        label=_("What is asked"), choices=list(KINDS.items()), widget=forms.RadioSelect, initial="access"
    )
    channel = forms.ChoiceField(
        label=_("How it came"), choices=[(code, text) for code, text in CHANNELS.items() if code != "portal"]
    )


class ListForm(forms.Form):
    """A list's name and what it is for."""

    name = forms.CharField(
        label=pgettext_lazy("thing", "Name"),
        max_length=120,
        help_text=_("Subscribers read it on their page of preferences."),
    )
    description = forms.CharField(
        label=_("What its subscribers get"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One sentence: what, and how often."),
    )


class FieldForm(forms.Form):
    """The declaration of a field: type, category, sealed or clear (CAT-3)."""

    label = forms.CharField(
        label=pgettext_lazy("thing", "Name"), max_length=80, help_text=_("As you and your colleagues read it.")
    )
    key = forms.CharField(
        label=_("Key"),
        max_length=40,
        help_text=_("For files and merge tags: lower-case letters, digits, underscores, for example loyalty_points."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(label=_("Type"), choices=list(TYPES.items()))
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One on a line; only for the type “One of these choices”."),
    )
    category = forms.ChoiceField(
        label=_("Category of data"),
        help_text=_("What the agreement calls it. Special categories and convictions need an express agreement."),
    )
    keeping = forms.ChoiceField(
        label=_("How it is kept"),
        choices=[("sealed", _("Sealed")), ("clear", _("In clear"))],
        widget=Hinted(
            {
                "sealed": _("Encrypted under the person’s own key, like the name. Choose this when in doubt."),
                "clear": _("Can be searched and grouped by; never for what identifies a person."),
            }
        ),
        initial="sealed",
    )
    lookup = forms.ChoiceField(
        label=_("How people are found by it"),
        required=False,
        choices=[("", _("Not at all")), *LOOKUPS.items()],
        help_text=_("Only for a sealed text. A keyed hash of it is kept, which finds the whole word or number."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [  # type: ignore[attr-defined]
            ("", _now("Choose …")),
            *((one.value, words(f"category.{one.value}")) for one in Category),
        ]

    def lines(self) -> list[str]:
        """Return the choices typed, one on a line."""
        return [line.strip() for line in self.cleaned_data["choices"].splitlines() if line.strip()]
