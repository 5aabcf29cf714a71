"""What the clock of a duty shows: pure, with the time as a parameter."""

from dataclasses import dataclass
from datetime import datetime, timedelta

CIRCUMFERENCE = 50.27
"""Length of the drawn circle (radius 8), in the units of its view box."""


@dataclass(frozen=True, slots=True)
class Face:
    """A drawn clock: `tone` is good, warn (from half of the time on), bad (the last tenth, and late) or calm (done)."""

    tone: str
    part: float
    left: timedelta
    late: bool

    @property
    def dash(self) -> str:
        """The dash pattern of the elapsed arc."""
        return f"{self.part * CIRCUMFERENCE:.2f} {CIRCUMFERENCE}"


def face(*, due: datetime, now: datetime, start: datetime | None = None, done: bool = False) -> Face:
    """Return the clock for a duty due at `due` that began at `start` (aware datetimes).

    Without a start, the last three days are drawn. A duty that is done has a calm, full clock.
    """
    begin = start or due - timedelta(days=3)
    whole = (due - begin).total_seconds()
    part = 1.0 if whole <= 0 or now >= due else max(0.0, (now - begin).total_seconds() / whole)
    if done:
        return Face("calm", 1.0, due - now, late=False)
    tone = "bad" if part >= 0.9 else "warn" if part >= 0.5 else "good"
    return Face(tone, part, due - now, late=now >= due)
