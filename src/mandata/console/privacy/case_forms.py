"""Forms of a data subject's request: how it came, what is said with an answer, and every step on the way."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mandata.audience import selectors as audience
from mandata.console.privacy.words import CHANNELS, GROUNDS, KINDS, OBJECTED, REASONS, RESTRICTED, SCOPES
from mandata.holdings.words import label
from mandata.rights import rules
from mandata.rights.rules import Way

PAIRS = 3
"""How many fields can be corrected by one answer's form."""
_AREA = forms.Textarea(attrs={"rows": 3})


def _kinds(us: bool, *, sorting: bool = False) -> list[tuple[str, Any]]:
    """The kinds that an officer can choose; a household is entered person by person on the public page."""
    passed = (Way.SORT, Way.TOGETHER) if sorting else (Way.TOGETHER,)
    found = [one for one in rules.TABLE.values() if one.way not in passed]
    return [(one.code, KINDS[one.code]) for one in found if us or one.regime != rules.US]


class Asked(forms.Form):
    """What exactly is asked, for the kinds that have more to say."""

    scope = forms.ChoiceField(label=_("An objection: to what"), choices=[("", "–"), *SCOPES.items()], required=False)
    channel = forms.ChoiceField(
        label=_("An objection: by which channel"), choices=[("", "–"), *OBJECTED.items()], required=False
    )
    lists = forms.MultipleChoiceField(
        label=_("An objection: to which types of messages"), required=False, widget=forms.CheckboxSelectMultiple
    )
    ground = forms.ChoiceField(
        label=_("A restriction: because"), choices=[("", "–"), *RESTRICTED.items()], required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lists"].choices = [(str(one.id), one.name) for one in audience.lists()]  # type: ignore[attr-defined]
        if not self.fields["lists"].choices:  # type: ignore[attr-defined]
            del self.fields["lists"]

    @property
    def asked(self) -> dict[str, list[str]]:
        """The codes as the rights desk takes them."""
        given = {name: [self.cleaned_data.get(name) or ""] for name in ("scope", "channel", "ground")}
        found = {name: value for name, value in given.items() if value[0]}
        chosen = list(self.cleaned_data.get("lists") or ())
        return {**found, **({"list": chosen} if chosen else {})}


class NewRequest(Asked):
    """A request that came by another way than the public page."""

    kind = forms.ChoiceField(label=_("What is asked"))
    address = forms.CharField(
        label=_("The person’s e-mail address"),
        max_length=254,
        required=False,
        help_text=_("Can be missing where somebody wrote on paper; then name and postal address are needed."),
    )
    name = forms.CharField(label=_("Name, if given"), max_length=120, required=False)
    post = forms.CharField(
        label=_("Postal address, for an answer on paper"), max_length=400, required=False, widget=_AREA
    )
    channel_in = forms.ChoiceField(
        label=_("How it came"),
        choices=[(code, words) for code, words in CHANNELS.items() if code not in ("portal", "api")],
    )
    language = forms.ChoiceField(
        label=_("Language of the answers"),
        choices=[("en", "English"), ("cs", "Čeština"), ("de", "Deutsch"), ("it", "Italiano")],
    )
    words = forms.CharField(
        label=_("What the person wrote"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    field_order = (
        "kind",
        "channel_in",
        "language",
        "address",
        "name",
        "post",
        "words",
        "scope",
        "channel",
        "lists",
        "ground",
    )

    def __init__(self, *args: Any, us: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = _kinds(us)  # type: ignore[attr-defined]


class Sorting(Asked):
    """What an unsorted request asks for."""

    kind = forms.ChoiceField(label=_("What is asked"))
    field_order = ("kind", "scope", "channel", "lists", "ground")

    def __init__(self, *args: Any, us: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = _kinds(us, sorting=True)  # type: ignore[attr-defined]


class Answer(forms.Form):
    """Carrying a request out; what is to be said depends on the kind."""

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = rules.kind(kind)
        if found.way is Way.ERASE and kind not in rules.ERASED_AS:
            choices = [(code, label) for code, label in GROUNDS.items() if code != "consumer"]
            self.fields["ground"] = forms.ChoiceField(label=_("Ground of the erasure"), choices=choices, required=False)
        if found.way is Way.RECTIFY:
            self._pairs()
        if found.way in (Way.RECTIFY, Way.OBJECT, Way.REPLY):
            self.fields["words"] = forms.CharField(
                label=_("What to tell the person, in the person’s language"),
                required=found.words,
                max_length=rules.MAX_REASONS,
                widget=forms.Textarea(attrs={"rows": 4}),
            )
        if found.way is Way.OBJECT:
            self.fields["minimise"] = forms.BooleanField(
                label=_("Delete what is not needed any more"),
                required=False,
                help_text=_("Only the address, the proof why you wrote, and the stop itself stay."),
            )

    def _pairs(self) -> None:
        choices = [("", "–"), ("email", label("email"))]
        choices += [(key, label(key)) for key in audience.field_specs() if key != "email"]
        for number in range(1, PAIRS + 1):
            self.fields[f"field_{number}"] = forms.ChoiceField(
                label=_("Field %(number)s") % {"number": number}, choices=choices, required=False
            )
            self.fields[f"value_{number}"] = forms.CharField(
                label=_("Its right value %(number)s") % {"number": number}, max_length=500, required=False
            )

    @property
    def given(self) -> dict[str, Any]:
        """What the rights desk is told."""
        data: Mapping[str, Any] = self.cleaned_data
        pairs = ((data.get(f"field_{one}", ""), data.get(f"value_{one}", "")) for one in range(1, PAIRS + 1))
        return {
            "ground": data.get("ground") or "no_longer_needed",
            "words": data.get("words", ""),
            "minimise": bool(data.get("minimise")),
            "changes": {key: value for key, value in pairs if key},
        }


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


class Reason(forms.Form):
    """Words to the person: the reasons of a doubt, of more time, of the end of a restriction."""

    reason = forms.CharField(
        label=_("Why, in the person’s language"),
        max_length=rules.MAX_REASONS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("It goes into the letter to the person."),
    )


class Fee(forms.Form):
    """A reasonable fee for an excessive request."""

    amount = forms.CharField(label=_("Amount"), max_length=14)
    currency = forms.CharField(label=_("Currency"), max_length=3, initial="EUR")
    words = forms.CharField(
        label=_("How it is reckoned, in the person’s language"),
        max_length=rules.MAX_REASONS,
        required=False,
        widget=_AREA,
    )


class Paid(forms.Form):
    """That a fee was paid."""

    reference = forms.CharField(label=_("Reference of the payment"), max_length=40, help_text=_("No personal data."))


class Person(forms.Form):
    """Under which address somebody is known who wrote on paper."""

    address = forms.EmailField(label=_("The person’s e-mail address"), max_length=254)


class Receiver(forms.Form):
    """Where a portable copy is sent."""

    to = forms.CharField(
        label=_("Address of the other controller"),
        max_length=500,
        required=False,
        help_text=_("Empty: the one that the person named. Only https."),
    )
