"""Drills: who takes part, and what one measured. A drill is a breach in everything but that nothing is owed."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from mandata.foundation.actors import Actor
from mandata.incidents import rules
from mandata.incidents.models import Affected, Breach, Drilling, Phase, Share
from mandata.incidents.services import steps
from mandata.infra.tenancy import INSTANCE, current_controller, scope
from mandata.record.services import append


def take_part(*, actor: Actor, at: datetime, ends: bool = False) -> None:
    """Let the scope's controller take part in drills, or no longer; saying it twice changes nothing."""
    with scope(current_controller()):
        running = Drilling.objects.select_for_update().filter(ended_at=None).first()
        if (running is None) == ends or actor.id is None:
            return
        if running is not None:
            Drilling.objects.filter(id=running.id).update(ended_at=at)
        else:
            Drilling.objects.create(by=actor.id, since=at)
        append(kind=f"breach_drill.{'left' if ends else 'joined'}", body={}, actor=actor, at=at)


def measure(breach_id: UUID, *, actor: Actor, at: datetime) -> rules.Measured:
    """Say what a drill measured and keep it: who was told, in time by its own clause, how long it took.

    Raises NoSuchBreach. Opens the scopes itself.
    """
    with scope(INSTANCE):
        row = steps.locked(breach_id)
        whose = list(Affected.objects.filter(breach_id=row.id, records__gt=0).values_list("whose", flat=True))
        aware = row.aware_at
    told = [_told(breach_id, one) for one in whose]
    found = rules.measured(aware, told)
    with scope(INSTANCE):
        row = steps.locked(breach_id)
        row.result = {**asdict(found), "counted_seconds": row.count_seconds, "at": at.isoformat()}
        row.changed_at = at
        Breach.objects.filter(id=row.id).update(result=row.result, changed_at=at)
        detail = {"told": found.told, "controllers": found.controllers, "in_time": found.in_time}
        steps.enter(row, "measured", actor=actor, at=at, detail=detail)
    return found


def _told(breach_id: UUID, whose: UUID) -> rules.Told:
    with scope(whose):
        share = Share.objects.filter(breach=breach_id).first()
        first = Phase.objects.filter(share_id=share.id).order_by("number").first() if share else None
    return rules.Told(first.told_at, first.due_at) if first else rules.Told(None, None)
