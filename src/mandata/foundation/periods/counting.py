"""The end of a period in days, and where days begin and end in a time zone. No words here.

Days are ordinals (``date.toordinal``). Instants are aware datetimes in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from mandata.foundation.periods.calendars import Calendar
from mandata.foundation.periods.values import Period, Regime, Unit, Unreckonable

DAY: Final = timedelta(days=1)
_TICK: Final = timedelta(microseconds=1)
_ENDLESS: Final = date.max.toordinal()
_DAYS: Final = {Unit.DAYS: 1, Unit.WEEKS: 7}
_MONTHS: Final = {Unit.MONTHS: 1, Unit.YEARS: 12}
_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Ends:
    """The last day of a period at each stage: unmoved; on a working day (3(4)); with two working days (3(5)).

    ``clamped``: the month had no such date, so its last day was taken.
    """

    unmoved: int
    rolled: int
    last: int
    clamped: bool = False


def last_day(period: Period, event: int, regime: Regime, calendar: Calendar) -> Ends:
    """The statutory last day of a period other than hours that runs from a day. Raises Unreckonable beyond year 9999.

    Working days end on a working day and are moved by no regime.
    """
    unmoved, clamped = _unmoved(period, event, calendar)
    if regime is not Regime.EU_1182 or period.unit is Unit.WORKING_DAYS:
        return Ends(unmoved, unmoved, unmoved, clamped)
    rolled = last = calendar.following(unmoved)
    if period.unit is not Unit.DAYS or period.amount >= 2:
        while calendar.between(event, last) < 2:
            last = calendar.following(last + 1)
    return Ends(unmoved, rolled, _reachable(last), clamped)


def first_day(period: Period, effect: int, calendar: Calendar) -> Ends:
    """The day that lies a period other than hours before a day; no regime moves it (Article 3(4))."""
    if period.unit in _MONTHS:
        day, clamped = _months(effect, -period.amount * _MONTHS[period.unit])
    elif period.unit is Unit.WORKING_DAYS:
        if period.amount >= effect:  # the arithmetic of weekdays begins with day 1
            raise _beyond()
        day, clamped = calendar.earlier(effect, period.amount), False
    else:
        day, clamped = effect - period.amount * _DAYS[period.unit], False
    return Ends(_reachable(day), day, day, clamped)


def _unmoved(period: Period, event: int, calendar: Calendar) -> tuple[int, bool]:
    if period.unit in _MONTHS:
        day, clamped = _months(event, period.amount * _MONTHS[period.unit])
    elif period.unit is Unit.WORKING_DAYS:
        day, clamped = calendar.later(event, period.amount), False
    else:
        day, clamped = event + period.amount * _DAYS[period.unit], False
    return _reachable(day), clamped


def _months(event: int, amount: int) -> tuple[int, bool]:
    """The same date so many months later, else the last day of that month; and whether there was no such date."""
    day = date.fromordinal(event)
    years, month = divmod(day.year * 12 + day.month - 1 + amount, 12)
    if not 1 <= years <= 9999:
        raise _beyond()
    leap = month == 1 and years % 4 == 0 and (years % 100 != 0 or years % 400 == 0)
    length = _LENGTHS[month] + leap
    return date(years, month + 1, min(day.day, length)).toordinal(), day.day > length


def _reachable(day: int) -> int:
    # The end of a day is the beginning of the next one, which must exist, in every zone.
    if not 2 <= day <= _ENDLESS - 2:
        raise _beyond()
    return day


def _beyond() -> Unreckonable:
    return Unreckonable(
        "The period ends outside the years 1 to 9999.", remedy="State a shorter period, or a later or earlier instant."
    )


@lru_cache(maxsize=8192)
def end_of(day: int, zone: ZoneInfo) -> datetime:
    """The first instant after a day in a zone, in UTC, however the clocks were changed around its midnight.

    That is 00:00 of the next day, except where clocks skip midnight (the instant of the change) or go back over it
    (the second midnight, because the day comes again after the first).
    """
    midnight = datetime.combine(date.fromordinal(day + 1), time(), zone)
    found = midnight.astimezone(UTC)
    other = midnight.replace(fold=1)
    if other.utcoffset() == midnight.utcoffset():
        return found
    second = other.astimezone(UTC)
    if second > found:
        return second if _local(second - _TICK, zone) <= day else found
    return _change(second, found, day, zone)


def _local(instant: datetime, zone: ZoneInfo) -> int:
    return instant.astimezone(zone).toordinal()


def _change(low: datetime, high: datetime, day: int, zone: ZoneInfo) -> datetime:
    """The first instant in [low, high] that lies after a day: where a gap swallowed midnight, to the second."""
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (low, middle) if _local(middle, zone) > day else (middle, high)
    return high if _local(low, zone) <= day else low


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """A time zone of the IANA database by its name. Raises Unreckonable for another.

    Names that lead elsewhere on some machines ("localtime", "right/UTC", which counts leap seconds) are none.
    """
    try:
        if name != "UTC" and ("/" not in name or name.startswith(("right/", "posix/"))):
            raise ValueError
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a folder's name an OSError
        raise Unreckonable(
            f"There is no time zone {name[:64]}.",
            remedy="Take a name of the IANA time zone database, for example Europe/Prague.",
        ) from None
