"""Decisions about breaches: how a filter is read, what a notice still lacks, what a drill measured. Pure.

Sources: Art. 33 and 34 GDPR; EDPB Guidelines 9/2022; BRE-1 to BRE-7.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

ORIGINS: Final = ("own", "subprocessor", "controller", "other")
"""Who found it: we ourselves, a sub-processor, a controller that reported it, somebody else."""
KINDS: Final = ("confidentiality", "integrity", "availability")
"""What was lost (EDPB Guidelines 9/2022, 15)."""
CONTENT: Final = ("nature", "consequences", "measures")
"""What is written by hand of the content of Art. 33(3) GDPR; the contact and the numbers come from the system."""
NOTIFY: Final = "breach.notify"
AUTHORITY: Final = "breach.authority"
HANDLING: Final = "breach.handling"
MOST: Final = 1_000
"""Controllers, or lists, that a filter may name."""
LONGEST: Final = 20_000
"""Characters of a text."""
BIGGEST: Final = 2**31 - 1


class Unreadable(ValueError):
    """A filter that cannot be read; `what` names the part."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter as it is kept: see `holdings.breadth.Filter`; `controllers` empty means every one.

    `by_hand` counts (people, records) that no program reaches, at the controllers named.
    """

    controllers: tuple[UUID, ...] = ()
    holdings: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    dated: bool = False
    lists: tuple[UUID, ...] = ()
    export: UUID | None = None
    access: UUID | None = None
    epoch: int | None = None
    by_hand: tuple[int, int] | None = None

    @property
    def everything(self) -> bool:
        """Whether it narrows nothing at the controllers that it names."""
        return self.by_hand is None and not any(
            (self.holdings, self.since, self.until, self.lists, self.export, self.access, self.epoch)
        )


def read(given: Mapping[str, object], *, holdings: Iterable[str]) -> Wanted:
    """Read a filter from JSON-like values; raises Unreadable for anything that is none.

    `holdings`: the keys in which people can be counted.
    """
    known = set(Wanted.__slots__)
    if not isinstance(given, Mapping) or set(given) - known:
        raise Unreadable(", ".join(sorted(str(one)[:40] for one in set(given) - known)))
    since, until = _instant(given, "since"), _instant(given, "until")
    if since is not None and until is not None and since >= until:
        raise Unreadable("until")
    chosen = tuple(dict.fromkeys(str(one) for one in _listed(given, "holdings")))
    if set(chosen) - set(holdings):
        raise Unreadable("holdings")
    by_hand = _by_hand(given)
    controllers = _ids(given, "controllers")
    if by_hand is not None and not controllers:
        raise Unreadable("controllers")
    return Wanted(
        controllers,
        chosen,
        since,
        until,
        _truth(given, "dated"),
        _ids(given, "lists"),
        _id(given, "export"),
        _id(given, "access"),
        _epoch(given),
        by_hand,
    )


def kept(one: Wanted, *, controllers: bool = True) -> dict[str, object]:
    """Return a filter as JSON; without `controllers` as a controller may see it, who must not learn of another."""
    told: dict[str, object] = {
        "controllers": [str(each) for each in one.controllers] if controllers else [],
        "holdings": list(one.holdings),
        "since": one.since.isoformat() if one.since else None,
        "until": one.until.isoformat() if one.until else None,
        "dated": one.dated,
        "lists": [str(each) for each in one.lists],
        "export": str(one.export) if one.export else None,
        "access": str(one.access) if one.access else None,
        "epoch": one.epoch,
        "by_hand": list(one.by_hand) if one.by_hand else None,
    }
    return {key: value for key, value in told.items() if value not in (None, [], False)}


def _instant(given: Mapping[str, object], name: str) -> datetime | None:
    value = given.get(name)
    if value in (None, ""):
        return None
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise Unreadable(name) from None
    if found.tzinfo is None:
        raise Unreadable(name)
    return found


def _listed(given: Mapping[str, object], name: str) -> Sequence[Any]:
    value = given.get(name) or ()
    if not isinstance(value, list | tuple) or len(value) > MOST:
        raise Unreadable(name)
    return value


def _ids(given: Mapping[str, object], name: str) -> tuple[UUID, ...]:
    try:
        return tuple(dict.fromkeys(one if isinstance(one, UUID) else UUID(str(one)) for one in _listed(given, name)))
    except ValueError:
        raise Unreadable(name) from None


def _id(given: Mapping[str, object], name: str) -> UUID | None:
    value = given.get(name)
    if value in (None, ""):
        return None
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        raise Unreadable(name) from None


def _truth(given: Mapping[str, object], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise Unreadable(name)
    return value


def _epoch(given: Mapping[str, object]) -> int | None:
    value = given.get("epoch")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= BIGGEST:
        raise Unreadable("epoch")
    return value


def _by_hand(given: Mapping[str, object]) -> tuple[int, int] | None:
    value = given.get("by_hand")
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Unreadable("by_hand")
    for one in value:
        if isinstance(one, bool) or not isinstance(one, int) or not 0 <= one <= BIGGEST:
            raise Unreadable("by_hand")
    return (value[0], value[1]) if any(value) else None


def meant(filters: Iterable[Wanted], controller: UUID) -> list[Wanted]:
    """The filters that mean a controller."""
    return [one for one in filters if not one.controllers or controller in one.controllers]


def times_hold(
    *, believed: datetime, aware: datetime, began: datetime | None, ended: datetime | None, at: datetime
) -> bool:
    """Whether a breach's times can be: nobody is aware of what is to come, belief comes before knowledge, an end after
    its beginning."""
    if not believed <= aware <= at:
        return False
    if began is not None and began > at:
        return False
    return ended is None or (ended <= at and (began is None or began <= ended))


BEGINNINGS: Final = ("first", "again")
"""Notices by which a controller learns that it is affected; its own time begins when one has arrived."""


def next_kind(number: int, *, spared: bool, affected: bool) -> str:
    """What a controller is told next, the notice's number being `number`; empty where there is nothing to tell.

    `spared`: the last that it was told is that it is not affected.
    """
    if not affected:
        return "" if number == 1 or spared else "spared"
    return "first" if number == 1 else "again" if spared else "update"


def cause(breach: UUID, number: int) -> str:
    """The event that opens what is owed about a breach at one controller, once for each time that it learns of it."""
    return f"breach:{breach}" if number == 1 else f"breach:{breach}:{number}"


def lacking(facts: Mapping[str, object]) -> tuple[str, ...]:
    """What of the content of Art. 33(3) GDPR is not yet known; the notice says so and goes all the same."""
    return tuple(name for name in CONTENT if not str(facts.get(name) or "").strip())


@dataclass(frozen=True, slots=True)
class Told:
    """When a controller was told in a drill, and by when its clause would have had it; None: not told, no figure."""

    told_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a drill measured: controllers, how many were told, how many of them in time, the longest and the median
    time from awareness to the notice in seconds."""

    controllers: int = 0
    told: int = 0
    in_time: int = 0
    longest: float = 0.0
    median: float = 0.0


def measured(aware: datetime, told: Sequence[Told]) -> Measured:
    """What a drill comes to."""
    times = sorted((one.told_at - aware).total_seconds() for one in told if one.told_at is not None)
    in_time = sum(one.told_at is not None and (one.due_at is None or one.told_at < one.due_at) for one in told)
    middle = times[len(times) // 2] if times else 0.0
    return Measured(len(told), len(times), in_time, times[-1] if times else 0.0, middle)
