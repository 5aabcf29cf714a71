"""Warm-up: how many messages a new sending domain or source address may send on each of its first days (pure).

Receivers trust nobody whom they do not know; who begins with a million messages is taken for a thief. So a plan says
how many go on day 1, 2, ..., counted in UTC from the day it begins; after its last day there is no cap.
"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Final

USUAL: Final = (200, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 25_000, 40_000, 60_000, 90_000, 130_000, 180_000, 250_000)
"""Our usual plan: two weeks, at first doubling."""
LONGEST: Final = 90
_MOST: Final = 2_000_000_000


def cap(plan: Sequence[int], begins_on: date, today: date) -> int | None:
    """Return how many messages may go today: none before the plan begins, None once it is over."""
    number = day(begins_on, today)
    if number < 1:
        return 0
    return plan[number - 1] if number <= len(plan) else None


def day(begins_on: date, today: date) -> int:
    """Return which day of the plan today is, 1 for the first."""
    return (today - begins_on).days + 1


def checked(plan: Sequence[int]) -> tuple[int, ...]:
    """Return a plan as it is kept. ValueError where it has no day, too many, a day without messages, or one with fewer
    than the day before."""
    if not 1 <= len(plan) <= LONGEST:
        raise ValueError("a plan has between 1 and 90 days")
    if any(not 1 <= one <= _MOST for one in plan):
        raise ValueError("every day of a plan has messages")
    if any(after < before for before, after in pairwise(plan)):
        raise ValueError("no day of a plan has fewer messages than the one before")
    return tuple(plan)
