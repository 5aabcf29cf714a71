"""What is unusual about an access to a controller's data, by the person's own habits (PPL-5). Pure.

Five rules; each names an occasion, so that the same thing is told once: a device or a country for ever, an hour or a
mass on one day. The figures below were chosen on generated histories (tests/accounts/test_unusual.py measures how often
they ring for nothing and how often they stay silent).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

MEMORY: Final = timedelta(days=90)
"""So far back a habit is looked for."""
SETTLED: Final = 10
"""Days on which somebody was here before habits of time and place are known."""
HOUR_SHARE: Final = 0.03
"""An hour in which somebody is here on fewer of the days than this is none of the habit."""
FAR: Final = 3
"""So many hours from every hour of the habit, something happens at an hour that is not the person's."""
STEADY: Final = 3
"""Somebody who comes from so many networks or fewer is steady; a new one then says something."""
EXPORTED: Final = 1_000
EXPORTED_TIMES: Final = 5
"""This many people exported within a day, and this many times the most on a day before, are a mass export, however
many exports they were cut into."""
EXPORTS: Final = 10
"""So many exports within a day are, too, where there were never a third as many."""
LOOKED: Final = 60
LOOKED_TIMES: Final = 4
"""So many people looked at within an hour, and this many times the most before, are many."""
LOOKED_DAY: Final = 400
"""So many within a day, and as many times the most on a day before, are many, too, however slowly."""
LOOKED_MOST: Final = 2_000
"""However many somebody has looked at before, this many within an hour are told."""

DAY: Final = timedelta(days=1)

RULES: Final = ("device", "place", "export", "night", "lookups")


@dataclass(frozen=True, slots=True)
class Seen:
    """One access: when, of what kind (entered, looked, found, revealed, exported), how many people it showed, from
    where and on what."""

    at: datetime
    kind: str
    people: int = 0
    network: str = ""
    country: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Unusual:
    """A rule that rang, what makes it the same occasion, and the figures behind it."""

    rule: str
    occasion: str
    figures: dict[str, object] = field(default_factory=dict)


def judge(history: Sequence[Seen], new: Seen) -> tuple[Unusual, ...]:
    """Say what is unusual about an access, given the person's accesses before it, in any order."""
    known = [one for one in history if new.at - MEMORY <= one.at <= new.at]
    found = (_device(known, new), _place(known, new), _export(known, new), _night(known, new), _lookups(known, new))
    return tuple(one for one in found if one is not None)


def _days(known: Iterable[Seen]) -> int:
    return len({one.at.date() for one in known})


def _device(known: Sequence[Seen], new: Seen) -> Unusual | None:
    devices = {one.device for one in known if one.device}
    if not new.device or not devices or new.device in devices:
        return None
    return Unusual("device", new.device, {"known": len(devices)})


def _place(known: Sequence[Seen], new: Seen) -> Unusual | None:
    """A country where nobody has been; where no country is known, a network new to somebody steady on a new device."""
    countries = {one.country for one in known if one.country}
    if new.country and countries:
        return None if new.country in countries else Unusual("place", new.country, {"known": len(countries)})
    networks = {one.network for one in known if one.network}
    strange = new.network and networks and new.network not in networks and len(networks) <= STEADY
    if not strange or new.country or _days(known) < SETTLED:
        return None
    return Unusual("place", new.network, {"known": len(networks)})


def _export(known: Sequence[Seen], new: Seen) -> Unusual | None:
    if new.kind != "exported":
        return None
    exports = [one for one in known if one.kind == "exported"]
    largest = _most_on_a_day((one.at, one.people) for one in exports if new.at - one.at >= DAY)
    today = sum(one.people for one in exports if new.at - one.at < DAY) + new.people
    if today >= EXPORTED and today >= EXPORTED_TIMES * largest:
        return Unusual("export", f"{new.at:%Y-%m-%d}", {"people": today, "largest_before": largest})
    by_day: defaultdict[object, int] = defaultdict(int)
    for one in exports:
        by_day[one.at.date()] += 1
    count = by_day.pop(new.at.date(), 0) + 1
    most = max(by_day.values(), default=0)
    if count >= EXPORTS and count > 3 * most:
        return Unusual("export", f"{new.at:%Y-%m-%d}", {"exports": count, "most_before": most})
    return None


def _most_on_a_day(counted: Iterable[tuple[datetime, int]]) -> int:
    """The largest sum of one day, UTC."""
    by_day: defaultdict[object, int] = defaultdict(int)
    for at, count in counted:
        by_day[at.date()] += count
    return max(by_day.values(), default=0)


def _night(known: Sequence[Seen], new: Seen) -> Unusual | None:
    """An hour far from any in which this person is wont to be here. UTC: a change of the clocks moves a habit by one
    hour, which is not far."""
    before = [one for one in known if one.at.date() != new.at.date()]
    days = _days(before)
    if days < SETTLED:
        return None
    here: defaultdict[int, set[object]] = defaultdict(set)
    for one in before:
        here[one.at.hour].add(one.at.date())
    habit = [hour for hour, dates in here.items() if len(dates) / days >= HOUR_SHARE]
    away = min((_apart(hour, new.at.hour) for hour in habit), default=0)
    if away < FAR:
        return None
    return Unusual("night", f"{new.at:%Y-%m-%d}", {"hour": new.at.hour, "days": days, "hours_away": away})


def _apart(one: int, other: int) -> int:
    return min((one - other) % 24, (other - one) % 24)


def _lookups(known: Sequence[Seen], new: Seen) -> Unusual | None:
    """Many people looked at within an hour, or slowly within a day: more than ever before by far."""
    if new.kind not in ("found", "revealed", "looked"):
        return None
    looks = [one for one in known if one.kind in ("found", "revealed", "looked")]
    hour = timedelta(hours=1)
    now = sum(_weight(one) for one in looks if new.at - one.at < hour) + _weight(new)
    by_hour: defaultdict[object, int] = defaultdict(int)
    for one in looks:
        if one.at.date() != new.at.date():
            by_hour[one.at.replace(minute=0, second=0, microsecond=0)] += _weight(one)
    most = max(by_hour.values(), default=0)
    if now >= LOOKED_MOST or (now >= LOOKED and now > LOOKED_TIMES * most):
        return Unusual("lookups", f"{new.at:%Y-%m-%d}", {"people": now, "most_before": most})
    day = sum(_weight(one) for one in looks if new.at - one.at < DAY) + _weight(new)
    most = _most_on_a_day((one.at, _weight(one)) for one in looks if new.at - one.at >= DAY)
    if day >= LOOKED_DAY and day > LOOKED_TIMES * most:
        return Unusual("lookups", f"{new.at:%Y-%m-%d}", {"people_in_a_day": day, "most_before": most})
    return None


def _weight(one: Seen) -> int:
    return max(one.people, 1)


def planted(at: datetime) -> tuple[tuple[Seen, ...], Seen]:
    """A person's quiet month, and an export of everybody by night from elsewhere: the rules must ring for it. With it
    the check of measures tries whether they do."""
    quiet = tuple(
        Seen((at - timedelta(days=day)).replace(hour=9, minute=0), "revealed", 1, "192.0.2.0/24", "", "Firefox, Linux")
        for day in range(2, 32)
    )
    return quiet, Seen(at, "exported", 50_000, "198.51.100.0/24", "", "other")
