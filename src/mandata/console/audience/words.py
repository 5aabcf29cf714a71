"""Codes of the audience in words and tones, for pages."""

from typing import Any, Final

from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.audience.rules.fields import STANDARD, FieldSpec
from mandata.audience.words import words
from mandata.console.accounts.choices import COUNTRIES

STATES: Final = {"subscribed": "good", "pending": "info", "unsubscribed": "calm"}
IMPORTS: Final = {
    "uploaded": ("info", "upload"),
    "mapped": ("info", "play"),
    "running": ("info", "refresh"),
    "done": ("good", ""),
    "failed": ("bad", ""),
    "cancelled": ("calm", "stop"),
}
REASONS: Final[dict[str, Any]] = {
    "unsubscribed": gettext_lazy("Unsubscribed"),
    "objection": gettext_lazy("Objected"),
    "complaint": gettext_lazy("Complained of spam"),
    "hard_bounce": gettext_lazy("The mailbox does not exist"),
    "soft_bounce": gettext_lazy("The mailbox took nothing for long"),
    "erasure": gettext_lazy("Was erased"),
    "manual": gettext_lazy("Suppressed by a member"),
}
ENDED_BY: Final[dict[str, Any]] = {
    "subject": gettext_lazy("the person"),
    "member": gettext_lazy("a member"),
    "system": gettext_lazy("the platform"),
    "operator": gettext_lazy("the operator"),
    "import": gettext_lazy("an import"),
}
TYPES: Final[dict[str, Any]] = {
    "text": gettext_lazy("Text"),
    "number": gettext_lazy("Number"),
    "date": gettext_lazy("Date"),
    "boolean": gettext_lazy("Yes or no"),
    "choice": gettext_lazy("One of these choices"),
}
FACETS: Final[dict[str, Any]] = {
    "provider": gettext_lazy("Provider"),
    "mail_domain": gettext_lazy("Mail domain"),
    "country": gettext_lazy("Country"),
    "region": gettext_lazy("Region"),
    "language": gettext_lazy("Language"),
    "birthday": gettext_lazy("Birthday"),
}
LOOKUPS: Final[dict[str, Any]] = {
    "name": gettext_lazy("Each whole word of it"),
    "number": gettext_lazy("The whole number"),
    "phone": gettext_lazy("As a telephone number"),
}
_COUNTRIES: Final = dict(COUNTRIES)


def state(code: str) -> dict[str, str]:
    """Return a state on a list as word and tone; an empty code stays empty."""
    return {"word": words(f"state.{code}"), "tone": STATES[code]} if code else {"word": "", "tone": "calm"}


def basis(code: str) -> str:
    """Return a lawful basis in words."""
    return words(f"basis.{code}") if code else ""


def reason(code: str) -> str:
    """Return why somebody is suppressed."""
    return str(REASONS.get(code, code))


def import_state(code: str) -> dict[str, str]:
    """Return the state of an import as word, tone and icon."""
    tone, icon = IMPORTS[code]
    return {"word": words(f"import.{code}"), "tone": tone, "icon": icon}


def field(spec: FieldSpec) -> str:
    """Return the name of a field: ours by our words, the controller's own by its label."""
    return words(f"field.{spec.key}") if spec.key in STANDARD else spec.label


def country(code: str) -> str:
    """Return a country by its name, or the code where we have no name for it."""
    return str(_COUNTRIES.get(code, code))


def facet(name: str, code: str) -> str:
    """Return a facet's value in words."""
    if name == "country":
        return country(code)
    if name == "birthday" and code[:2].isdecimal() and 1 <= int(code[:2]) <= len(MONTHS):
        return str(MONTHS[int(code[:2])]) + (f" {int(code[3:5])}." if code[3:5].isdecimal() else "")
    return code


def value(given: object) -> str:
    """Write a field's value."""
    if isinstance(given, bool):
        return _("yes") if given else _("no")
    return str(given)
