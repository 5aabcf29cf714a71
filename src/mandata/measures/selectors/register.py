"""The register: every measure with its headings, how it stands, and what that rests on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.annexes import MeasureLine
from mandata.measures.models import Evidence
from mandata.measures.rules import standing
from mandata.measures.rules.headings import HEADINGS, MEASURES, Plan
from mandata.measures.rules.standing import Found, Shown, Standing
from mandata.measures.selectors.found import Fails as Failing
from mandata.measures.selectors.found import ResultRow, latest

__all__ = ["EvidenceRow", "Failing", "MeasureView", "evidence", "evidence_file", "headings", "lines", "register"]


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """What an owner has shown; ``size`` is of the file, 0 without one."""

    id: UUID
    measure: str
    on: date
    next_on: date
    remark: str
    media_type: str
    size: int
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MeasureView:
    """A measure as it stands. ``words``: the clause's; ``description`` and ``owner``: the operator's; ``results``: the
    last of each of its checks, in the plan's order; ``shown``: the owner's last evidence."""

    code: str
    words: str
    description: str
    owner: str
    plan: Plan
    standing: Standing
    results: tuple[ResultRow, ...]
    next_on: date | None
    shown: EvidenceRow | None


def register(at: datetime, codes: Collection[str] | None = None) -> list[MeasureView]:
    """Return how measures stand at an instant: all, or those that an agreement names. Words are in the active
    language. Needs no scope."""
    found, shown = latest(), _last_evidence()
    rows = [row for row in agreements.measures() if codes is None or row.code in codes]
    return [_view(row, MEASURES[row.code], found, shown.get(row.code), at) for row in rows if row.code in MEASURES]


def _view(
    row: agreements.MeasureRow, plan: Plan, found: dict[str, ResultRow], own: EvidenceRow | None, at: datetime
) -> MeasureView:
    results = tuple(found[code] for code in plan.checks if code in found)
    seen = {one.check: Found(one.outcome, one.reason, one.at) for one in results}
    shown = Shown(own.on, own.next_on) if own else None
    if shown is None and row.checked_on is not None and row.description:
        shown = Shown(row.checked_on, row.next_on)
    stands = standing.standing(plan, seen, shown, at)
    return MeasureView(row.code, row.words, row.description, row.owner, plan, stands, results, row.next_on, own)


def headings(at: datetime) -> list[tuple[str, str, list[MeasureView]]]:
    """Return the 17 headings in their order, each with its state and the measures under it."""
    views = register(at)
    found = []
    for heading in HEADINGS:
        under = [one for one in views if heading in one.plan.headings]
        found.append((heading, standing.worst(one.standing.state for one in under), under))
    return found


def lines(at: datetime) -> tuple[MeasureLine, ...]:
    """Return what Annex III tells: each measure that somebody described or a check has looked at, with its result."""
    found = []
    for one in register(at):
        day = one.standing.at.date() if isinstance(one.standing.at, datetime) else one.standing.at
        if one.standing.state != standing.UNKNOWN and day is not None:
            found.append(MeasureLine(one.code, one.description, one.owner, day, one.standing.state))
    return tuple(found)


def evidence(measure: str, limit: int = 50) -> list[EvidenceRow]:
    """Return what was shown for a measure, newest first."""
    rows = Evidence.objects.filter(measure=measure).order_by("-on", "-at").defer("content")[:limit]
    return [_evidence(row) for row in rows]


def evidence_file(evidence_id: UUID) -> tuple[str, bytes] | None:
    """Return media type and content of what was shown, or None where there is no file."""
    row = Evidence.objects.filter(id=evidence_id).first()
    return (row.media_type, bytes(row.content)) if row is not None and row.content is not None else None


def _last_evidence() -> dict[str, EvidenceRow]:
    rows = Evidence.objects.order_by("measure", "-on", "-at").distinct("measure").defer("content")
    return {row.measure: _evidence(row) for row in rows}


def _evidence(row: Evidence) -> EvidenceRow:
    digest = bytes(row.digest).hex() if row.digest is not None else ""
    return EvidenceRow(
        row.id, row.measure, row.on, row.next_on, row.remark, row.media_type, int(bool(digest)), digest, row.at
    )
