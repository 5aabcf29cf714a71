"""What stands around the audience's pages: how many there are, the facets of the newest, suppression as counts, refused
rows still held."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db.models import Count, Q

from mandata.audience.models import Rejection, Suppression
from mandata.audience.selectors.facets import GROUPINGS, column
from mandata.infra import bulk
from mandata.infra.tenancy import current_controller

LOOKED_AT: Final = 5_000
"""How many of the newest subscribers are asked for their facets: enough to know the values, at a bounded cost."""
COUNTED: Final = 20_000
"""Up to how many people are counted anew for each page."""
REMEMBERED: Final = 60.0
"""Seconds for which a large audience's counts are remembered by a process: they cost more than the page itself."""

_VALUES: Final = """
select grouping({columns}), {columns}, count(*) from (
    select {named} from audience_subscriber s order by id desc limit %(looked_at)s
) newest group by grouping sets ({sets})
"""
_FEW: Final = "select count(*) from (select 1 from audience_subscriber limit %b) few"
_SIZE: Final = "select count(*) from audience_subscriber"

_Told = TypeVar("_Told")
_known: dict[tuple[UUID, str], tuple[float, Any]] = {}
_lock = threading.Lock()
_MOST_KNOWN: Final = 2_000


def _remembered(what: str, count: Callable[[], _Told]) -> _Told:
    """Return what was counted for the scope's controller within the last minute, else count. No personal data."""
    told = _recalled(what)
    if told is not None:
        return told  # type: ignore[no-any-return]
    found = count()
    with _lock:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[current_controller(), what] = (time.monotonic() + REMEMBERED, found)
    return found


def _recalled(what: str) -> Any:
    with _lock:
        until, told = _known.get((current_controller(), what), (0.0, None))
    return told if until > time.monotonic() else None


def choices(*, limit: int = 20) -> dict[str, list[str]]:
    """Return the values of each facet among the newest subscribers, the commonest first; birthdays as months, in their
    order."""
    return _remembered("choices", lambda: _choices(limit)) if size() > COUNTED else _choices(limit)


def _choices(limit: int) -> dict[str, list[str]]:
    statement = _VALUES.format(
        columns=", ".join(GROUPINGS),
        named=", ".join(f"{column(facet)} as {facet}" for facet in GROUPINGS),
        sets=", ".join(f"({facet})" for facet in GROUPINGS),
    )
    counted: dict[str, list[tuple[int, str]]] = {facet: [] for facet in GROUPINGS}
    for grouping, *values, people in bulk.execute(statement, {"looked_at": LOOKED_AT}):
        # grouping() has a bit for each column that was not grouped by, the first column's the highest.
        at = next(place for place in range(len(GROUPINGS)) if not grouping >> (len(GROUPINGS) - 1 - place) & 1)
        if values[at]:
            counted[GROUPINGS[at]].append((-people, values[at]))
    found = {facet: [value for _count, value in sorted(rows)[:limit]] for facet, rows in counted.items()}
    return {**found, "birthday": sorted(found["birthday"])}


def size() -> int:
    """Return how many subscribers there are, on whatever list; of many the count may be a minute old."""
    known = _recalled("size")
    if known is not None:
        return int(known)
    few = int(bulk.execute(_FEW, [COUNTED + 1])[0][0])
    return few if few <= COUNTED else _remembered("size", lambda: int(bulk.execute(_SIZE, [])[0][0]))


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
