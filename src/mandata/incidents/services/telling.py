"""One notice for each affected controller, by its own clause and clock, each exactly once (BRE-1, BRE-2).

`tell` says that everybody affected is to know the present revision; jobs carry it out, each controller in a transaction
of its own: share, obligations, notice, phase and record entry are there together or not at all. Who is killed leaves
the rest to the next round (`follow`, every minute). No assessment of a risk is waited for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from mandata.accounts.services import notices as outbox
from mandata.agreements.rules import owing
from mandata.agreements.rules.terms import Terms
from mandata.agreements.services import ledger, obligations
from mandata.agreements.services.notices import serve, serve_by_letter
from mandata.audience.services.numbers import next_number
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Refused
from mandata.holdings import breadth
from mandata.incidents import rules
from mandata.incidents.errors import WrongState
from mandata.incidents.models import Affected, Breach, Drilling, Filter, Phase, Share
from mandata.incidents.rules import Wanted
from mandata.incidents.services import desk, letters, steps
from mandata.incidents.services.arriving import follow
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.logs import log
from mandata.infra.tenancy import INSTANCE, scope

JOB: Final = "incidents.tell"
BATCH: Final = 50
KIND: Final = "breach.notice"
DRILL: Final = "breach_drill.notice"
_log = log("incidents")


@dataclass(frozen=True, slots=True)
class Common:
    """What every controller is told alike; it names none of them."""

    id: UUID
    number: int
    drill: bool
    revision: int
    believed_at: datetime
    aware_at: datetime
    facts: dict[str, Any]
    filters: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class ByHand:
    """That a controller was told by another way: how (a code of `notices.WAYS`), when it learned of it, what shows it,
    which of the operator's users enters it."""

    way: str
    when: datetime
    evidence: str
    by: UUID


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted at one controller; `again_at`: since when we know that it is affected, after it was not."""

    whose: UUID
    subjects: int
    records: int
    places: dict[str, list[int]]
    again_at: datetime | None = None


def tell(breach_id: UUID, *, actor: Actor, at: datetime) -> int:
    """Have every affected controller told what is known now; return how many are to be told. Twice is once.

    Raises NoSuchBreach, WrongState: closed, forbidden by law, nobody counted.
    """
    with scope(INSTANCE):
        row = steps.locked(breach_id)
        if row.state == "closed":
            raise WrongState(_("This breach is closed."), remedy=_("Open it again first."))
        if row.forbidden:
            raise WrongState(
                _("The law forbids to tell, as this breach's page says."),
                clause="breach.exception",
                remedy=_("Take the prohibition out as soon as it no longer stands; the clocks run on."),
            )
        waiting = list(
            desk.affected(row.id).filter(told__lt=row.revision).order_by("whose").values_list("whose", flat=True)
        )
        if not waiting and not desk.affected(row.id).exists():
            raise WrongState(
                _("No controller is known to be affected."),
                remedy=_("Add a filter and count; the notice then goes to everybody whom it touches."),
            )
        if waiting and row.telling < row.revision:
            Breach.objects.filter(id=row.id).update(telling=row.revision, changed_at=at)
            detail = {"revision": row.revision, "controllers": len(waiting)}
            steps.enter(row, "telling", actor=actor, at=at, detail=detail, clause=rules.NOTIFY)
        _queue(row.id, waiting)
        return len(waiting)


def _queue(breach_id: UUID, controllers: Sequence[UUID]) -> None:
    for start in range(0, len(controllers), BATCH):
        batch: list[Any] = [str(one) for one in controllers[start : start + BATCH]]
        app.configure_task(JOB, queue="incidents").defer(breach_id=str(breach_id), controllers=batch)


def common(breach_id: UUID) -> Common:
    """What is told now, of the revision that is to be told; opens the installation's scope. Raises NoSuchBreach."""
    with scope(INSTANCE):
        row = steps.locked(breach_id)
        kept = Filter.objects.filter(breach_id=row.id).order_by("at", "id").values_list("wanted", flat=True)
        facts = {name: getattr(row, name) for name in desk.TOLD} | {"aware_at": row.aware_at}
        return Common(
            row.id,
            row.number,
            row.drill,
            row.revision if row.telling else 0,
            row.believed_at,
            row.aware_at,
            steps.plain(facts),
            tuple(rules.read(one, holdings=breadth.countable()) for one in kept),
        )


