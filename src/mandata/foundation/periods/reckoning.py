"""When a period ends: forwards from an event, backwards from an effect, and the earliest effect of a notice.

The algorithm, with its sources, stands in docs/legal-time.md. Pure: the clock is a parameter.
"""

import difflib
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from mandata.foundation.periods import telling
from mandata.foundation.periods.calendars import CODES, Calendar, calendar
from mandata.foundation.periods.counting import Ends, end_of, first_day, last_day, zone_of
from mandata.foundation.periods.values import Due, Period, Reckoning, Regime, Step, Unit, Unreckonable

HOUR: Final = timedelta(hours=1)


def due(period: Period, since: datetime, reckoning: Reckoning) -> Due:
    """When a period that runs from an event ends. Raises Unreckonable.

    ``eu_1182``: the day (of hours: the hour) of the event is not counted; an end on a day off moves to the next
    working day, except of hours; two days or more contain two working days (Articles 3(1), (2), (4), (5)). The strict
    reading counts hours from the event itself and moves nothing. ``ca_gov_6800``, days: strict with the day of the
    event (Cal. Code Regs. tit. 11 § 7021(b)), statutory without it (§ 6800).
    """
    zone, days_off = _known(reckoning)
    local = _local(since, zone)
    if period.unit is Unit.HOURS:
        return _hours(period, since.astimezone(UTC), local, reckoning, zone)
    event = local.toordinal()
    ends = last_day(period, event, reckoning.regime, days_off)
    strict = ends.unmoved
    if reckoning.regime is Regime.CA_GOV_6800 and period.unit is Unit.DAYS:
        strict -= 1
    statutory = end_of(ends.last, zone)
    return Due(
        period=period,
        since=since.astimezone(UTC),
        strict=statutory if strict == ends.last else end_of(strict, zone),
        statutory=statutory,
        last_day=date.fromordinal(ends.last),
        calendar_version=days_off.version,
        steps=(
            _rules(period, reckoning),
            *_forwards(period, event, strict, ends),
            *_outside(event, ends.last, period, reckoning, days_off),
        ),
    )


def at_once(since: datetime, reckoning: Reckoning, *steps: Step) -> Due:
    """What is due when its event happens, because no period was agreed; ``steps`` say why. Raises Unreckonable."""
    zone, days_off = _known(reckoning)
    local = _local(since, zone)
    instant = local.astimezone(UTC)
    return Due(None, instant, instant, instant, local.date(), days_off.version, steps)


def until(day: date, since: datetime, reckoning: Reckoning, *steps: Step) -> Due:
    """What is due on a day that somebody fixed: by its end, in both readings; ``steps`` say why. Raises Unreckonable.

    Nothing moves it, not even where the day is no working day.
    """
    zone, days_off = _known(reckoning)
    local = _local(since, zone)
    end = end_of(day.toordinal(), zone)
    return Due(None, local.astimezone(UTC), end, end, day, days_off.version, steps)


def before(period: Period, effect: datetime, reckoning: Reckoning) -> Due:
    """Before which instant something must be done that has to come a period ahead of an effect. Raises Unreckonable.

    Never moved (Article 3(4) leaves such periods out). Strict: the whole period is clear, no part of it shared with
    the day (of hours under ``eu_1182``: the hour) of the act or of the effect, so that ``earliest_effect`` of anything
    before it is no later than the effect. Statutory: the day that lies the period ahead will do.
    """
    zone, days_off = _known(reckoning)
    local = _local(effect, zone)
    if period.unit is Unit.HOURS:
        return _hours_before(period, effect.astimezone(UTC), local, reckoning, zone)
    ends = first_day(period, local.toordinal(), days_off)
    message = telling.BACK if reckoning.regime is Regime.EU_1182 else telling.BACK_PLAIN
    day = date.fromordinal(ends.last)
    steps = (
        _rules(period, reckoning),
        Step(message, (("effect", local.date()),)),
        Step(telling.BACK_DAYS, (("period", period), ("day", day))),
        Step(telling.BACK_STRICT, (("period", period),)),
        Step(telling.BACK_STATUTORY),
        *_outside(ends.last, local.toordinal(), period, reckoning, days_off),
    )
    strict, statutory = end_of(ends.last - 1, zone), end_of(ends.last, zone)
    return Due(period, effect.astimezone(UTC), strict, statutory, day, days_off.version, steps)


def earliest_effect(period: Period, notified: datetime, reckoning: Reckoning) -> datetime:
    """The first instant (UTC) at which something may take effect that was notified a period ahead. Raises Unreckonable.

    Notice on day D and n clear days: the start of day D + n + 1; never moved. Hours by their later reading.
    """
    return ahead(period, notified, reckoning).statutory


def ahead(period: Period, notified: datetime, reckoning: Reckoning) -> Due:
    """``earliest_effect`` with its explanation; its readings differ for hours only. Raises Unreckonable."""
    zone, days_off = _known(reckoning)
    local = _local(notified, zone)
    if period.unit is Unit.HOURS:
        return _hours(period, notified.astimezone(UTC), local, reckoning, zone)
    event = local.toordinal()
    ends = last_day(period, event, Regime.PLAIN, days_off)
    until = end_of(ends.last, zone)
    steps = (
        _rules(period, reckoning),
        *_counted(period, event, ends),
        Step(telling.CLEAR),
        *_outside(event, ends.last, period, reckoning, days_off),
    )
    return Due(period, notified.astimezone(UTC), until, until, date.fromordinal(ends.last), days_off.version, steps)


