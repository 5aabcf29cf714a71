"""What an announced change means under an agreement: when notice and objection have run, and when the gate can open.

A right of the other side, so the later reading counts (``foundation.periods``), from the delivery of the notice. Where
an agreement gives the opportunity to object without a period, an objection is in time until the change takes effect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mandata.agreements.rules import windows
from mandata.agreements.rules.terms import Terms
from mandata.foundation import periods
from mandata.foundation.periods import Due

ADD: Final = "add"
REPLACE: Final = "replace"
COUNTRY: Final = "country"
KINDS: Final = (ADD, REPLACE, COUNTRY)

_NOTICE: Final[Mapping[str, tuple[str, ...]]] = {COUNTRY: ("location.change", "subprocessor.notice")}
_OBJECTION: Final[Mapping[str, tuple[str, ...]]] = {COUNTRY: ("location.opposition", "subprocessor.objection")}


@dataclass(frozen=True, slots=True)
class Windows:
    """A change's times for one controller; all are first instants after a period, in UTC.

    ``notice`` and ``objection`` are the clauses' keys with how each was counted, None where the clause names no figure
    and we have no target. ``opens_at`` is the latest of ``notice_until``, ``objection_until`` and the planned day.
    """

    notice_clause: str
    objection_clause: str
    source: str
    notice_until: datetime
    objection_until: datetime
    opens_at: datetime
    notice: Due | None
    objection: Due | None


def clause(terms: Terms, choices: tuple[str, ...]) -> str:
    """The first of these clauses that the agreement holds; the last of them where it holds none."""
    return next((key for key in choices if key in terms.clauses), choices[-1])


def count(terms: Terms, kind: str, delivered: datetime, planned: datetime) -> Windows:
    """The times of a change whose notice was delivered at an instant. Raises periods.Unreckonable."""
    notice_key = clause(terms, _NOTICE.get(kind, ("subprocessor.notice",)))
    objection_key = clause(terms, _OBJECTION.get(kind, ("subprocessor.objection",)))
    length, right = windows.period(terms, notice_key), windows.period(terms, objection_key)
    notice = None if length is None else periods.ahead(length, delivered, terms.reckoning)
    objection = None if right is None else periods.due(right, delivered, terms.reckoning)
    notice_until = delivered if notice is None else notice.statutory
    effect = max(notice_until, planned)
    objection_until = effect if objection is None else objection.statutory
    return Windows(
        notice_clause=notice_key,
        objection_clause=objection_key,
        source=terms.source(notice_key),
        notice_until=notice_until,
        objection_until=objection_until,
        opens_at=max(effect, objection_until),
        notice=notice,
        objection=objection,
    )


def in_time(at: datetime, objection_until: datetime) -> bool:
    """Whether an objection filed at an instant is in time."""
    return at < objection_until


def resolve_until(terms: Terms, objected: datetime) -> datetime | None:
    """From when on the controller may end the affected service while an objection stands; None without a period.

    Resolving it before is our duty, so the earlier reading counts.
    """
    length = windows.period(terms, "subprocessor.resolve")
    return None if length is None else windows.by(length, objected, terms.reckoning)
