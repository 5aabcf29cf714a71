"""What the rights desk writes to people: texts in the person's language, in the controller's name. No address, no
markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from mandata.accounts.selectors import Card
from mandata.infra.environment import env
from mandata.rights import rules


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: its subject line and its text."""

    subject: str
    text: str


def link(purpose: str, value: object) -> str:
    """Return the address of a public page: of a token, or for `request` of a controller."""
    return env().public_url.rstrip("/") + rules.PATHS[purpose].format(value)


def day(at: datetime, card: Card) -> str:
    """Return a date with its weekday in the controller's zone and the active language."""
    local = at.astimezone(ZoneInfo(card.time_zone))
    return f"{local:%Y-%m-%d} ({date_format(local, 'l')})"


def asked(kind: str) -> str:
    """Return what is asked, in words."""
    return {
        "access": _("a copy of your data and information about it"),
        "erasure": _("the erasure of your data"),
    }[kind]


def confirmation(card: Card, *, kind: str, token: str, expires_at: datetime, language: str) -> Letter:
    """Ask the person to confirm that the request is the person's own."""
    with translation.override(language):
        return _letter(
            card,
            _("Please confirm your request"),
            _("%(controller)s has received a request in your name: %(what)s.")
            % {"controller": card.name, "what": asked(kind)},
            _("If it is yours, confirm it on this page until %(day)s:") % {"day": day(expires_at, card)},
            link("confirm", token),
            _("If it is not yours, do nothing. Without your confirmation nothing happens."),
        )


def acknowledgement(card: Card, *, kind: str, number: int, token: str, due_at: datetime, language: str) -> Letter:
    """Tell the person that the request is confirmed and when the answer comes."""
    with translation.override(language):
        return _letter(
            card,
            _("Your request no. %(number)s") % {"number": number},
            _("Your request is confirmed: %(what)s.") % {"what": asked(kind)},
            _("It will be answered by %(day)s at the latest.") % {"day": day(due_at, card)},
            _("How far it is, you see here:"),
            link("progress", token),
        )


def copy_ready(
    card: Card, *, number: int, token: str, expires_at: datetime, beside: Sequence[str] = (), language: str
) -> Letter:
    """Tell the person where the copy of the data lies; `beside` names holdings that no program reaches, in which
    something was found."""
    with translation.override(language):
        more = [_("Data of yours was found here, too; its copy comes separately:"), *(f"- {one}" for one in beside)]
        return _letter(
            card,
            _("The answer to your request no. %(number)s") % {"number": number},
            _("The copy of your data is ready, with the information of Art. 15 GDPR."),
            _("You can download it until %(day)s; then it is deleted:") % {"day": day(expires_at, card)},
            link("download", token),
            "\n".join(more) if beside else "",
            _complaint(),
        )


def erased(card: Card, *, number: int, kept: Sequence[str], language: str) -> Letter:
    """Tell the person that the data is erased, and what stays on which ground."""
    with translation.override(language):
        stays = [_("This stays, and nothing else:"), *(f"- {one}" for one in kept)] if kept else []
        return _letter(
            card,
            _("The answer to your request no. %(number)s") % {"number": number},
            _("Your data has been erased."),
            "\n".join(stays),
            _("This mail too is deleted from our system once it is delivered."),
            _complaint(),
        )


def nothing_held(card: Card, *, number: int, language: str) -> Letter:
    """Tell the person that nothing is held under the address."""
    with translation.override(language):
        return _letter(
            card,
            _("The answer to your request no. %(number)s") % {"number": number},
            _("Under this address no data is held of you, apart from this request itself."),
            _("If you wrote to us from another address, please ask again with that one."),
            _complaint(),
        )


def refusal(card: Card, *, number: int, reason: str, words: str, language: str) -> Letter:
    """Tell the person why the request is refused, and what can be done about it (Art. 12(4) GDPR)."""
    with translation.override(language):
        return _letter(
            card,
            _("The answer to your request no. %(number)s") % {"number": number},
            _("Your request is refused: %(reason)s (%(clause)s).")
            % {"reason": reason_words(reason), "clause": rules.REASONS[reason]},
            words,
            _complaint(),
        )


def extended(card: Card, *, number: int, reason: str, due_at: datetime, language: str) -> Letter:
    """Tell the person that the answer takes longer, why, and until when (Art. 12(3) GDPR)."""
    with translation.override(language):
        return _letter(
            card,
            _("Your request no. %(number)s takes longer") % {"number": number},
            _("The answer to your request takes longer than usual, for this reason:"),
            reason,
            _("It will be answered by %(day)s at the latest.") % {"day": day(due_at, card)},
            _complaint(),
        )


def to_controller(card: Card, *, kind: str, number: int, due_at: datetime) -> Letter:
    """Tell the controller's contact that a request waits, without any personal data (DSR-1)."""
    with translation.override(card.language):
        what = {"access": _("access to the data"), "erasure": _("erasure of the data")}[kind]
        return _letter(
            card,
            _("Request no. %(number)s of a data subject: %(what)s") % {"number": number, "what": what},
            _("A data subject has confirmed a request: %(what)s.") % {"what": what},
            _("It is due on %(day)s.") % {"day": day(due_at, card)},
            _("You answer it in the console, under Privacy, Requests:"),
            env().public_url,
        )


def reason_words(reason: str) -> str:
    """Return a reason for a refusal in words, in the active language."""
    return {
        "unfounded": _("it is manifestly unfounded or excessive"),
        "identity": _("we cannot establish that the data is yours"),
        "rights_of_others": _("it would adversely affect the rights of others"),
        "legal_obligation": _("the law obliges us to keep the data"),
        "legal_claims": _("the data is needed for legal claims"),
        "freedom_of_expression": _("the data is needed for the freedom of expression and information"),
        "public_interest": _("the data is needed for public health or an archive in the public interest"),
    }[reason]


def _complaint() -> str:
    return _(
        "You may complain to a supervisory authority, for example where you live or work, and you may go to court "
        "(Art. 77 and 79 GDPR)."
    )


def _letter(card: Card, subject: str, *paragraphs: str) -> Letter:
    signed = "\n".join(part for part in (card.legal_name or card.name, card.postal_address) if part)
    return Letter(subject, "\n\n".join([part for part in paragraphs if part] + [signed]) + "\n")
