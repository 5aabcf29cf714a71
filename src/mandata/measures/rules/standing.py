"""How a measure stands: from the last results of its checks and its owner's last evidence. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from mandata.measures.rules.headings import Plan
from mandata.measures.rules.verdicts import ABSENT, FAILED

HELD: Final = "held"
BROKEN: Final = "failed"
OVERDUE: Final = "overdue"
UNKNOWN: Final = "unknown"
FRESH: Final = timedelta(days=3)
"""A result that is older says nothing any more."""


@dataclass(frozen=True, slots=True)
class Found:
    """The last result of a check."""

    outcome: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """The owner's last evidence: the day it is of, and the day by which the next is due."""

    on: date
    next_on: date | None


@dataclass(frozen=True, slots=True)
class Standing:
    """``state``: held, failed, overdue (the owner's date is past), unknown (nobody has looked yet, or not lately)."""

    state: str
    at: datetime | date | None
    failing: tuple[str, ...] = ()
    by_owner: bool = False


def standing(plan: Plan, found: Mapping[str, Found], shown: Shown | None, at: datetime) -> Standing:
    """How a measure stands. It holds when every one of its checks held lately, or by the owner's evidence where no
    machine can look or none is configured."""
    results = {code: found[code] for code in plan.checks if code in found}
    if plan.owned or (plan.falls_back and all(one.outcome == ABSENT for one in results.values())):
        return _owned(shown, at.date())
    bad = tuple(code for code, one in results.items() if one.outcome == FAILED)
    last = min((one.at for one in results.values()), default=None)
    if bad:
        return Standing(BROKEN, last, bad)
    looked = {code for code, one in results.items() if one.outcome != ABSENT}
    if len(results) < len(plan.checks) or not looked or last is None or at - last > FRESH:
        return Standing(UNKNOWN, last)
    return Standing(HELD, last)


def _owned(shown: Shown | None, today: date) -> Standing:
    if shown is None:
        return Standing(UNKNOWN, None, by_owner=True)
    if shown.next_on is not None and shown.next_on < today:
        return Standing(OVERDUE, shown.on, by_owner=True)
    return Standing(HELD, shown.on, by_owner=True)


def worst(states: Iterable[str]) -> str:
    """What a heading says of the measures under it: failed before overdue before unknown before held."""
    order = (BROKEN, OVERDUE, UNKNOWN, HELD)
    return min(states, key=order.index, default=UNKNOWN)
