"""The duties, rights and terms of an agreement that time rules, and when each of them is due.

A duty is named by its clause ("breach.notify"); an extension makes two: the answer itself and, as ``.told``, the word
that it will take longer. Pure: the instant at which a period begins is a parameter.
"""

import dataclasses
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from mandata.agreements.errors import NoSuchDuty
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.terms import Clause, Mark, Terms
from mandata.agreements.rules.values import (
    After,
    Ahead,
    Before,
    Extension,
    Frequency,
    Lasting,
    Period,
    Reckoning,
    Recurring,
    Regime,
    Unit,
    Window,
    Within,
)
from mandata.foundation import periods
from mandata.foundation.periods import Due, Step
from mandata.foundation.words import mark as _

Timed = Within | Window | Extension | Recurring | Ahead | Before | After | Lasting | Frequency
"""The kinds of values whose period runs from an instant."""

_REQUIREMENT: Final = re.compile(r"[A-Z]{3,4}-[0-9]")
"""How a source begins that is a requirement of ours ("PPL-1"), and not the law."""

NO_FIGURE: Final = _("The source states no figure; {period} is our own target.")
AT_ONCE: Final = _("The source states no figure and no target of ours was set, so it is due at once.")
TWO_READINGS: Final = _("The source can be read in two ways; one is taken here, the clause's note keeps the other.")
OURS: Final = _("No source asks for this; we chose it.")
THE_LAW: Final = _(
    "The agreement's own text does not state this; it rests on the law ({source}), and what that leaves open is our "
    "choice."
)
WHOLE_YEARS: Final = _("Whole calendar years count, so it is due by the end of {year}.")


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that is due, or lapses, or may happen, when a period has passed.

    ``clause`` is the key in the catalogue. ``who`` acts: a code of vocabulary "party", empty where it is nobody in
    particular. ``start`` is the code of the event from which ``period`` runs; ``effect`` that of what it has to
    come ahead of; the other one is empty. ``period`` is None where the source states none (``mark`` is then "open"),
    and ``target`` what we set ourselves meanwhile.
    """

    key: str
    clause: str
    title: str
    source: str
    mark: Mark
    note: str
    who: str
    kind: str
    start: str
    effect: str
    period: Period | None
    target: Period | None
    calendar_years: bool = False

    @property
    def length(self) -> Period | None:
        """The period to count: the agreed one, else our target, else None."""
        return self.period or self.target

    @property
    def reading(self) -> str:
        """The reading that we hold ourselves to: "strict" where we have to act, "statutory" where the other side may
        still act, or where something may happen only when a period has passed.
        """
        ours = self.who in ("processor", "either", "operator")
        return "strict" if ours and self.kind in ("within", "extension", "recurring") else "statutory"


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty and when it is due."""

    duty: Duty
    due: Due


def duties(terms: Terms) -> tuple[Duty, ...]:
    """All duties of an agreement, in the order of its text."""
    return tuple(duty for clause in terms.clauses.values() for duty in _of(clause))


def duty(terms: Terms, key: str) -> Duty:
    """A duty by its name. Raises NoSuchDuty, with the names that are near."""
    clause = terms.clauses.get(key.removesuffix(".told"))
    for found in () if clause is None else _of(clause):
        if found.key == key:
            return found
    if clause is not None:
        message = f"{key[:80]} of the agreement {terms.name} holds no period, so nothing is due by it."
    else:
        message = f"The agreement {terms.name} has no duty {key[:80]}."
    near = _near(key, [found.key for found in duties(terms)])
    listed = f"All of them: mandata duties --agreement {terms.name}"
    hint = f"Did you mean {' or '.join(near)}? {listed}" if near else listed
    raise NoSuchDuty(message, remedy=hint)


def _near(key: str, names: list[str]) -> list[str]:
    """Up to three names that were perhaps meant: those spelt alike, those of the same area, those with a word of it or
    in whose title one stands.
    """
    asked = [word for word in re.split(r"[^a-z0-9]+", key[:80].lower()) if len(word) > 2]
    alike = difflib.get_close_matches(key[:80], names, n=3, cutoff=0.75)
    parts = {name: re.split(r"[._]", name) for name in names}
    said = {name: CATALOGUE[name.removesuffix(".told")].title.lower() for name in names}
    meant = [name for name in names if any(word[:5] == part[:5] for word in asked for part in parts[name])]
    titled = [name for name in names if any(word[:5] in said[name] for word in asked)]
    return list(dict.fromkeys([*alike, *meant, *titled]))[:3]


