"""Readings of the whole installation, from counters and from what the workers told. Scope-free, and cheap.

What stands in scoped tables is read controller by controller, of those alone that have work due.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from mandata.accounts import selectors as accounts
from mandata.agreements.selectors import obligations
from mandata.backups import selectors as backups
from mandata.campaigns import selectors as campaigns
from mandata.delivery import following
from mandata.delivery import selectors as delivery
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.measures import selectors as measures
from mandata.watching import rules
from mandata.watching.models import Alarm, Mark
from mandata.watching.models import Worker as Row


@dataclass(frozen=True, slots=True)
class Queue:
    """What campaigns under way hold: messages by state, and since when the one that waits longest has something due."""

    campaigns: int
    by_state: dict[str, int]
    in_flight: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Jobs:
    """Jobs of a queue in a state, and since when the oldest waits."""

    queue: str
    state: str
    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Ringing:
    """An alarm as pages show it; `over_at` is None while it holds."""

    id: UUID
    code: str
    about: str
    evidence: dict[str, Any]
    began_at: datetime
    over_at: datetime | None


def readings(at: datetime) -> rules.Readings:
    """Return what alarms are judged by."""
    waiting, waiting_since = unplaced()
    returns, returns_since = following.returns_waiting()
    unknown = sum(count for _transport, _provider, state, count in following.flow() if state == "unknown")
    mark = Mark.objects.filter(name="unknown").first()
    oldest = [one.oldest for one in jobs() if one.state == "todo" and one.oldest is not None]
    return rules.Readings(
        at=at,
        workers=tuple(workers()),
        transports=tuple(rules.Transport(*one) for one in following.transports()),
        unplaced=waiting,
        unplaced_since=waiting_since,
        returns=returns,
        returns_since=returns_since,
        jobs_since=min(oldest, default=None),
        unknown=unknown,
        unknown_before=mark.value if mark else unknown,
        backup_at=backup_at(),
        backup_every=timedelta(hours=env().backup_hours) if env().backup_store else None,
        installed_at=_installed_at(),
        measures=tuple((one.check, one.reason) for one in measures.failing()),
    )


def _installed_at() -> datetime | None:
    """When the first of the living workers began: before that nobody could have taken a backup."""
    first: datetime | None = Row.objects.order_by("started_at").values_list("started_at", flat=True).first()
    return first


def workers() -> list[rules.Worker]:
    """Return the workers that have told of themselves and were not heard to end."""
    return [_worker(row) for row in Row.objects.order_by("host", "started_at")]


def _worker(row: Row) -> rules.Worker:
    told = row.readings
    return rules.Worker(
        host=row.host,
        seen_at=row.seen_at,
        loops=tuple(
            rules.Loop(name, datetime.fromisoformat(last), timedelta(seconds=every))
            for name, (last, every) in sorted(row.loops.items())
        ),
        disks=tuple(rules.Disk(one["folder"], one["free"], one["size"]) for one in told.get("disks", [])),
        lags=tuple(rules.Lag(one["name"], one["bytes"], _span(one["seconds"])) for one in told.get("lags", [])),
        outside=rules.Lag("outside", out["bytes"], _span(out["seconds"])) if (out := told.get("outside")) else None,
    )


def _span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def engines(at: datetime) -> int:
    """Return how many sending processes live."""
    return following.senders(since=at - rules.ALIVE)


def queue(at: datetime) -> Queue:
    """Return what campaigns under way hold."""
    due: defaultdict[UUID, list[UUID]] = defaultdict(list)
    under_way = campaigns.active()
    for one in under_way:
        due[one.controller_id].append(one.campaign_id)
    by_state: defaultdict[str, int] = defaultdict(int)
    for controller_id, found in due.items():
        with scope(controller_id):
            for campaign_id in found:
                for state, count in delivery.totals(campaign_id).items():
                    by_state[state] += count
    oldest = min((one.due_at for one in under_way if one.due_at <= at), default=None)
    return Queue(len(under_way), dict(by_state), following.in_flight(), oldest)


_JOBS = """
select j.queue_name, j.status::text, count(*), min(e.at) from procrastinate_jobs j
left join lateral (
    select min(e.at) as at from procrastinate_events e
    where e.job_id = j.id and j.status = 'todo' and j.scheduled_at is null
) e on true
group by 1, 2 order by 1, 2
"""


def jobs() -> list[Jobs]:
    """Return jobs by queue and state. Those that wait for a time of their own do not count as waiting."""
    with connection.cursor() as cursor:
        cursor.execute(_JOBS)
        return [Jobs(*row) for row in cursor.fetchall()]


def unplaced() -> tuple[int, datetime | None]:
    """Return how many entries of the record wait for their place, and since when: their ids, UUIDv7, begin with it."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*), min(entry::text) from record_pending")
        count, oldest = cursor.fetchone()
    return count, datetime.fromtimestamp((UUID(oldest).int >> 80) / 1000, UTC) if oldest else None


def backup_at() -> datetime | None:
    """Return when the newest backup was whole."""
    taken = [row.finished_at for row in backups.rows() if row.state == "taken" and row.finished_at is not None]
    return max(taken, default=None)


def owed(at: datetime) -> obligations.Counts:
    """Return how many obligations are open at all controllers, and how many are late."""
    return obligations.counts(at)


def controllers() -> dict[str, int]:
    """Return how many controllers are in each state."""
    return accounts.states()


def ringing() -> list[Ringing]:
    """Return the alarms that hold, the oldest first."""
    return [_ringing(row) for row in Alarm.objects.filter(over_at=None).order_by("began_at", "id")]


def rung(limit: int = 20) -> list[Ringing]:
    """Return the alarms that are over, newest first."""
    return [_ringing(row) for row in Alarm.objects.filter(over_at__isnull=False).order_by("-over_at", "id")[:limit]]


def _ringing(row: Alarm) -> Ringing:
    return Ringing(row.id, row.code, row.about, row.evidence, row.began_at, row.over_at)
