"""What is open at the operator's desks across controllers, so that a desk need not look into each: ids and times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mandata.assistance.models import Waiting
from mandata.infra.tenancy import current_controller


@dataclass(frozen=True, slots=True)
class Thing:
    """Something open: whose, of which kind, since when."""

    controller_id: UUID
    id: UUID
    kind: str
    since: datetime


def note(*, kind: str, thing: UUID, since: datetime) -> None:
    """Remember that something of the scope's controller is open; again changes nothing."""
    Waiting.objects.get_or_create(
        id=thing, defaults={"controller_id": current_controller(), "kind": kind, "since": since}
    )


def strike(thing: UUID) -> None:
    """Forget it, because it is done."""
    Waiting.objects.filter(id=thing, controller_id=current_controller()).delete()


def listed(kinds: Sequence[str], *, start: int = 0, count: int = 50) -> tuple[int, list[Thing]]:
    """Return how much is open of these kinds at all controllers, and one page of it, oldest first. Needs no scope."""
    rows = Waiting.objects.filter(kind__in=list(kinds)).order_by("since", "id")
    page = rows[start : start + count]
    return rows.count(), [Thing(row.controller_id, row.id, row.kind, row.since) for row in page]