def _known(reckoning: Reckoning) -> tuple[ZoneInfo, Calendar]:
    try:
        return zone_of(reckoning.zone), calendar(reckoning.calendar)
    except KeyError:
        near = difflib.get_close_matches(reckoning.calendar.upper(), CODES, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Take one of {', '.join(CODES)}."
        raise Unreckonable(f"There is no calendar {reckoning.calendar[:64]}.", remedy=hint) from None


def _local(instant: datetime, zone: ZoneInfo) -> datetime:
    if instant.utcoffset() is None:
        raise Unreckonable(
            "The instant names no offset from UTC, so its day is unknown.",
            remedy="Write it with one, for example 2026-03-27T22:30:00+01:00.",
        )
    try:
        # By way of UTC where it is in this zone already: it may name a time that the zone's clocks skipped.
        return (instant.astimezone(UTC) if instant.tzinfo is zone else instant).astimezone(zone)
    except OverflowError:
        raise _beyond() from None


def _beyond() -> Unreckonable:
    return Unreckonable(
        "The period ends outside the years 1 to 9999.", remedy="State a shorter period, or a later or earlier instant."
    )


def _hours(period: Period, since: datetime, local: datetime, reckoning: Reckoning, zone: ZoneInfo) -> Due:
    """Hours are counted in UTC, so that no change of clocks makes one longer; they never move."""
    length = HOUR * period.amount
    try:
        strict = statutory = since + length
        start = since
        if reckoning.regime is Regime.EU_1182:
            start = since.replace(minute=0, second=0, microsecond=0) + HOUR
            statutory = start + length
        ends_locally = strict.astimezone(zone)
        second = Step(telling.HOURS_EXACT)
        if reckoning.regime is Regime.EU_1182:
            filling = (("start", start.astimezone(zone)), ("statutory", statutory.astimezone(zone)))
            second = Step(telling.HOURS_EU, filling)
    except OverflowError:
        raise _beyond() from None
    first = Step(telling.HOURS, (("period", period), ("since", local), ("strict", ends_locally)))
    version = calendar(reckoning.calendar).version
    return Due(period, since, strict, statutory, None, version, (_rules(period, reckoning), first, second))


def _hours_before(period: Period, effect: datetime, local: datetime, reckoning: Reckoning, zone: ZoneInfo) -> Due:
    try:
        strict = statutory = effect - HOUR * period.amount
        steps = [_rules(period, reckoning)]
        message = telling.BACK if reckoning.regime is Regime.EU_1182 else telling.BACK_PLAIN
        steps.append(Step(message, (("effect", local),)))
        steps.append(Step(telling.BACK_EXACT, (("period", period), ("statutory", statutory.astimezone(zone)))))
        if reckoning.regime is Regime.EU_1182:
            strict = strict.replace(minute=0, second=0, microsecond=0)
            steps.append(Step(telling.BACK_HOURS, (("strict", strict.astimezone(zone)),)))
    except OverflowError:
        raise _beyond() from None
    version = calendar(reckoning.calendar).version
    return Due(period, effect, strict, statutory, None, version, tuple(steps))


def _rules(period: Period, reckoning: Reckoning) -> Step:
    """By which rules it is counted; the calendar is named where it can matter."""
    return _ruled(reckoning, period.unit is Unit.WORKING_DAYS)


@lru_cache(maxsize=1024)
def _ruled(reckoning: Reckoning, working: bool) -> Step:
    zone, days_off = ("zone", reckoning.zone), ("calendar", reckoning.calendar)
    if reckoning.regime is Regime.EU_1182:
        return Step(telling.EU_1182, (days_off, zone))
    if reckoning.regime is Regime.PLAIN:
        return Step(telling.PLAIN_WORKING, (days_off, zone)) if working else Step(telling.PLAIN, (zone,))
    return Step(telling.CA_WORKING, (days_off, zone)) if working else Step(telling.CA, (zone,))


def _forwards(period: Period, event: int, strict: int, ends: Ends) -> tuple[Step, ...]:
    """How the last day was found, by both readings."""
    day = ("day", date.fromordinal(ends.last))
    if strict < ends.unmoved:
        early = Step(telling.CA_STRICT, (("period", period), ("day", date.fromordinal(strict))))
        return early, Step(telling.CA_STATUTORY, (day,))
    counted = _counted(period, event, ends)
    if ends.last == ends.unmoved:
        return *counted, Step(telling.SAME)
    if ends.rolled == ends.unmoved:
        moved = Step(telling.EXTENDED, (day,))
    elif ends.last == ends.rolled:
        moved = Step(telling.ROLLED, (day,))
    else:
        moved = Step(telling.ROLLED_EXTENDED, (("rolled", date.fromordinal(ends.rolled)), day))
    return *counted, Step(telling.STRICT), moved


def _counted(period: Period, event: int, ends: Ends) -> tuple[Step, Step]:
    message = telling.CLAMPED if ends.clamped else telling.WORKING if period.unit is Unit.WORKING_DAYS else telling.DAYS
    first = Step(telling.EVENT, (("event", date.fromordinal(event)),))
    return first, Step(message, (("period", period), ("day", date.fromordinal(ends.unmoved))))


def _outside(first: int, last: int, period: Period, reckoning: Reckoning, days_off: Calendar) -> tuple[Step, ...]:
    """A word of warning where days off could matter and the table does not know them."""
    matters = reckoning.regime is Regime.EU_1182 or period.unit is Unit.WORKING_DAYS
    if not matters or days_off.covers(date.fromordinal(first), date.fromordinal(last)):
        return ()
    known = (("first", str(days_off.first_year)), ("last", str(days_off.last_year)))
    return (Step(telling.OUTSIDE, (("calendar", days_off.code), *known)),)
