"""The operator's staff: commitments and training (PPL-1); accesses with a reason, a ticket and an end (PPL-2, PPL-7).

Whether an access may be opened, the agreement's gate decides: `agreements.services.staff` asks it, then calls `keep`.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from mandata.accounts import rules, selectors
from mandata.accounts.models import Commitment, StaffAccess
from mandata.accounts.selectors import Access
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import NotFound, Refused
from mandata.infra.clock import new_id
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, current_controller, scope
from mandata.record.services import append
from mandata.vault.services import Vault
from mandata.vault.services import begin as begin_vault

CLOSE: Final = "accounts.close_access"
_CLAUSE: Final = "people.training"


def commit(
    *, user_id: UUID, kind: str, on: date, evidence: str, by: UUID, at: datetime, until: date | None = None
) -> UUID:
    """Keep that somebody has signed confidentiality or was trained, with the evidence for it, and record it.

    `kind`: one of `rules.COMMITMENTS`; `until`: the last day on which training holds, which it needs; `by`: the user
    who keeps it. Works in the installation's scope, which it opens. Raises Refused for what cannot be.
    """
    _possible(kind, on, until, evidence, at)
    with scope(INSTANCE):
        begin_vault(at=at)
        if not selectors.user(user_id).is_operator:
            raise _refused(_("This account is not one of the operator's staff."), _("Choose somebody of the staff."))
        row = Commitment.objects.create(
            user_id=user_id, kind=kind, on=on, until=until, evidence=evidence.strip(), by=by, at=at
        )
        body: dict[str, object] = {"commitment": row.id, "user": user_id, "kind": kind, "on": on, "until": until}
        append(kind="staff.committed", body=body, actor=Actor("operator", by), at=at, clause=_CLAUSE)
    commitment_id: UUID = row.id
    return commitment_id


def _possible(kind: str, on: date, until: date | None, evidence: str, at: datetime) -> None:
    if kind not in rules.COMMITMENTS:
        raise ValueError(f"no such commitment: {kind}")
    if not evidence.strip():
        raise _refused(_("There is no evidence."), _("Say where the signed paper or the certificate lies."))
    if on > at.date() + timedelta(days=1):  # a day's grace: somewhere it is tomorrow already
        raise _refused(_("This day is yet to come."), _("Enter it once it has happened."))
    if kind == "training" and (until is None or until < on):
        raise _refused(_("Training needs a last day that is not before its first."), _("Say until when it holds."))


def _refused(message: str, remedy: str) -> Refused:
    return Refused(message, code="accounts.commitment", clause=_CLAUSE, remedy=remedy, status=422)


def keep(
    *, user_id: UUID, reason: str, ticket: str, country: str, minutes: int, at: datetime, product: str = ""
) -> Access:
    """Open an access to the scope's controller until it ends by time, and record it; the gate has been asked.

    Reason and ticket are the controller's to read; they enter the record as a commitment. Raises Refused without a
    reason or for a time that is too short or too long.
    """
    lasts = timedelta(minutes=minutes)
    if not reason.strip():
        raise _no(
            _("There is no reason."), _("Say why you need to see this controller's data; the controller reads it.")
        )
    if not rules.SHORTEST_ACCESS <= lasts <= rules.LONGEST_ACCESS:
        raise _no(
            _("An access lasts from 5 minutes to 8 hours."), _("Choose a time within that; it can be opened again.")
        )
    row = StaffAccess.objects.create(
        id=new_id(),
        user_id=user_id,
        reason=reason.strip()[:300],
        ticket=ticket.strip()[:80],
        country=country,
        opened_at=at,
        until=at + lasts,
        product=product[:60],
    )
    vault = Vault.open()
    vault.create([row.id])
    append(
        kind="staff.access_opened",
        body={"access": row.id, "user": user_id, "country": country, "until": row.until, "product": row.product},
        actor=Actor("operator", user_id),
        at=at,
        clause="location.access",
        commitment=vault.commit(row.id, {"reason": row.reason, "ticket": row.ticket}),
    )
    app.configure_task(CLOSE, queue="notices", schedule_at=row.until).defer(
        controller_id=str(current_controller()), access_id=str(row.id)
    )
    found = selectors.access(user_id, at=at)
    assert found is not None
    return found


def _no(message: str, remedy: str) -> Refused:
    return Refused(message, code="staff.access", clause="PPL-2: access needs a reason", remedy=remedy, status=422)


def close(*, access_id: UUID, actor: Actor, at: datetime) -> None:
    """Close an access of the scope before its time. One that is closed stays as it is. Raises NotFound."""
    row = StaffAccess.objects.select_for_update().filter(id=access_id).first()
    if row is None:
        raise NotFound(_("There is no such access."))
    if row.closed_at is None:
        _close(row, actor, min(at, row.until), "controller" if actor.kind == "member" else "staff")


def end_by_time(*, access_id: UUID, at: datetime) -> bool:
    """Close an access whose time is over and record it; said by its job. True where that was to be done."""
    row = StaffAccess.objects.select_for_update().filter(id=access_id, closed_at=None, until__lte=at).first()
    if row is None:
        return False
    _close(row, SYSTEM, row.until, "time")
    return True


def expire(*, user_id: UUID, at: datetime) -> int:
    """Close what a person's time is over for, without waiting for its job; return how many. Who tries to look too late
    settles it, and a clock that is set back afterwards opens nothing."""
    late = StaffAccess.objects.select_for_update().filter(user_id=user_id, closed_at=None, until__lte=at)
    rows = list(late)
    for row in rows:
        _close(row, SYSTEM, row.until, "time")
    return len(rows)


def _close(row: StaffAccess, actor: Actor, closed_at: datetime, by: str) -> None:
    StaffAccess.objects.filter(id=row.id).update(closed_at=closed_at, closed_by=by)
    body: dict[str, object] = {"access": row.id, "user": row.user_id, "by": by}
    append(kind="staff.access_closed", body=body, actor=actor, at=closed_at, clause="location.access")


def looked(*, access: Access, page: str, at: datetime) -> None:
    """Record that something was looked at under an access (PPL-2: logged). `page`: a code, such as a route's name."""
    latest = Value(at, output_field=DateTimeField())
    StaffAccess.objects.filter(id=access.id).update(seen_at=Greatest(Coalesce("seen_at", latest), latest))
    body: dict[str, object] = {"access": access.id, "page": page[:80]}
    append(kind="staff.looked", body=body, actor=Actor("operator", access.user_id), at=at)
