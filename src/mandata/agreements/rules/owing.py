"""From a duty's name and an event to who owes what by when: by the clause, else by what is owed beside it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from mandata.agreements.rules import duties
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.obligations import BESIDE, FIXED, OWN, UNTIMED, Kind
from mandata.agreements.rules.terms import Terms
from mandata.foundation import periods
from mandata.foundation.periods import Due, Period, Reckoning, Step

_KINDS: Final = {
    "within": Kind.WITHIN,
    "recurring": Kind.WITHIN,
    "window": Kind.WINDOW,
    "ahead": Kind.AHEAD,
    "before": Kind.AHEAD,
    "after": Kind.AFTER,
}


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty, reckoned. ``who``: a code of vocabulary "party"; ``length`` None and both readings ``since`` itself
    where no figure stands. ``by_law``: no clause of the agreement states it.
    """

    duty: str
    kind: Kind
    source: str
    who: str
    length: Period | None
    due: Due
    by_law: bool = False


def owed(terms: Terms | None, duty: str, since: datetime, reckoning: Reckoning) -> Owed | None:
    """What a duty comes to that began with an event at ``since`` (ahead of an effect: that is then the effect).

    None where neither the agreement nor ``BESIDE`` knows such a duty. Raises Unreckonable.
    """
    found = next((one for one in duties.duties(terms) if one.key == duty), None) if terms else None
    if terms is not None and found is not None and found.kind in _KINDS and found.who != OWN:
        kind = _KINDS[found.kind]
        counted = duties.owed_before if kind is Kind.AHEAD else duties.owed
        who = "processor" if kind is Kind.AFTER else found.who
        return Owed(duty, kind, found.source, who, found.length, counted(terms, duty, since).due)
    law = BESIDE.get(duty)
    if law is None:
        return None
    due = periods.due(law.period, since, reckoning) if law.period else periods.at_once(since, reckoning, Step(UNTIMED))
    return Owed(duty, law.kind, law.source, law.who, law.period, due, by_law=not law.ours)


def fixed(duty: str, day: date, since: datetime, reckoning: Reckoning) -> Owed | None:
    """The same for a duty of ``BESIDE`` that has no period, but a day that somebody named. Raises Unreckonable."""
    law = BESIDE.get(duty)
    if law is None:
        return None
    due = periods.until(day, since, reckoning, Step(FIXED, (("day", day),)))
    return Owed(duty, law.kind, law.source, law.who, None, due, by_law=not law.ours)


def title(duty: str) -> str:
    """The title of a duty as a message id; the key itself where nobody knows it."""
    if duty in CATALOGUE:
        return CATALOGUE[duty].title
    return BESIDE[duty].title if duty in BESIDE else duty
