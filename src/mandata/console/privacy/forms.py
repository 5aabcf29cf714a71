"""Forms of the privacy pages."""

from django import forms
from django.utils.translation import gettext_lazy as _


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
