"""Outages and availability (SEC-9): when a part counts as gone, and what share of a month it was there. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

PARTS: Final = ("console", "door", "workers", "database")
CAUSES: Final = ("maintenance", "own_fault", "supplier", "network", "power", "attack", "load", "unknown")
LOOKS: Final = 2
"""A part that was found gone so many times in a row is out; once may be a connection lost."""
GAP: Final = timedelta(minutes=3)
"""Where nobody has looked for longer, nothing of ours ran, or the database was away."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time during which a part was gone; ``until`` is None while it is."""

    part: str
    since: datetime
    until: datetime | None
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """A part's month: the seconds that count, those during which it was gone (planned ones apart), and the share of
    the time it was there, in percent."""

    year: int
    month: int
    seconds: int
    gone: int
    planned: int

    @property
    def percent(self) -> float:
        """Share of the time that counts during which the part was there; planned work announced ahead counts as gone,
        too: what a person cannot reach is not available."""
        return 100.0 if not self.seconds else round(100 * (1 - (self.gone + self.planned) / self.seconds), 3)


def begins(year: int, month: int) -> datetime:
    """The first instant of a month, UTC."""
    return datetime(year, month, 1, tzinfo=UTC)


def after(year: int, month: int) -> tuple[int, int]:
    """The month after."""
    return (year + 1, 1) if month == 12 else (year, month + 1)


def month(part: str, year: int, number: int, spans: Iterable[Span], *, since: datetime, at: datetime) -> Month:
    """A part's month, from when the part was first looked at or the month's beginning until its end or now."""
    low, high = max(begins(year, number), since), min(begins(*after(year, number)), at)
    if high <= low:
        return Month(year, number, 0, 0, 0)
    own = [one for one in spans if one.part == part]
    gone = _covered([one for one in own if not one.planned], low, high)
    every = _covered(own, low, high)
    return Month(year, number, int((high - low).total_seconds()), gone, every - gone)


def _covered(spans: list[Span], low: datetime, high: datetime) -> int:
    """Seconds of a window that spans cover; what two of them cover counts once."""
    cut = sorted((max(one.since, low), min(one.until or high, high)) for one in spans)
    total, reached = timedelta(), low
    for since, until in cut:
        if until > max(since, reached):
            total += until - max(since, reached)
            reached = until
    return int(total.total_seconds())
