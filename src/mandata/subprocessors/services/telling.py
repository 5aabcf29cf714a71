"""What a change means for one controller: told once, counted from the delivery, taken back. Opens the scope itself."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.rules.obligations import freeze
from mandata.agreements.rules.terms import Terms
from mandata.agreements.services import obligations
from mandata.foundation.actors import SYSTEM
from mandata.infra.tenancy import scope
from mandata.record.services import append
from mandata.subprocessors.models import Change, ChangeNotice, Objection
from mandata.subprocessors.rules import windows
from mandata.subprocessors.rules.windows import COUNTRY, Windows
from mandata.subprocessors.services import letters


def tell(controller_id: UUID, change: Change, *, at: datetime) -> bool:
    """Tell a controller of a change, if it concerns it and it was not told before; return whether it was told now.

    Notice, mail and record are one transaction, so that whoever is killed leaves all of it or nothing.
    """
    with scope(controller_id):
        if ChangeNotice.objects.filter(change=change.id).exists() or accounts.state() == "ended":
            return False
        agreement = agreements.in_force(at)
        if agreement is None or _knows(agreement, change) or not _stands(change.id):
            return False
        times = windows.count(agreement.terms, change.kind, at, change.planned_for)
        # Of two who come here at once, the second waits for the first to commit and then makes nothing.
        row, made = ChangeNotice.objects.get_or_create(
            change=change.id,
            defaults={"told_at": at, "source": times.source, "clause": times.notice_clause, **_times(times)},
        )
        if not made:
            return False
        row.served = letters.announce(change, agreement.terms, times, at=at)
        row.save(update_fields=["served"])
        body: dict[str, object] = {"change": change.id, "notice": row.served, "agreement": agreement.id}
        append(kind="subprocessor.change_told", body=body, actor=SYSTEM, at=at, clause=times.notice_clause)
        _owe(times.notice_clause, agreement.terms, since=times.opens_at, change=change, at=at)
    return True


def _stands(change_id: UUID) -> bool:
    """Whether a change is not withdrawn, nor will be before the transaction ends: who is told then is told of that."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select 1 from subprocessors_change where id = %s and state <> 'withdrawn' for share", [change_id]
        )
        return cursor.fetchone() is not None


def _owe(duty: str, terms: Terms, *, since: datetime, change: Change, at: datetime) -> None:
    """Open what a clause makes due: our notice ahead of the effect, the controller's window from the delivery."""
    if duty in terms.clauses:
        about = ("change", change.id)
        obligations.open_duty(duty=duty, since=since, cause=f"change:{change.id}", about=about, at=at)


def _knows(agreement: agreements.Agreement, change: Change) -> bool:
    """Who accepted a text that lists the change has agreed to it, and needs no notice; silence agrees to nothing."""
    return change.kind != COUNTRY and agreement.how != "silence" and agreement.accepted_at >= change.announced_at


def _times(times: Windows) -> dict[str, object]:
    counted = [freeze(due.steps) for due in (times.notice, times.objection) if due is not None]
    return {
        "notice_until": times.notice_until,
        "objection_until": times.objection_until,
        "opens_at": times.opens_at,
        "explanation": counted,
    }


def count(controller_id: UUID, change: Change, *, at: datetime) -> bool:
    """Let the periods run from the delivery of the notice, as it is known now; return whether nothing is left to do.

    A notice that comes back stops them again, and the gate with them; its repetition starts them anew.
    """
    with scope(controller_id):
        row = ChangeNotice.objects.select_for_update().filter(change=change.id).first()
        agreement = agreements.in_force(at)
        if row is None or agreement is None or row.withdrawn_at is not None:
            return True
        delivered = agreements.deemed(row.served)
        if delivered != row.delivered_at:
            times = windows.count(agreement.terms, change.kind, delivered or at, change.planned_for)
            row.delivered_at, row.opens_at = delivered, times.opens_at
            ChangeNotice.objects.filter(id=row.id).update(delivered_at=delivered, **_times(times))
            _counted(row, change, agreement.terms, times, at)
        return delivered is not None and at >= row.opens_at


def _counted(row: ChangeNotice, change: Change, terms: Terms, times: Windows, at: datetime) -> None:
    body: dict[str, object] = {"change": change.id, "notice": row.served, "delivered": row.delivered_at}
    if row.delivered_at is None:
        append(kind="subprocessor.change_undelivered", body=body, actor=SYSTEM, at=at, clause=times.notice_clause)
        return
    body |= {name: getattr(times, name) for name in ("notice_until", "objection_until", "opens_at")}
    append(kind="subprocessor.change_delivered", body=body, actor=SYSTEM, at=at, clause=times.objection_clause)
    evidence = {"notice": row.served, "delivered": row.delivered_at}
    obligations.meet_about(about=change.id, duties=(times.notice_clause,), evidence=evidence, actor=SYSTEM, at=at)
    _owe(times.objection_clause, terms, since=row.delivered_at, change=change, at=at)


def retract(controller_id: UUID, change: Change, *, at: datetime) -> bool:
    """Tell a controller that a change of which it was told is withdrawn; its open objections are thereby resolved."""
    with scope(controller_id):
        row = ChangeNotice.objects.select_for_update().filter(change=change.id, withdrawn_at=None).first()
        if row is None:
            return False
        ChangeNotice.objects.filter(id=row.id).update(withdrawn_at=at)
        open_ones = Objection.objects.filter(change=change.id, state__in=("open", "excluded"))
        for objection in open_ones.values_list("id", flat=True):
            obligations.lapse_about(about=objection, reason="withdrawn", at=at)
        obligations.lapse_about(about=change.id, reason="withdrawn", at=at)
        closed = open_ones.update(state="resolved", closed_by=str(SYSTEM), closed_at=at)
        notice = letters.retract(change, at=at)
        body: dict[str, object] = {"change": change.id, "notice": notice, "objections": closed}
        append(kind="subprocessor.change_retracted", body=body, actor=SYSTEM, at=at)
    return True