def tell_each(breach_id: UUID, controllers: Sequence[UUID], *, at: datetime) -> list[UUID]:
    """Tell some controllers, whatever becomes of one of them; return those to whom it could not be told."""
    known = common(breach_id)
    failed = []
    for whose in controllers:
        try:
            if known.revision:
                tell_one(known, whose, at=at)
        except Refused as refused:
            _note(breach_id, whose, failure=refused.code[:60])
            failed.append(whose)
        except Exception as error:
            _log.error("controller.failed", controller=str(whose), error=type(error).__name__, exc_info=True)
            _note(breach_id, whose, failure="error")
            failed.append(whose)
    finish(breach_id, at)
    return failed


def tell_one(known: Common, whose: UUID, *, at: datetime, by_hand: ByHand | None = None) -> bool:
    """Tell one controller, if it was not told this revision; return whether it was told now. Opens the scopes.

    `by_hand`: it was told already, by another way than ours. A job that was queued before the law forbade to tell tells
    nobody from then on.
    """
    counted = _counted(known, whose)
    if counted is None:
        return False
    with scope(whose):
        told = _told(known, counted, at, by_hand)
    _note(known.id, whose, told=known.revision, again_at=counted.again_at)
    return told


def _counted(known: Common, whose: UUID) -> Counted | None:
    """What was counted at a controller, and the note that it may know from now on: a recount before the telling is
    noted must not forget whom to tell that it is not affected after all. None where it is not to be told."""
    with scope(INSTANCE):
        row = Affected.objects.select_for_update().filter(breach_id=known.id, whose=whose).first()
        if row is None or Breach.objects.filter(id=known.id).exclude(forbidden="").exists():
            return None
        if row.tried < known.revision:
            Affected.objects.filter(id=row.id).update(tried=known.revision)
        return Counted(whose, row.subjects, row.records, row.places, row.again_at)


def _note(breach_id: UUID, whose: UUID, *, told: int = 0, failure: str = "", again_at: datetime | None = None) -> None:
    with scope(INSTANCE):
        rows = Affected.objects.filter(breach_id=breach_id, whose=whose)
        if failure:
            rows.update(failure=failure)
        else:
            rows.filter(told__lte=told).update(told=told, failure="")
            if again_at is not None:  # of what a recount found since then it is not told yet
                rows.filter(again_at=again_at).update(again_at=None)


def _told(known: Common, counted: Counted, at: datetime, by_hand: ByHand | None) -> bool:
    share = _share(known, at)
    phases = Phase.objects.filter(share_id=share.id)
    if phases.filter(revision__gte=known.revision).exists():
        return False
    number = phases.count() + 1
    kind = rules.next_kind(number, spared=share.state == "spared", affected=bool(counted.records))
    if not kind:
        return False
    since = (counted.again_at or at) if kind == "again" else None
    share.subjects, share.records, share.places = counted.subjects, counted.records, counted.places
    share.facts, share.state = known.facts, "spared" if kind == "spared" else "open"
    share.wanted = [rules.kept(one, controllers=False) for one in rules.meant(known.filters, counted.whose)]
    share.aware_at, share.told_at = since or share.aware_at or known.aware_at, share.told_at or at
    before = share.authority
    if kind == "again":
        _anew(share)
    share.save()
    _agreement, terms = ledger.last_agreement(at)
    taking_part = not share.drill or Drilling.objects.filter(ended_at=None).exists()
    letter = letters.notice(share, terms, kind=kind, number=number, visible=taking_part)
    due = None
    if share.drill:
        due = _due(terms, since or known.aware_at)
    elif kind in ("first", "again"):
        _owe(share, known, number, since, at)
    if by_hand is not None:
        served = _entered(share, by_hand, at)
    else:
        served = _send(share, letter, at) if taking_part else _to_ourselves(letter, at)
    made = Phase.objects.create(
        share_id=share.id,
        revision=known.revision,
        number=number,
        kind=kind,
        served=served if taking_part else None,
        facts=share.facts,
        subjects=counted.subjects,
        records=counted.records,
        told_at=at,
        due_at=due,
    )
    if taking_part:
        detail = {"notice": served, "phase": made.number, "revision": known.revision}
        detail |= {"subjects": counted.subjects, "records": counted.records}
        if kind == "again":
            detail |= {"aware": since, "before": before}
        steps.enter(share, f"told_{kind}", actor=SYSTEM, at=at, detail=detail, clause=rules.NOTIFY)
    if kind == "spared":  # what a controller owes by its own report, it owes whatever we count
        duties = (rules.NOTIFY,) if share.reported_at else ()
        obligations.lapse_about(about=share.id, reason="not_affected", duties=duties, at=at)
    return True


