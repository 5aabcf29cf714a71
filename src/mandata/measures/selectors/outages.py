"""Outages, and how much of each month a part was there (SEC-9)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mandata.measures.models import Outage, Pulse
from mandata.measures.rules import outages as rules


@dataclass(frozen=True, slots=True)
class OutageRow:
    """An outage as pages show it; ``restored_at`` is None while it lasts, ``cause`` empty until it is known."""

    id: UUID
    part: str
    found_by: str
    began_at: datetime
    restored_at: datetime | None
    cause: str
    words: str
    announced_at: datetime | None
    notices: int


@dataclass(frozen=True, slots=True)
class Availability:
    """A part's months, newest first; ``since``: when it was first looked at."""

    part: str
    since: datetime
    months: tuple[rules.Month, ...]


def outages(limit: int = 100) -> list[OutageRow]:
    """Return the outages, newest first."""
    return [_row(row) for row in Outage.objects.order_by("-began_at", "id")[:limit]]


def outage(outage_id: UUID) -> OutageRow | None:
    """Return one outage, or None."""
    row = Outage.objects.filter(id=outage_id).first()
    return None if row is None else _row(row)


def _row(row: Outage) -> OutageRow:
    return OutageRow(
        row.id, row.part, row.found_by, row.began_at, row.restored_at, row.cause, row.words, row.announced_at,
        row.notices,
    )  # fmt: skip


def availability(at: datetime, months: int = 12) -> list[Availability]:
    """Return, for every part that is looked at, its last months."""
    spans = [
        rules.Span(row.part, row.began_at, row.restored_at, row.cause == "maintenance")
        for row in Outage.objects.order_by("began_at")
    ]
    return [
        Availability(row.part, row.since, _months(row.part, row.since, spans, at, months))
        for row in sorted(Pulse.objects.all(), key=lambda row: rules.PARTS.index(row.part))
    ]


def _months(part: str, since: datetime, spans: list[rules.Span], at: datetime, most: int) -> tuple[rules.Month, ...]:
    year, number, found = at.year, at.month, []
    for _ in range(most):
        if rules.begins(*rules.after(year, number)) <= since:
            break
        found.append(rules.month(part, year, number, spans, since=since, at=at))
        year, number = (year - 1, 12) if number == 1 else (year, number - 1)
    return tuple(found)
