"""What the checks found: rounds, results, failures that hold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mandata.infra import bulk
from mandata.measures.models import Failure, Result, Run
from mandata.measures.rules.headings import CHECKS


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What one check found in one round. ``outcome``: held, failed, absent; ``reason`` and ``figures``: codes and
    numbers, nothing personal."""

    id: UUID
    run: UUID
    check: str
    outcome: str
    reason: str
    figures: dict[str, Any]
    milliseconds: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RunRow:
    """A round of checks; ``done`` of ``all`` results are there."""

    id: UUID
    state: str
    due_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    by: UUID | None
    held: int
    failed: int
    done: int = 0
    all: int = len(CHECKS)


@dataclass(frozen=True, slots=True)
class Fails:
    """A check that does not hold, since when and why; ``check`` may be "owner:" and a measure's code."""

    id: UUID
    check: str
    reason: str
    began_at: datetime


_COLUMNS = ("id", "run", "check_code", "outcome", "reason", "figures", "milliseconds", "at")


def results(since: datetime, until: datetime, *, checks: tuple[str, ...] = ()) -> list[ResultRow]:
    """Return every result of a time (from `since`, before `until`), oldest first; of these checks, or of all."""
    rows = Result.objects.filter(at__gte=since, at__lt=until).order_by("at", "id")
    found = rows.filter(check_code__in=checks) if checks else rows
    return [ResultRow(*row) for row in found.values_list(*_COLUMNS)]


def latest() -> dict[str, ResultRow]:
    """Return the last result of every check that has one."""
    statement = f"""
        select c.code, r.* from unnest(%(codes)s::text[]) c (code) cross join lateral (
            select {", ".join(_COLUMNS)} from measures_result where check_code = c.code
            order by at desc, id desc limit 1
        ) r"""  # noqa: S608 - our own columns
    return {code: ResultRow(*row) for code, *row in bulk.execute(statement, {"codes": list(CHECKS)})}


def history(check: str, limit: int = 60) -> list[ResultRow]:
    """Return the last results of a check, oldest first."""
    rows = Result.objects.filter(check_code=check).order_by("-at", "-id").values_list(*_COLUMNS)[:limit]
    return [ResultRow(*row) for row in reversed(rows)]


def runs(limit: int = 30) -> list[RunRow]:
    """Return the rounds that ended, newest first."""
    return [_run(row) for row in Run.objects.filter(state="ended").order_by("-ended_at")[:limit]]


def under_way() -> RunRow | None:
    """Return the round that is planned or runs, with how far it is."""
    row = Run.objects.exclude(state="ended").first()
    return None if row is None else _run(row, Result.objects.filter(run=row.id).count())


def _run(row: Run, done: int = 0) -> RunRow:
    return RunRow(
        row.id, row.state, row.due_at, row.began_at, row.ended_at, row.by, row.held, row.failed, done
    )  # fmt: skip


def failing() -> list[Fails]:
    """Return what does not hold now, oldest first: what alarms and obligations hang on."""
    rows = Failure.objects.filter(over_at=None).order_by("began_at", "check_code")
    return [Fails(row.id, row.check_code, row.reason, row.began_at) for row in rows]
