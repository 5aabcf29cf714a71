"""Reads of erasures of many people, inside a controller's scope: what was chosen, how far it is, of whom it failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.holdings import chosen, selectors
from mandata.holdings.errors import NoSuchRun
from mandata.holdings.models import Erasure, Run
from mandata.holdings.rules import Found
from mandata.holdings.selectors import Preview


@dataclass(frozen=True, slots=True)
class RunRow:
    """An erasure of many. `people` were chosen, `seen` of them counted for the preview; `earlier` were gone already."""

    id: UUID
    number: int
    state: str
    ground: str
    source: str
    wanted: Mapping[str, Any]
    people: int
    seen: int
    erased: int
    earlier: int
    failed: int
    error: str
    preview: Preview
    asked_by: str
    confirmed_by: str
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_working(self) -> bool:
        """Whether a job is at it."""
        return self.state in ("choosing", "counting", "running")

    @property
    def done(self) -> int:
        """How many of the chosen have been gone through in the present state."""
        return self.erased + self.earlier + self.failed if self.state != "counting" else self.seen


@dataclass(frozen=True, slots=True)
class FailedRow:
    """Somebody of whom the erasure failed: the reference, in which holdings, how."""

    subject: UUID
    holdings: str
    told: str


def run(run_id: UUID) -> RunRow:
    """Return one erasure of many. Raises NoSuchRun."""
    row = Run.objects.filter(id=run_id).first()
    if row is None:
        raise NoSuchRun(_("There is no such erasure."))
    return _row(row)


def runs(limit: int = 50) -> list[RunRow]:
    """Return the newest erasures of many, newest first."""
    return [_row(row) for row in Run.objects.order_by("-number")[:limit]]


def unfinished(ground: str, confirmed_by: str) -> list[UUID]:
    """Return the runs that somebody confirmed on a ground and that have not come to their end, oldest first."""
    rows = Run.objects.filter(state__in=["running", "stopped"], ground=ground, confirmed_by=confirmed_by)
    return list(rows.order_by("number").values_list("id", flat=True))


def failures(run_id: UUID, limit: int = 100) -> list[FailedRow]:
    """Return of whom an erasure failed."""
    return [FailedRow(*row) for row in chosen.failures(run_id, limit)]


def _row(row: Run) -> RunRow:
    names = [name for name in RunRow.__slots__ if name not in ("preview", "earlier")]
    told = {"earlier": 0, **{name: getattr(row, name) for name in names}}
    if row.state not in ("choosing", "counting", "ready"):
        told |= _reached(row)
    return RunRow(**told, preview=selectors.preview_of({key: Found(*found) for key, found in row.counts.items()}))


def _reached(row: Run) -> dict[str, int]:
    """How far it is, by what there is: the erasures with their entries, and who is still chosen."""
    erased = Erasure.objects.filter(run_id=row.id).count() if row.state != "done" else row.erased
    failed = chosen.failed(row.id)
    waiting = row.people if row.state == "cancelled" else chosen.count_of(row.id) - failed
    earlier = 0 if row.state == "cancelled" else row.people - erased - failed - waiting
    return {"erased": erased, "failed": failed, "earlier": earlier}
