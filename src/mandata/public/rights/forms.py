"""What a data subject fills in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from mandata.rights import rules


class Request(forms.Form):
    """What is asked, by whom, and anything the person wants to add."""

    kind = forms.ChoiceField(
        label=_("What do you ask for?"),
        choices=[("access", _("A copy of my data")), ("erasure", _("The erasure of my data"))],
        error_messages={"required": _("Choose what you ask for.")},
    )
    email = forms.CharField(
        label=_("Your e-mail address"), max_length=254, error_messages={"required": _("Write your e-mail address.")}
    )
    name = forms.CharField(label=_("Your name"), max_length=rules.MAX_NAME, required=False)
    words = forms.CharField(label=_("Anything you want to add"), max_length=rules.MAX_WORDS, required=False)
