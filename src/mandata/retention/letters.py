"""The mails about the end of an agreement, in the language of who reads them. They name the controller, nobody else."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts.selectors import Card
from mandata.infra.environment import env


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and text of a mail."""

    subject: str
    text: str


def _when(at: datetime, card: Card) -> str:
    return f"{at.astimezone(ZoneInfo(card.time_zone)):%Y-%m-%d %H:%M} ({card.time_zone})"


def _console() -> str:
    return f"{env().public_url.rstrip('/')}/privacy/ending/"


def _written(card: Card, subject: str, *lines: str) -> Letter:
    foot = _("%(operator)s, processor of %(controller)s") % {"operator": env().operator_name, "controller": card.name}
    return Letter(subject, "\n\n".join([*(line for line in lines if line), foot]) + "\n")


def noticed(card: Card, *, by: str, effective: datetime, reasons: str, language: str) -> Letter:
    """Notice of the end, to the other party: since when, and the reasons where the processor gives it."""
    with translation.override(language):
        who = _("The processor") if by == "processor" else _("The controller")
        return _written(
            card,
            _("The agreement of %(name)s ends") % {"name": card.name},
            _("%(who)s gives notice: the agreement on the processing of personal data of %(name)s ends on %(when)s.")
            % {"who": who, "name": card.name, "when": _when(effective, card)},
            (_("The reasons:") + "\n" + reasons) if reasons else "",
            _("What follows when, and what can be chosen, stands here: %(url)s") % {"url": _console()},
        )


def members_told(card: Card, *, effective: datetime, language: str) -> Letter:
    """Word to the members that their access becomes one for reading and taking data out."""
    with translation.override(language):
        return _written(
            card,
            _("%(name)s: the agreement ends on %(when)s") % {"name": card.name, "when": _when(effective, card)},
            _("From then on nothing is sent and nothing is changed any more; data can be read and taken out."),
            _("The timetable and the export of everything: %(url)s") % {"url": _console()},
        )


def withdrawn(card: Card, *, language: str) -> Letter:
    """Word that the agreement goes on."""
    with translation.override(language):
        return _written(
            card,
            _("The agreement of %(name)s goes on") % {"name": card.name},
            _("The notice of its end was withdrawn before it took effect. Nothing was deleted."),
        )


def reminder(card: Card, *, language: str) -> Letter:
    """The reminder that an instruction to return the data can be given, and what silence leads to."""
    with translation.override(language):
        return _written(
            card,
            _("%(name)s: say what is to become of the data") % {"name": card.name},
            _("The agreement has ended and nothing was said about the data that we still hold."),
            _("You may ask us to return it. Without an instruction it is deleted once the agreement's time is over."),
            _console(),
        )


def archive_ready(card: Card, *, number: int, token: str, expires_at: datetime, language: str) -> Letter:
    """Word that an archive can be fetched, with its link."""
    with translation.override(language):
        return _written(
            card,
            _("Archive %(number)d of %(name)s is ready") % {"number": number, "name": card.name},
            _("Everything that we process for you is in one encrypted file. Only your key or passphrase opens it."),
            link("archive", token),
            _("The link works until %(when)s; then the file is deleted.") % {"when": _when(expires_at, card)},
        )


def certificate(name: str, *, token: str, language: str) -> Letter:
    """The certificate of deletion, by a link that outlives the account."""
    with translation.override(language):
        lines = (
            _("Everything that we processed for %(name)s is deleted, and the keys that opened it are destroyed.")
            % {"name": name},
            _("The certificate says what was deleted, what stays and on what ground; anybody can verify it offline:"),
            link("certificate", token),
            _("This link has no end. Keep it: there is no account any more."),
            env().operator_name,
        )
        return Letter(_("Certificate of deletion: %(name)s") % {"name": name}, "\n\n".join(lines) + "\n")


def link(purpose: str, token: str) -> str:
    """Return the address behind a token; `public.ending.urls` has the same path, and a test holds both equal."""
    return f"{env().public_url.rstrip('/')}/ending/{purpose}/{token}/"
