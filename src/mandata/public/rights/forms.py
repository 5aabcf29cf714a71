"""What a data subject fills in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mandata.public.rights.words import CHANNELS, GROUNDS, KINDS, SCOPES
from mandata.rights import rules


class Request(forms.Form):
    """What is asked, by whom, and anything the person wants to add. What belongs to one kind alone is read for that
    kind alone, so that the page works without a script."""

    kind = forms.ChoiceField(
        label=_("What do you ask for?"), error_messages={"required": _("Choose what you ask for.")}
    )
    email = forms.CharField(
        label=_("Your e-mail address"), max_length=254, error_messages={"required": _("Write your e-mail address.")}
    )
    name = forms.CharField(label=_("Your name"), max_length=rules.MAX_NAME, required=False)
    words = forms.CharField(label=_("Anything you want to add"), max_length=rules.MAX_WORDS, required=False)
    scope = forms.ChoiceField(choices=[("", ""), *SCOPES.items()], required=False)
    channel = forms.ChoiceField(choices=[("", ""), *CHANNELS.items()], required=False)
    ground = forms.ChoiceField(choices=[("", ""), *GROUNDS.items()], required=False)
    to = forms.CharField(max_length=500, required=False)
    others = forms.CharField(max_length=2_000, required=False)
    what = forms.ChoiceField(choices=[("", ""), ("know", ""), ("delete", "")], required=False)

    def __init__(self, *args: Any, kinds: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = kinds
        self.fields["kind"].choices = [(code, KINDS[code][0]) for code in kinds]  # type: ignore[attr-defined]

    @property
    def asked(self) -> dict[str, list[str]]:
        """The codes of the chosen kind, as `rights.services.receive` takes them."""
        given = {name: self.cleaned_data.get(name, "") for name in ("scope", "channel", "ground", "what")}
        return {name: [value] for name, value in given.items() if value}

    @property
    def everybody(self) -> list[str]:
        """The addresses of the others in a household."""
        return [one for one in self.cleaned_data.get("others", "").replace(",", "\n").split() if one]


class Proof(forms.Form):
    """A file that shows who asks."""

    proof = forms.FileField(label=_("The file"), error_messages={"required": _("Choose a file.")})
