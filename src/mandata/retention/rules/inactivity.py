"""Which step comes next for an account that nobody logs in to (RET-6). Pure.

The clause says when the contract ends; that it is told so long ahead, and once more shortly before, is ours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

AHEAD: Final = timedelta(days=60)
"""So long before the end it is told first, at the least."""
LAST: Final = timedelta(days=14)
"""So long before the end it is told once more, at the least."""


class Step(StrEnum):
    """What is to be done now."""

    NONE = ""
    TELL = "tell"
    AGAIN = "again"
    END = "end"


@dataclass(frozen=True, slots=True)
class Told:
    """What was announced: when, when again, and from when on it may end."""

    at: datetime
    again_at: datetime | None
    ends_at: datetime


def step(until: datetime, told: Told | None, at: datetime) -> Step:
    """Which step is due at an instant, `until` being the end of the clause's period.

    A step never skips the one before, and an announcement that lies in the future (the clock has gone back) is not
    counted upon.
    """
    if told is None:
        return Step.TELL if at >= until - AHEAD else Step.NONE
    if at < told.at:
        return Step.NONE
    if told.again_at is None:
        return Step.AGAIN if at >= told.ends_at - LAST else Step.NONE
    if at < told.again_at + LAST:
        return Step.NONE
    return Step.END if at >= max(told.ends_at, until) else Step.NONE