def owed(terms: Terms, key: str, since: datetime) -> Owed:
    """When a duty is due that begins to run at an instant.

    Of what has to come ahead of an effect, ``since`` is the notice, and the answer says from when on the effect may
    come: a clear period later, never moved. Raises NoSuchDuty and Unreckonable.
    """
    return reckoned(duty(terms, key), since, terms.reckoning)


def reckoned(found: Duty, since: datetime, reckoning: Reckoning) -> Owed:
    """``owed`` for a duty that is at hand already, counted as its agreement counts. Raises Unreckonable."""
    return Owed(found, _due(found, since, reckoning))


def owed_before(terms: Terms, key: str, effect: datetime) -> Owed:
    """Before when a notice has to be delivered for something to take effect at an instant.

    Raises NoSuchDuty, also for a duty that does not come ahead of an effect, and Unreckonable.
    """
    found = duty(terms, key)
    if not found.effect:
        raise NoSuchDuty(
            f"{key} runs from an event, not ahead of an effect.", remedy="Give the event's instant with --since."
        )
    length = found.length
    if length is None:
        return Owed(found, periods.at_once(effect, terms.reckoning, Step(AT_ONCE)))
    return Owed(found, _explained(found, periods.before(length, effect, terms.reckoning)))


def _due(found: Duty, since: datetime, reckoning: Reckoning) -> Due:
    length = found.length
    if length is None:
        return periods.at_once(since, reckoning, Step(AT_ONCE))
    if found.effect:
        return _explained(found, periods.ahead(length, since, reckoning))
    if found.calendar_years:
        return _explained(found, _whole_years(length, since, reckoning))
    return _explained(found, periods.due(length, since, reckoning))


def _whole_years(every: Period, since: datetime, reckoning: Reckoning) -> Due:
    """Done in one calendar year, it falls due by the end of the last of the years that follow."""
    checked = periods.at_once(since, reckoning)
    year = checked.since.astimezone(ZoneInfo(reckoning.zone)).year
    last = datetime(year, 12, 31, 12, tzinfo=ZoneInfo(reckoning.zone))
    plain = Reckoning(Regime.PLAIN, reckoning.calendar, reckoning.zone)
    found = periods.due(every, last, plain)
    end = year + every.amount // (1 if every.unit is Unit.YEARS else 12)
    step = Step(WHOLE_YEARS, (("year", str(end)),))
    return dataclasses.replace(found, since=since.astimezone(UTC), steps=(found.steps[0], step))


def _explained(found: Duty, due: Due) -> Due:
    if found.mark is Mark.SEED:
        return due
    if found.mark is Mark.OPEN and found.length is not None:
        return dataclasses.replace(due, steps=(Step(NO_FIGURE, (("period", found.length),)), *due.steps))
    if found.mark is Mark.UNCLEAR:
        return dataclasses.replace(due, steps=(Step(TWO_READINGS), *due.steps))
    chosen = _REQUIREMENT.match(found.source) is not None or "(silent)" in found.source
    said = Step(OURS) if chosen else Step(THE_LAW, (("source", found.source),))
    return dataclasses.replace(due, steps=(said, *due.steps))


def _of(clause: Clause) -> Iterator[Duty]:
    """The duties that a clause makes: none, one, or for an extension two."""
    value = clause.value
    match value:
        case Within() | Window():
            yield _made(clause, value.who, value.period, start=value.start, target=value.target)
        case Extension():
            yield _made(clause, value.who, value.total, start=value.start)
            yield _made(clause, value.who, value.told, start=value.start, part=".told")
        case Recurring():
            yield _made(clause, value.who, value.every, calendar_years=value.calendar)
        case Ahead():
            yield _made(clause, value.who, value.period, effect=value.effect, target=value.target)
        case Before():
            yield _made(clause, value.who, value.period, effect=value.effect)
        case After():
            yield _made(clause, "", value.period, start=value.start)
        case Lasting():
            yield _made(clause, "", value.period)
        case Frequency():
            yield _made(clause, "", value.per)


def _made(
    clause: Clause,
    who: str,
    period: Period | None,
    *,
    start: str = "",
    effect: str = "",
    target: Period | None = None,
    part: str = "",
    calendar_years: bool = False,
) -> Duty:
    return Duty(
        key=clause.key + part,
        clause=clause.key,
        title=CATALOGUE[clause.key].title,
        source=clause.source,
        mark=clause.mark,
        note=clause.note,
        who=who,
        kind=type(clause.value).__name__.lower(),
        start=start,
        effect=effect,
        period=period,
        target=target,
        calendar_years=calendar_years,
    )
