"""The letters of assistance: to the controller in its language, to the processor in English. In the scope."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from mandata.accounts import selectors as accounts
from mandata.accounts.services.notices import Attachment
from mandata.agreements.services.notices import serve
from mandata.assistance.models import Intake, Proceeding, Request, Statement
from mandata.assistance.rules import codes
from mandata.foundation.errors import Refused
from mandata.infra.environment import env

_PAGE: Final = {"controller": "/privacy/assistance/", "processor": "/operator/assistance/"}


def asked(row: Request, words: str, *, at: datetime) -> UUID | None:
    """Tell who is asked what the other party asks for."""
    with _speaking(row.owed_by):
        subject = _("Request %(number)s for documents or help") % {"number": row.number}
        matter = _("It concerns %(matter)s.") % {"matter": _(codes.MATTERS[row.matter])}
        text = "\n\n".join([matter, words, _where(row.owed_by)])
        return _serve(row.owed_by, "assistance.asked", subject, text, ("assistance", row.id), at, codes.DOCUMENTS)


def answered(row: Request, words: str, *, at: datetime, refused: bool = False) -> UUID | None:
    """Tell who asked what was answered."""
    to = codes.other(row.owed_by)
    with _speaking(to):
        subject = _("Request %(number)s is refused") if refused else _("Request %(number)s is answered")
        text = "\n\n".join([words, _where(to)])
        told = subject % {"number": row.number}
        return _serve(to, "assistance.answered", told, text, ("assistance", row.id), at, codes.DOCUMENTS)


def proceeding(row: Proceeding, kind: str, words: str, *, at: datetime) -> UUID | None:
    """Tell the other party of an authority's proceeding, its progress or its result."""
    to = codes.other(row.told_by)
    with _speaking(to):
        subject = {
            "opened": _("An authority has opened proceeding %(number)s"),
            "progress": _("Progress of the authority's proceeding %(number)s"),
            "result": _("Result of the authority's proceeding %(number)s"),
        }[kind]
        text = "\n\n".join([words, _where(to)])
        told = subject % {"number": row.number}
        return _serve(to, f"assistance.{kind}", told, text, ("proceeding", row.id), at, codes.INSPECTION)


def told(row: Intake, title: str, *, at: datetime) -> UUID | None:
    """Tell the processor that the controller has told something of itself."""
    with _speaking("processor"):
        subject = _("A controller tells: %(kind)s") % {"kind": _(codes.INTAKES[row.kind])}
        text = "\n\n".join([title, _where("processor")])
        return _serve("processor", "assistance.told", subject, text, ("intake", row.id), at, "controller.impact")


def stated(row: Statement, content: bytes, *, at: datetime) -> UUID | None:
    """Send the controller a month's statement with its lines as CSV."""
    with _speaking("controller"):
        month = f"{row.month:%Y-%m}"
        subject = _("Statement of assistance for %(month)s") % {"month": month}
        sums = [f"{one['currency']} {one['net']}" for one in row.totals]
        due = _("Net sum: %(sum)s. Value added tax is told apart.") % {"sum": ", ".join(sums)}
        text = "\n\n".join([due if sums else _("Nothing is charged for this month."), _where("controller")])
        file = Attachment(f"assistance-{month}.csv", "text/csv", content)
        about = ("statement", row.id)
        return _serve("controller", "invoice.assistance", subject, text, about, at, "assistance.paid", [file])


def _speaking(party: str) -> override:
    return override(accounts.controller().language if party == "controller" else "en")


def _where(party: str) -> str:
    return _("It stands with everything that belongs to it here: %(page)s") % {
        "page": env().public_url.rstrip("/") + _PAGE[party]
    }


def _serve(
    party: str,
    kind: str,
    subject: str,
    text: str,
    about: tuple[str, UUID],
    at: datetime,
    clause: str,
    attachments: list[Attachment] | None = None,
) -> UUID | None:
    """Serve it; a party without any address finds it on its page, and the record says that nothing was sent."""
    try:
        return serve(
            kind=kind,
            party=party,
            subject=subject,
            text=text,
            at=at,
            clause=clause,
            about=about,
            attachments=attachments or (),
        )
    except Refused as refused:
        if refused.code != "notice.no_address":
            raise
        return None
