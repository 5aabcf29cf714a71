"""Which countries need a transfer mechanism, and which have one by a decision of the Commission (Article 45 GDPR).

Data, with dates: a decision lapses or is struck down, and the gate closes on that day. A partial decision (the United
States, Canada) covers certain recipients only, so it counts where the register states it for the sub-processor.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from mandata.agreements.rules.facts.acts import Mechanism
from mandata.agreements.rules.gates.sharing import EEA, in_force

__all__ = ["ADEQUATE", "EEA", "Adequacy", "Kept", "holds", "is_country", "mechanisms", "needs_mechanism"]

_BRUSSELS: Final = ZoneInfo("Europe/Brussels")
_CODE: Final = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Adequacy:
    """A decision of the Commission: its number, since when it holds, its last day where it has one, whether for all."""

    decision: str
    since: date
    last: date | None = None
    whole: bool = True


ADEQUATE: Final[Mapping[str, Adequacy]] = {
    "CH": Adequacy("2000/518/EC", date(2000, 8, 25)),
    "CA": Adequacy("2002/2/EC", date(2002, 1, 14), whole=False),
    "AR": Adequacy("2003/490/EC", date(2003, 7, 5)),
    "GG": Adequacy("2003/821/EC", date(2003, 11, 25)),
    "IM": Adequacy("2004/411/EC", date(2004, 4, 30)),
    "JE": Adequacy("2008/393/EC", date(2008, 5, 28)),
    "FO": Adequacy("2010/146/EU", date(2010, 3, 9)),
    "AD": Adequacy("2010/625/EU", date(2010, 10, 21)),
    "IL": Adequacy("2011/61/EU", date(2011, 2, 1)),
    "UY": Adequacy("2012/484/EU", date(2012, 8, 23)),
    "NZ": Adequacy("2013/65/EU", date(2013, 1, 30)),
    "JP": Adequacy("2019/419", date(2019, 1, 23)),
    "GB": Adequacy("2021/1772", date(2021, 6, 28), last=date(2031, 12, 27)),
    "KR": Adequacy("2022/254", date(2021, 12, 17)),
    "US": Adequacy("2023/1795", date(2023, 7, 10), whole=False),
}
"""Checked in 2026; that of the United Kingdom was prolonged to 27 December 2031. Before it the United States had the
Privacy Shield (2016/1250), which the Court struck down on 16 July 2020: a mechanism of its own, kept as an example."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A mechanism as the register keeps it: whole days in Brussels; ``last`` is the last day on which it holds."""

    kind: str
    since: date
    last: date | None = None
    struck: date | None = None


def is_country(code: str) -> bool:
    """Whether a code has the form of ISO 3166-1 alpha-2."""
    return _CODE.fullmatch(code) is not None


def needs_mechanism(country: str) -> bool:
    """Whether a transfer there needs one at all: not inside the European Economic Area."""
    return country not in EEA


def mechanisms(country: str, kept: Iterable[Kept]) -> tuple[Mechanism, ...]:
    """What a transfer to a country can rest on, in the gate's terms: what is kept, and a decision for all of it."""
    found = [_mechanism(one) for one in kept]
    decision = ADEQUATE.get(country)
    if decision is not None and decision.whole:
        found.append(_mechanism(Kept("adequacy", decision.since, decision.last)))
    return tuple(found)


@lru_cache(maxsize=4_096)
def _mechanism(one: Kept) -> Mechanism:
    last = one.last if one.last != date.max else None  # after the last day of all there is none: it has no end
    ends = [day for day in (last and last + timedelta(days=1), one.struck) if day is not None]
    return Mechanism(one.kind, _begin(one.since), _begin(min(ends)) if ends else None)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=_BRUSSELS)


def holds(one: Kept, at: datetime) -> bool:
    """Whether a mechanism is in force at an instant (TRF-3)."""
    return in_force(_mechanism(one), at)
