"""Forms of the privacy pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mandata.console.privacy.words import CHANNELS, GROUNDS, KINDS, REASONS
from mandata.rights import rules


class NewRequest(forms.Form):
    """A request that came by another way than the public page."""

    kind = forms.ChoiceField(label=_("What is asked"), choices=list(KINDS.items()), widget=forms.RadioSelect)
    address = forms.EmailField(label=_("The person’s e-mail address"), max_length=254)
    name = forms.CharField(label=_("Name, if given"), max_length=120, required=False)
    channel = forms.ChoiceField(
        label=_("How it came"), choices=[(code, words) for code, words in CHANNELS.items() if code != "portal"]
    )
    words = forms.CharField(
        label=_("What the person wrote"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )


class Answer(forms.Form):
    """Carrying a request out; an erasure names its ground."""

    ground = forms.ChoiceField(label=_("Ground of the erasure"), choices=list(GROUNDS.items()), required=False)


class Refusal(forms.Form):
    """Refusing a request with a reason that the law knows."""

    reason = forms.ChoiceField(label=_("Reason"))
    words = forms.CharField(
        label=_("What else to tell the person"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, f"{REASONS[code]} ({rules.REASONS[code]})") for code in rules.refusal_reasons(kind)]
        self.fields["reason"].choices = choices  # type: ignore[attr-defined]


class MeetForm(forms.Form):
    """What shows that an obligation was met; it enters the record as it is."""

    reference = forms.CharField(
        label=_("Reference"),
        max_length=80,
        help_text=_("A number or name of what shows it, no personal data: it enters the record."),
    )


class WaiveForm(forms.Form):
    """Why an obligation is waived."""

    reason = forms.CharField(
        label=_("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stays with the obligation; the record holds its proof."),
    )
