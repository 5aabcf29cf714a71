"""What every letter is made of: subject, paragraphs, the signature, dates, links, the way to complain."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from mandata.accounts.selectors import Card
from mandata.infra.environment import env
from mandata.rights import rules


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter or mail: its subject line and its text."""

    subject: str
    text: str


def link(purpose: str, value: object) -> str:
    """Return the address of a public page: of a token, or for `request` of a controller."""
    return env().public_url.rstrip("/") + rules.PATHS[purpose].format(value)


def day(at: datetime, card: Card) -> str:
    """Return a date with its weekday in the controller's zone and the active language."""
    local = at.astimezone(ZoneInfo(card.time_zone))
    return f"{local:%Y-%m-%d} ({date_format(local, 'l')})"


def answered(number: int) -> str:
    """Return the subject line of every answer."""
    return _("The answer to your request no. %(number)s") % {"number": number}


def complaint(card: Card, regime: str) -> str:
    """Return where the person can complain: the authority of the controller's country is named."""
    name, place = rules.authority("US" if regime == rules.US else card.country)
    named = f"{name}, {place}" if name else ""
    if regime == rules.US:
        return _("If you are not satisfied, you may complain to the Attorney General of your state or to: %(who)s.") % {
            "who": named
        }
    right = _(
        "You may complain to a supervisory authority, for example where you live or work, and you may go to court "
        "(Art. 77 and 79 GDPR)."
    )
    return " ".join([right, _("The authority here is: %(who)s.") % {"who": named}]) if named else right


def letter(card: Card, subject: str, *paragraphs: str) -> Letter:
    """Put a letter together; empty paragraphs are left out."""
    signed = "\n".join(part for part in (card.legal_name or card.name, card.postal_address) if part)
    return Letter(subject, "\n\n".join([part for part in paragraphs if part] + [signed]) + "\n")


def listed(head: str, items: "list[str] | tuple[str, ...]") -> str:
    """Return a head with a list under it, empty without items."""
    return "\n".join([head, *(f"- {one}" for one in items)]) if items else ""