def _anew(share: Share) -> None:
    """Who was told not to be affected, and is: its own time begins when that arrives, and it has to decide anew, unless
    the authority knows of the breach already (more is added there, Art. 33(4) GDPR)."""
    if share.reported_at is None:
        share.own_aware_at = None
    if share.authority != "sent":
        share.authority, share.authority_at, share.authority_by, share.authority_words = "", None, None, ""


def _share(known: Common, at: datetime) -> Share:
    """The controller's share, locked; of two who come here at once, the second waits for the first."""
    found: Share | None = Share.objects.select_for_update().filter(breach=known.id).first()
    if found is not None:
        return found
    number = next_number(Share)  # waits for whoever makes one at this controller
    found = Share.objects.select_for_update().filter(breach=known.id).first()
    if found is None:
        found = Share.objects.create(breach=known.id, number=number, drill=known.drill, created_at=at)
    return found


def _owe(share: Share, known: Common, number: int, again: datetime | None, at: datetime) -> None:
    """Open what the clause owes, from the event that the clause names; a trouble there never holds the notice back."""
    cause, about = rules.cause(known.id, number), ("breach", share.id)
    try:
        with transaction.atomic():
            for event, since in (("belief", known.believed_at), ("awareness", known.aware_at)):
                obligations.open_for(
                    event=event,
                    since=again or since,
                    cause=cause,
                    at=at,
                    about=about,
                    owed_by="processor",
                    owed_to="controller",
                    only=(rules.NOTIFY,),
                )
    except Refused as refused:
        _log.error("breach.no_obligation", code=refused.code, share=str(share.id))


def _due(terms: Terms | None, since: datetime) -> datetime | None:
    """By when a drill's notice would have been owed; a drill opens no obligation."""
    found = owing.owed(terms, rules.NOTIFY, since, ledger.reckoning(terms))
    return found.due.statutory if found is not None and found.length is not None else None


def _send(share: Share, letter: letters.Letter, at: datetime) -> UUID:
    return serve(
        kind=DRILL if share.drill else KIND,
        party="controller",
        subject=letter.subject,
        text=letter.text,
        clause=rules.NOTIFY,
        about=("breach", share.id),
        at=at,
    )


def _entered(share: Share, by_hand: ByHand, at: datetime) -> UUID:
    return serve_by_letter(
        kind=KIND,
        party="controller",
        way=by_hand.way,
        evidence=by_hand.evidence,
        by=by_hand.by,
        at=at,
        clause=rules.NOTIFY,
        about=("breach", share.id),
        received_at=by_hand.when,
    )


def _to_ourselves(letter: letters.Letter, at: datetime) -> UUID:
    """The notice of a drill for a controller that takes part in none goes to our own address."""
    said = env()
    return outbox.send_notice(
        to=said.operator_contact,
        to_name=said.operator_name,
        subject=letter.subject,
        text=letter.text,
        kind=DRILL,
        at=at,
        sender_name=said.operator_name,
        reply_to=said.operator_contact,
    )


def finish(breach_id: UUID, at: datetime) -> None:
    """Once everybody has been told, what the operator owed itself is met."""
    with scope(INSTANCE):
        row = steps.locked(breach_id)
        if row.telling and not desk.behind(row.id, row.telling).exists():
            desk.handled(row, {"revision": row.telling}, SYSTEM, at)


def spread_again(*, at: datetime, limit: int = 500) -> int:
    """Do what a killed job has left: tell who waits, and look which notices have arrived; return how many were seen."""
    with scope(INSTANCE):
        live = Breach.objects.filter(telling__gt=0)
        rows = list(live.values_list("id", "telling", "forbidden"))
        untold = {
            breach: list(desk.affected(breach).filter(told__lt=telling).values_list("whose", flat=True)[:limit])
            for breach, telling, forbidden in rows
            if not forbidden
        }
        arriving = list(
            Affected.objects.filter(told__gt=0, aware_at=None, breach_id__in=[one for one, *_rest in rows])
            .filter(Q(records__gt=0))
            .values_list("breach_id", "whose")[:limit]
        )
    for breach, controllers in untold.items():
        if controllers:
            tell_each(breach, controllers, at=at)
    for breach, whose in arriving:
        try:
            follow(breach, whose, at=at)
        except Exception as error:  # one controller's trouble never holds back what begins at the others
            _log.error("controller.not_followed", controller=str(whose), error=type(error).__name__, exc_info=True)
    return sum(map(len, untold.values())) + len(arriving)
