"""Explanations in words: the sentences, and how they are told in a language.

Days are told as "Sunday 29 March 2026", the end of a day as its 24:00, instants by the clock of the agreement's zone.
"""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from mandata.foundation.periods.values import Filling, Period, Step, Unit
from mandata.foundation.words import ENGLISH, Words, fill
from mandata.foundation.words import mark as _

EU_1182: Final = _(
    "Counted by Regulation (EEC, Euratom) No 1182/71, with the {calendar} calendar and the clock of {zone}."
)
PLAIN: Final = _("Counted as the words say, with the clock of {zone}; weekends and holidays move nothing.")
PLAIN_WORKING: Final = _("Counted as the words say, with the {calendar} calendar and the clock of {zone}.")
CA: Final = _("Counted by section 6800 of the California Government Code, with the clock of {zone}.")
CA_WORKING: Final = _(
    "Counted by section 6800 of the California Government Code, with the {calendar} calendar and the clock of {zone}."
)
OUTSIDE: Final = _(
    "The {calendar} calendar is pinned for {first} to {last} only; in other years only Saturdays and Sundays are days "
    "off."
)

HOURS: Final = _("Strict reading: {period} from {since} itself, until {strict}.")
HOURS_EU: Final = _(
    "Statutory reading: the hour of the event is not counted (Article 3(1)), so it runs from {start} and ends on "
    "{statutory}; hours are not moved off weekends and holidays (Article 3(4))."
)
HOURS_EXACT: Final = _("The statutory reading is the same.")

EVENT: Final = _("The day of the event, {event}, is not counted.")
DAYS: Final = _("{period} from it: the last day is {day}.")
CLAMPED: Final = _("{period} from it: that month has no such date, so the last day is its last, {day}.")
WORKING: Final = _("{period} from it, each a working day: the last is {day}.")
STRICT: Final = _("Strict reading: it ends there, at 24:00.")
ROLLED: Final = _("Statutory reading: that is no working day, so the last day is the next one, {day} (Article 3(4)).")
ROLLED_EXTENDED: Final = _(
    "Statutory reading: that is no working day, the next one is {rolled} (Article 3(4)); so that the period has two "
    "working days, its last day is {day} (Article 3(5))."
)
EXTENDED: Final = _("Statutory reading: so that the period has two working days, its last day is {day} (Article 3(5)).")
SAME: Final = _("Strict and statutory reading: it ends there, at 24:00.")
CA_STRICT: Final = _(
    "Strict reading: the day of the event is the first of {period}, so the last is {day}; it ends there, at 24:00."
)
CA_STATUTORY: Final = _(
    "Statutory reading: the day of the event is not counted, so the last day is {day}, to its 24:00; weekends and "
    "holidays move nothing."
)

CLEAR: Final = _(
    "Both readings: what was notified may take effect after its 24:00, a clear period later; nothing moves."
)

BACK: Final = _("Counted backwards from {effect}; the end of such a period is not moved (Article 3(4)).")
BACK_PLAIN: Final = _("Counted backwards from {effect}; the end of such a period is not moved.")
BACK_DAYS: Final = _("{period} before it is {day}.")
BACK_STRICT: Final = _("Strict reading: all of {period} must be clear, so what is due comes before that day begins.")
BACK_STATUTORY: Final = _("Statutory reading: that day itself will do, until its 24:00.")
BACK_HOURS: Final = _(
    "Strict reading: the hour of the effect is not counted (Article 3(1)), so what is due comes before {strict}."
)
BACK_EXACT: Final = _("{period} before it: what is due comes before {statutory}.")

_WEEKDAYS: Final = (
    *(_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")),
)
_MONTHS: Final = (
    *(_("January"), _("February"), _("March"), _("April"), _("May"), _("June")),
    *(_("July"), _("August"), _("September"), _("October"), _("November"), _("December")),
)
_DAY: Final = _("{weekday} {day} {month} {year}")


def tell(steps: Iterable[Step], words: Words = ENGLISH) -> str:
    """Steps as one paragraph in the language that ``words`` speaks."""
    return " ".join([_sentence(step, words) for step in steps])


def _sentence(step: Step, words: Words) -> str:
    if not step.filling:
        return words.gettext(step.message)
    # What begins with a day or a name comes again and again in a batch; periods and hours make too many to remember.
    kind = type(step.filling[0][1])
    return (_known if kind is date or kind is str else _filled)(step.message, step.filling, words)


def _filled(message: str, filling: tuple[tuple[str, Filling], ...], words: Words) -> str:
    return words.gettext(message).format_map({name: _told(value, words) for name, value in filling})


_known = lru_cache(maxsize=8192)(_filled)


def _told(value: Filling, words: Words) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return f"{_day(value.toordinal(), words)}, {value.isoformat()[11 : 16 if not value.second else 19]}"
    if isinstance(value, date):
        return _day(value.toordinal(), words)
    return spoken(value, words) if isinstance(value, Period) else str(value)


@lru_cache(maxsize=8192)
def _day(ordinal: int, words: Words) -> str:
    day = date.fromordinal(ordinal)
    return fill(
        words.gettext(_DAY),
        {
            "weekday": words.gettext(_WEEKDAYS[day.weekday()]),
            "day": str(day.day),
            "month": words.gettext(_MONTHS[day.month - 1]),
            "year": str(day.year),
        },
    )


@lru_cache(maxsize=1024)
def spoken(period: Period, words: Words) -> str:
    """A period in words, in the case that follows "within" in the language: "10 working days"."""
    amount = period.amount
    forms = {
        Unit.HOURS: words.ngettext("{n} hour", "{n} hours", amount),
        Unit.DAYS: words.ngettext("{n} day", "{n} days", amount),
        Unit.WORKING_DAYS: words.ngettext("{n} working day", "{n} working days", amount),
        Unit.WEEKS: words.ngettext("{n} week", "{n} weeks", amount),
        Unit.MONTHS: words.ngettext("{n} month", "{n} months", amount),
        Unit.YEARS: words.ngettext("{n} year", "{n} years", amount),
    }
    return fill(forms[period.unit], {"n": str(amount)})
