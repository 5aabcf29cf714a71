"""The log of accesses and what was unusual in it (the controller's scope); what waits to be judged (no scope)."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mandata.accounts.models import AccessAlert, AccessLog, User
from mandata.accounts.rules.unusual import MEMORY, Seen
from mandata.infra import bulk

JUDGE: Final = "accounts.judge_access"
MOST: Final = 5_000
"""So many of a person's accesses, the newest, are judged by."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of the log as pages show it."""

    id: UUID
    at: datetime
    user_id: UUID
    name: str
    who: str
    kind: str
    page: str
    people: int
    access: UUID | None
    network: str
    country: str
    device: str


@dataclass(frozen=True, slots=True)
class Alerted:
    """Something unusual; `settled_at` is None until somebody has said what it was."""

    id: UUID
    log: UUID
    user_id: UUID
    name: str
    who: str
    rule: str
    occasion: str
    figures: dict[str, Any]
    at: datetime
    settled_at: datetime | None
    verdict: str


def logged(*, limit: int = 200, access: UUID | None = None) -> list[Logged]:
    """Return the newest lines of the log here, of one access or of all."""
    rows = AccessLog.objects.order_by("-at", "-id")
    found = list((rows.filter(access=access) if access else rows)[:limit])
    names = _names({row.user_id for row in found})
    return [
        Logged(
            row.id, row.at, row.user_id, names.get(row.user_id, ""), row.who, row.kind, row.page, row.people,
            row.access, row.network, row.country, row.device,
        )
        for row in found
    ]  # fmt: skip


def alerts(limit: int = 50, *, unsettled: bool = False) -> list[Alerted]:
    """Return what was unusual here, newest first."""
    rows = AccessAlert.objects.order_by("-at", "-id")
    found = list((rows.filter(settled_at=None) if unsettled else rows)[:limit])
    names = _names({row.user_id for row in found})
    return [_alerted(row, names.get(row.user_id, "")) for row in found]


def alert(alert_id: UUID) -> Alerted | None:
    """Return one alert of the scope's, or None."""
    row = AccessAlert.objects.filter(id=alert_id).first()
    return None if row is None else _alerted(row, _names({row.user_id}).get(row.user_id, ""))


def _alerted(row: AccessAlert, name: str) -> Alerted:
    return Alerted(
        row.id, row.log, row.user_id, name, row.who, row.rule, row.occasion, row.figures, row.at, row.settled_at,
        row.verdict,
    )  # fmt: skip


def history(user_id: UUID, *, before: datetime, without: UUID) -> list[Seen]:
    """Return what a person did here in the last months before an instant, for the rules."""
    rows = AccessLog.objects.filter(user_id=user_id, at__gt=before - MEMORY, at__lte=before).exclude(id=without)
    values = rows.order_by("-at").values_list("at", "kind", "people", "network", "country", "device")[:MOST]
    return [Seen(*value) for value in values]


def unjudged(before: datetime) -> int:
    """Return how many accesses were logged before an instant and wait to be judged, or could not be. Needs no scope."""
    statement = """
        select count(distinct j.id) from procrastinate_jobs j
        join procrastinate_events e on e.job_id = j.id and e.type = 'deferred' and e.at < %(before)s
        where j.task_name = %(task)s and j.status in ('todo', 'doing', 'failed')"""
    return int(bulk.execute(statement, {"before": before, "task": JUDGE})[0][0])


def hash_forms() -> Counter[str]:
    """Return how passwords are kept: "argon2$argon2id$v=19$m=…,t=…,p=…" -> how many accounts. Needs no scope."""
    statement = r"""
        select array_to_string((string_to_array(password, '$'))[1:4], '$'), count(*) from accounts_user
        where is_active and password not like '!%%' and password <> '' group by 1"""
    return Counter(dict(bulk.execute(statement, {})))


def _names(user_ids: set[UUID]) -> dict[UUID, str]:
    rows = User.objects.filter(id__in=user_ids).values_list("id", "name", "email")
    return {user_id: name or email for user_id, name, email in rows}
