"""Monthly statements of help: made once of what is in no statement yet, and changed by nobody. In the scope.

Lines whose price is still to be stated, or that wait for an index, stay out and come with the next month.
"""

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import override

from mandata.accounts import selectors as accounts
from mandata.agreements import pdf
from mandata.agreements.rules.text import Chapter, Document, Paragraph
from mandata.agreements.selectors import operator as operators_name
from mandata.assistance import selectors
from mandata.assistance.errors import BadWords, WrongState
from mandata.assistance.models import Statement, Work
from mandata.assistance.rules import billing, codes
from mandata.assistance.services import letters
from mandata.audience.rules.cells import safe
from mandata.audience.services.numbers import next_number
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.tenancy import current_controller
from mandata.record.services import append

CLAUSE = "assistance.paid"
COLUMNS = ("day", "kind", "about", "minutes", "state", "hour", "work", "costs", "currency", "clause", "source")


def vat() -> Decimal | None:
    """The rate of value added tax in percent that the installation is set to; None where it is not known."""
    return Decimal(env().vat_percent) if env().vat_percent else None


def issue(*, month: date, actor: Actor, at: datetime) -> UUID:
    """Issue the statement of a month that is over, tell the controller, and return its id.

    Raises WrongState where there is one already, BadWords for a month that is not over.
    """
    first, until = month.replace(day=1), _next(month)
    if until > at.date():
        raise BadWords(_("This month is not over yet."), clause=CLAUSE, remedy=_("Issue it on the first of the next."))
    _lock()
    if Statement.objects.filter(month=first).exists():
        raise WrongState(_("This month has its statement already."), clause=CLAUSE)
    worked = selectors.unbilled(until, at=at)
    ready = [one for one in worked if one.line and one.line.state in (billing.FREE, billing.BILLED)]
    lines = [one.line for one in ready if one.line]
    percent = vat()
    row = Statement(id=new_id(), number=next_number(Statement), month=first, at=at, by=str(actor)[:60])
    row.lines, row.vat_percent = [_told(one) for one in ready], percent
    row.totals = [
        {
            "currency": one.currency,
            "net": f"{one.net:.2f}",
            "vat": "" if one.vat is None else f"{one.vat:.2f}",
            "gross": f"{one.gross:.2f}",
        }
        for one in billing.totals(lines, percent)
    ]
    row.save(force_insert=True)
    Work.objects.filter(id__in=[one.id for one in ready]).update(statement=row.id)
    body: dict[str, object] = {
        "statement": row.id, "number": row.number, "month": f"{first:%Y-%m}", "lines": len(ready),
        "left": len(worked) - len(ready), "totals": row.totals,
    }  # fmt: skip
    append(kind="assistance.stated", body=body, actor=actor, at=at, clause=CLAUSE)
    own: UUID = row.id
    letters.stated(row, as_csv(own), at=at)
    return own


def _next(month: date) -> date:
    year, following = divmod(month.year * 12 + month.month, 12)
    return date(year, following + 1, 1)


def _lock() -> None:
    """One statement at a time for a controller."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"statements:{current_controller()}"])


def _told(one: selectors.WorkView) -> dict[str, Any]:
    """A line as it is kept: sums as texts with two decimals."""
    line = one.line
    if line is None:
        raise ValueError("a line without an agreement is in no statement")
    return {
        "id": str(one.id),
        "day": one.day.isoformat(),
        "kind": one.kind,
        "about": f"{one.about_kind}:{one.about}",
        "minutes": one.minutes,
        "state": line.state,
        "hour": f"{line.hour.amount:.2f}" if line.hour else "",
        "work": f"{line.work:.2f}",
        "costs": f"{line.costs:.2f}",
        "currency": line.currency,
        "clause": line.clause,
        "source": line.source,
    }


def as_csv(statement_id: UUID) -> bytes:
    """A statement as CSV (UTF-8 with its mark), one line for each piece of work and one for each sum."""
    found = selectors.statement(statement_id)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in found.lines:
        writer.writerow([safe(str(line[name])) for name in COLUMNS])
    for one in found.totals:
        for name in ("net", "vat", "gross"):
            writer.writerow(["", name, "", "", "", "", one[name], "", one["currency"], "", ""])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_json(statement_id: UUID) -> bytes:
    """A statement as JSON."""
    found = selectors.statement(statement_id)
    told = {
        "format": "mandata-statement-1",
        "number": found.number,
        "month": f"{found.month:%Y-%m}",
        "issued": found.at.isoformat(),
        "lines": [{name: line[name] for name in COLUMNS} for line in found.lines],
        "totals": list(found.totals),
        "vat_percent": None if found.vat_percent is None else str(found.vat_percent),
    }
    return json.dumps(told, indent=1).encode()


def as_pdf(statement_id: UUID, *, language: str) -> bytes:
    """A statement as PDF in a language ("en", "cs")."""
    found, card = selectors.statement(statement_id), accounts.controller()
    with override(language):
        items = tuple(_line(one) for one in found.lines) or (_("No work was entered."),)
        sums = tuple(_sum(one) for one in found.totals) or (_("Nothing is charged for this month."),)
        parties = _("From %(processor)s to %(controller)s.") % {
            "processor": operators_name().name,
            "controller": card.legal_name or card.name,
        }
        chapters = (
            Chapter("1", _("Work"), (Paragraph("", "work", _("Lines"), parties, items, "", ""),)),
            Chapter("2", _("Sums"), (Paragraph("", "sums", _("Sums"), _("VAT is told apart."), sums, "", ""),)),
        )
        title = _("Statement of assistance %(number)s") % {"number": found.number}
        return pdf.pdf(Document(language, title, f"{found.month:%Y-%m}", chapters))


def _line(one: dict[str, Any]) -> str:
    kind = _(codes.WORK[one["kind"]])
    spent = _("%(day)s: %(kind)s, %(minutes)s minutes") % {"day": one["day"], "kind": kind, "minutes": one["minutes"]}
    if one["state"] == billing.FREE:
        return _("%(spent)s: free of charge") % {"spent": spent}
    return _("%(spent)s at %(hour)s an hour: %(work)s; costs %(costs)s (%(source)s)") % {
        "spent": spent,
        "hour": f"{one['currency']} {one['hour']}",
        "work": f"{one['currency']} {one['work']}",
        "costs": one["costs"],
        "source": one["source"],
    }


def _sum(one: dict[str, Any]) -> str:
    vat = one["vat"] or _("not known")
    return _("%(currency)s: net %(net)s, VAT %(vat)s, in all %(gross)s") % {**one, "vat": vat}
