"""When the periods of an agreement's clauses begin and end, counted as the agreement says.

A right of the other party and every gate hold until the later reading (``statutory``); a duty of ours is due at the
earlier one (``strict``). A clause without a figure counts our target; without either, no time has to pass.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final

from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import After, Ahead, Lasting, Period, Reckoning, Window, Within
from mandata.foundation import periods

_COUNTED: Final = 4_096


def period(terms: Terms, key: str) -> Period | None:
    """The length that a clause states, else our target, else None."""
    clause = terms.clauses.get(key)
    value = clause.value if clause else None
    if isinstance(value, (Within, Window, Ahead)):
        return value.period or value.target
    return value.period if isinstance(value, (After, Lasting)) else None


def until(terms: Terms, key: str, since: datetime) -> datetime:
    """The first instant after a clause's period, in the later reading; ``since`` itself where there is no figure."""
    length = period(terms, key)
    return since if length is None else after(length, since, terms.reckoning)


def earliest(terms: Terms, key: str, told: datetime) -> datetime:
    """From when on what was told may take effect, by a clause on notice; ``told`` itself where there is no figure."""
    length = period(terms, key)
    return told if length is None else _effect(length, told, terms.reckoning)


@lru_cache(maxsize=_COUNTED)
def after(length: Period, since: datetime, reckoning: Reckoning) -> datetime:
    """The first instant after a period, in the later reading."""
    return periods.due(length, since, reckoning).statutory


@lru_cache(maxsize=_COUNTED)
def by(length: Period, since: datetime, reckoning: Reckoning) -> datetime:
    """When a duty of ours is due, in the earlier reading."""
    return periods.due(length, since, reckoning).strict


@lru_cache(maxsize=_COUNTED)
def _effect(length: Period, told: datetime, reckoning: Reckoning) -> datetime:
    return periods.earliest_effect(length, told, reckoning)
