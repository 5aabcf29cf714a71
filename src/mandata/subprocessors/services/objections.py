"""Objections of a controller: filed, withdrawn, settled, or ending the affected service (SPR-3). In its scope."""

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.terms import Terms
from mandata.agreements.services import obligations
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Refused
from mandata.infra.tenancy import current_controller
from mandata.record.services import append
from mandata.subprocessors.errors import AlreadyObjected, NoSuchObjection, WrongState
from mandata.subprocessors.models import Change, ChangeNotice, Objection
from mandata.subprocessors.rules import settling, windows
from mandata.subprocessors.services import changes, letters

_RESOLVE = "subprocessor.resolve"
_UNRESOLVED = "subprocessor.unresolved"
_RIGHTS = ("subprocessor.objection", "location.opposition")


def object_to(*, change_id: UUID, words: str, actor: Actor, at: datetime) -> UUID:
    """File a controller's objection, in time or late, and return its id; from now on the gate is shut for it.

    Its words stay in its scope; the operator is told that there is one, and our duty to resolve it begins. Raises
    NoSuchChange, WrongState for a change that was withdrawn, AlreadyObjected, Refused without words or member.
    """
    if actor.id is None or not words.strip():
        raise Refused(_("An objection needs who objects, and why."), code="subprocessors.words", status=422)
    _lock()
    change, now_in_force = changes.row(change_id), agreements.in_force(at)
    if change.state == "withdrawn":
        raise WrongState(_("This change was withdrawn; there is nothing to object to."))
    if Objection.objects.filter(change=change_id, state__in=settling.STANDS).exists():
        raise AlreadyObjected(_("You have objected to this change already."), remedy=_("Withdraw it, or wait."))
    terms = now_in_force.terms if now_in_force else None
    row: Objection = Objection.objects.create(
        change=change_id,
        words=words.strip(),
        by=actor.id,
        at=at,
        in_time=_in_time(change, at),
        resolve_until=windows.resolve_until(terms, at) if terms else None,
    )
    body: dict[str, object] = {"objection": row.id, "change": change_id, "in_time": row.in_time}
    body |= {"resolve_until": row.resolve_until}
    append(kind="subprocessor.objected", body=body, actor=actor, at=at, clause="subprocessor.objection")
    letters.objected(change, in_time=row.in_time, at=at)
    _owe(row, terms, actor, at)
    return UUID(str(row.id))


def _in_time(change: Change, at: datetime) -> bool:
    """By the notice; a notice still on its way starts no period. Who was not told is in time until the change comes."""
    told = ChangeNotice.objects.filter(change=change.id).values_list("delivered_at", "objection_until").first()
    if told is None:
        return at < change.planned_for
    delivered, until = told
    return delivered is None or windows.in_time(at, until)


def _owe(row: Objection, terms: Terms | None, actor: Actor, at: datetime) -> None:
    cause = f"objection:{row.id}"
    obligations.meet_about(about=row.change, duties=_RIGHTS, evidence={"objection": row.id}, actor=actor, at=at)
    if terms is not None and _RESOLVE in terms.clauses:
        obligations.open_duty(duty=_RESOLVE, since=at, cause=cause, about=("objection", row.id), actor=actor, at=at)


def withdraw(*, objection_id: UUID, actor: Actor, at: datetime) -> None:
    """Take an objection back; the gate opens again as far as notice and window have run. Raises NoSuchObjection,
    WrongState.
    """
    row = _standing(objection_id, settling.STANDS)
    _close(row, "withdrawn", "", "subprocessor.objection_withdrawn", actor, at)


def resolve(*, objection_id: UUID, outcome: str, words: str, actor: Actor, at: datetime) -> None:
    """Record how the discussion of an objection has ended: "agreed", "excluded" or "dismissed" (`rules.settling`).

    Only the controller's own member can agree. Who is excluded is led round the sub-processor: the gate stays shut for
    it. Raises NoSuchObjection, WrongState.
    """
    row = _standing(objection_id, settling.STANDS)
    member = actor.kind == "member"
    if not settling.may_settle(row.state, outcome, in_time=row.in_time, by_controller=member):
        raise WrongState(
            _("The objection cannot end so (%(outcome)s).") % {"outcome": outcome},
            clause="subprocessor.objection",
            remedy=_("Only the controller can agree; only an objection that came late can be dismissed."),
        )
    _close(row, settling.state_after(outcome), words, f"subprocessor.objection_{outcome}", actor, at)
    if not member:
        letters.settled(changes.row(row.change), outcome, at=at)


def end_service(*, objection_id: UUID, words: str, actor: Actor, at: datetime) -> None:
    """End, as the controller and in writing, the service that an unresolved objection affects, without penalty.

    The gate stays shut for good; the agreement itself goes on for what does not need the sub-processor. Raises
    NoSuchObjection, and WrongState where the agreement knows no such end, before the period for resolving it has
    passed, or where the objection came late.
    """
    row = _standing(objection_id, settling.STANDS)
    found = agreements.ground(at).agreement
    if found is None or found.terms.chosen(_UNRESOLVED) not in settling.MAY_END:
        raise WrongState(
            _(
                "By this agreement the sub-processor is not engaged for you while the objection stands, and no service "
                "ends."
            ),
            clause=_UNRESOLVED,
            remedy=_("End the agreement by its own clauses if you want to."),
        )
    if not settling.may_end(row.state, at, in_time=row.in_time, resolve_until=row.resolve_until):
        raise _not_yet(row)
    _close(row, "ended", words, "subprocessor.service_ended", actor, at)


def _not_yet(row: Objection) -> WrongState:
    remedy = _("Wait until then, or end the agreement by its own clauses.")
    if not row.in_time or row.resolve_until is None:
        return WrongState(
            _("The objection came after its window, so it ends no service."), clause=_RESOLVE, remedy=remedy
        )
    said = _("The affected service cannot be ended yet: the parties try to resolve the objection until %(until)s.")
    return WrongState(said % {"until": f"{row.resolve_until:%Y-%m-%d %H:%M} UTC"}, clause=_RESOLVE, remedy=remedy)


def _standing(objection_id: UUID, states: frozenset[str]) -> Objection:
    row: Objection | None = Objection.objects.select_for_update().filter(id=objection_id).first()
    if row is None:
        raise NoSuchObjection(_("There is no such objection."))
    if row.state not in states:
        raise WrongState(_("This objection is closed already."), remedy=_("Reload the page."))
    return row


def _close(row: Objection, state: str, words: str, kind: str, actor: Actor, at: datetime) -> None:
    Objection.objects.filter(id=row.id).update(
        state=state, outcome=words.strip() or row.outcome, closed_by=str(actor)[:60], closed_at=at
    )
    obligations.meet_about(about=row.id, evidence={"outcome": kind}, actor=actor, at=at)
    if actor.kind == "member" and state != "excluded":
        letters.moved(changes.row(row.change), state, at=at)
    append(
        kind=kind,
        body={"objection": row.id, "change": row.change},
        actor=actor,
        at=at,
        clause="subprocessor.objection",
    )


def _lock() -> None:
    """One objection at a time for a controller: of two members at once, the second is told of the first."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"objections:{current_controller()}"])
