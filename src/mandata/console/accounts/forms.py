"""Forms of members, settings, registration and invitations."""

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mandata.accounts import selectors
from mandata.console.accounts.choices import COUNTRIES
from mandata.console.context import ROLES

ROLE_HINTS = {
    "owner": _("Answers for the controller: everything, members and the agreement too."),
    "marketer": _("Audience, campaigns and reports."),
    "privacy_officer": _("Requests, instructions, record; sees campaigns."),
    "reader": _("Looks at everything, changes nothing."),
}


class RoleSelect(forms.RadioSelect):
    """The roles with what they may."""

    hints = ROLE_HINTS


class InviteForm(forms.Form):
    """Whom to invite: by name and address (PPL-3: with correct identification)."""

    name = forms.CharField(label=_("Full name"), max_length=120, help_text=_("As this person is known at your place."))
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, help_text=_("Of this person alone, not of a team.")
    )
    role = forms.ChoiceField(label=_("Role"), choices=list(ROLES.items()), widget=RoleSelect, initial="marketer")


class RoleForm(forms.Form):
    """A member's new role."""

    role = forms.ChoiceField(choices=list(ROLES.items()))


def zones() -> list[tuple[str, str]]:
    """Return the time zones a controller can live in."""
    names = {
        name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))
    }
    return [(name, name.replace("_", " ")) for name in sorted(names | {"UTC"})]


class ControllerForm(forms.Form):
    """A controller's details: what recipients read in every campaign and the agreement names as its party."""

    name = forms.CharField(
        label=pgettext_lazy("thing", "Name"), max_length=120, help_text=_("As recipients know you: “Demo Bakery”.")
    )
    legal_name = forms.CharField(
        label=_("Legal name"),
        max_length=200,
        help_text=_("With its form, as in the register: it is the party of the agreement."),
    )
    postal_address = forms.CharField(
        label=_("Postal address"),
        max_length=300,
        help_text=_("The law wants it in every campaign: street, town, postcode."),
    )
    country = forms.ChoiceField(label=_("Country"), choices=COUNTRIES, initial="CZ")
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zones,
        initial="Europe/Prague",
        help_text=_("Clocks and due times are shown in it."),
    )
    contact = forms.EmailField(
        label=_("E-mail for notices"), max_length=254, help_text=_("Where everything you are owed is told.")
    )
    privacy_contact = forms.EmailField(label=_("E-mail of the privacy officer"), max_length=254, required=False)


class SettingsForm(ControllerForm):
    """The same, later, with the language that recipients meet by default."""

    language = forms.ChoiceField(
        label=_("Language of public pages"),
        choices=settings.LANGUAGES,
        help_text=_("Where a person's own is not known."),
    )


class PersonForm(forms.Form):
    """Who you are and your own password."""

    person = forms.CharField(
        label=_("Your full name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 12 characters. A sentence is easier to keep than a riddle."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    age = forms.BooleanField(
        label=_("I am at least 16 years old."),
        error_messages={"required": _("The service is not for persons under 16 years of age.")},
    )

    def clean_password(self) -> str:
        """Refuse passwords that are short, common, or made of the person's own details."""
        password: str = self.cleaned_data["password"]
        email = str(self.cleaned_data.get("email") or getattr(self, "email", ""))
        # Not saved: only what the check of likeness compares the password with.
        validate_password(password, user=get_user_model()(email=email, name=self.cleaned_data.get("person", "")))
        return password


class JoinForm(PersonForm):
    """An invited person's own account; the address is the invitation's."""

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email


class AccountForm(PersonForm):
    """A new account: a person, an address, a password."""

    field_order = ("person", "email", "password", "age")
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("Yours alone: it is what you log in with, and we send a code to it."),
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )

    def clean_email(self) -> str:
        """Refuse an address that has an account: the person logs in and registers the controller from there."""
        email: str = self.cleaned_data["email"]
        if selectors.user_by_email(email) is not None:
            raise ValidationError(
                _("There is an account with this address. Log in, and register the controller from there.")
            )
        return email


class ReasonForm(forms.Form):
    """Why something is done to a controller; it is recorded as written."""

    state = forms.ChoiceField(choices=[("active", "active"), ("suspended", "suspended")])
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class NameForm(forms.Form):
    """A person's own name."""

    name = forms.CharField(
        label=_("Your full name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
