"""The audience as a whole: what can be filtered by, and how many addresses are suppressed and why."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, Q

from mandata.audience.models import Rejection, Suppression
from mandata.infra import bulk

LOOKED_AT: Final = 50_000
"""How many of the newest subscribers are asked for their facets: enough to know the values, at a bounded cost."""

_FACETS = """
select {column}, count(*) from (
    select {column} from audience_subscriber order by id desc limit %(looked_at)s
) newest where {column} <> '' group by 1 order by 2 desc, 1 limit %(limit)s
"""
_SIZE = "select count(*) from audience_subscriber"


def providers(*, limit: int = 12) -> list[str]:
    """Return the mailbox providers of the newest subscribers, the commonest first."""
    return _values("provider", limit)


def countries(*, limit: int = 20) -> list[str]:
    """Return the countries (ISO 3166) of the newest subscribers, the commonest first."""
    return _values("country", limit)


def _values(column: str, limit: int) -> list[str]:
    rows = bulk.execute(_FACETS.format(column=column), {"looked_at": LOOKED_AT, "limit": limit})
    return [str(value) for value, _count in rows]


def size() -> int:
    """Return how many subscribers there are, on whatever list."""
    return int(bulk.execute(_SIZE, [])[0][0])


def suppression_totals(*, at: datetime) -> list[tuple[str, int]]:
    """Return how many suppressions hold at an instant by reason, the commonest first."""
    held = Suppression.objects.filter(Q(until=None) | Q(until__gt=at))
    return list(held.values_list("reason").annotate(count=Count("hash")).order_by("-count", "reason"))


def suppressions_with_end(index: bytes, *, at: datetime) -> list[tuple[str, str, str, datetime, datetime | None]]:
    """Return what holds under a suppression index: channel, scope ("" is everything), reason, since, until."""
    held = Suppression.objects.filter(Q(until=None) | Q(until__gt=at), hash=index).order_by("since")
    return list(held.values_list("channel", "scope", "reason", "since", "until"))


def holds_rejections(import_id: UUID) -> bool:
    """Say whether an import still holds the rows that were not taken."""
    return bool(Rejection.objects.filter(import_id=import_id).exists())
