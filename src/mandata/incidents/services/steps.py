"""What every verb does: the breach under a lock, a step of the timeline with its entry in the record of that scope."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements.services import obligations
from mandata.foundation.actors import Actor
from mandata.incidents import rules
from mandata.incidents.errors import NoSuchBreach
from mandata.incidents.models import Breach, Share, Step
from mandata.record.services import append


def locked(breach_id: UUID) -> Breach:
    """Return a breach under a lock, in the installation's scope. Raises NoSuchBreach."""
    row: Breach | None = Breach.objects.select_for_update().filter(id=breach_id).first()
    if row is None:
        raise NoSuchBreach(_("There is no such breach."))
    return row


def share(share_id: UUID) -> Share:
    """Return a controller's share under a lock, in its scope. Raises NoSuchBreach."""
    row: Share | None = Share.objects.select_for_update().filter(id=share_id).first()
    if row is None:
        raise NoSuchBreach(_("There is no such breach."))
    return row


def owe_handling(row: Breach, cause: str, since: datetime, *, actor: Actor, at: datetime) -> None:
    """Open what the operator owes itself: to find out whom a breach touches, and to tell them."""
    obligations.open_duty(
        duty=rules.HANDLING,
        since=since,
        cause=cause,
        at=at,
        about=("breach", row.id),
        owed_by="processor",
        owed_to="controller",
        actor=actor,
    )


def enter(
    row: Breach | Share,
    kind: str,
    *,
    actor: Actor,
    at: datetime,
    detail: Mapping[str, object] | None = None,
    clause: str = "",
) -> None:
    """Put a step into the timeline and the record; `detail` holds ids, codes and counts only.

    A drill's entries are of a kind of their own, so that nobody counts them among breaches.
    """
    breach: UUID = row.id if isinstance(row, Breach) else row.breach
    told = dict(detail or {})
    family = "breach_drill" if row.drill else "breach"
    body: dict[str, object] = {"breach": breach, "number": row.number, **told}
    entry = append(kind=f"{family}.{kind}", body=body, actor=actor, at=at, clause=clause)
    Step.objects.create(breach=breach, at=at, kind=kind, actor=str(actor)[:60], detail=plain(told), entry=entry)


def plain(detail: Mapping[str, object]) -> dict[str, object]:
    """Ids and times as text."""
    return {
        name: str(value) if isinstance(value, UUID) else value.isoformat() if isinstance(value, datetime) else value
        for name, value in detail.items()
    }
