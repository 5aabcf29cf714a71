"""Which backups may go, what they leave behind that may go with them, and when the next one is due."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from mandata.backups.rules.manifest import Manifest, is_outside_piece, outside_piece, segment

MARGIN: Final = timedelta(days=1)
"""What of the outside log is kept before the oldest backup: clocks of several hosts, and a file is a day's."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How often what is taken, and how long it is kept."""

    every: timedelta
    full_every: timedelta
    keep: timedelta

    @property
    def longest_chain(self) -> timedelta:
        """A chain goes as one, with its full backup: so a full one is taken at the latest at half of the period."""
        return min(self.full_every, self.keep / 2)


def expired(taken: Sequence[Manifest], plan: Plan, at: datetime) -> list[Manifest]:
    """Return the backups whose period has run, an incremental one before what it rests on.

    A chain's period runs from its full backup. The newest chain stays whatever its age: where taking has failed for so
    long, what is left is all there is, and `overdue` says so.
    """
    newest = newest_chain(taken)
    starts = {one.id: one.started_at for one in taken}
    gone = [
        one for one in taken if one.full != newest and (one.full not in starts or starts[one.full] + plan.keep <= at)
    ]
    return sorted(gone, key=lambda one: one.started_at, reverse=True)


def newest_chain(taken: Sequence[Manifest]) -> UUID | None:
    """Return the full backup (or dump) of the newest backup that can be restored."""
    whole = restorable(taken)
    return max(whole, key=lambda one: one.started_at).full if whole else None


def restorable(taken: Sequence[Manifest]) -> list[Manifest]:
    """Return the backups of which everything that they rest on is there."""
    there = {one.id for one in taken}
    return [one for one in taken if there.issuperset(one.chain)]


def overdue(taken: Sequence[Manifest], plan: Plan, at: datetime) -> bool:
    """Say whether the newest chain is older than the period, so that a new full backup is needed to let it go."""
    starts = {one.id: one.started_at for one in taken}
    newest = newest_chain(taken)
    return newest is not None and starts[newest] + plan.keep <= at


def due(taken: Sequence[Manifest], plan: Plan, at: datetime, *, gap: bool = False) -> str:
    """Return what is to be taken now: "full", "incremental" or "" for nothing.

    `gap`: write-ahead log was lost since the newest backup, so that nothing after it can be restored.
    """
    whole = restorable(taken)
    if not whole:
        return "full"
    newest = max(whole, key=lambda one: one.started_at)
    full = next(one for one in whole if one.id == newest.full)
    if full.started_at + plan.longest_chain <= at:
        return "full"
    return "incremental" if gap or newest.started_at + plan.every <= at else ""


def unneeded_wal(names: Collection[str], kept: Sequence[Manifest]) -> list[str]:
    """Return which files of the write-ahead log, by their names in the store, no backup that is kept needs.

    A file is compared by its place, not by its timeline, so that the way from an old timeline to a new one stays.
    What belongs to another cluster than any backup goes; without any backup nothing does.
    """
    begin: dict[str, str] = {}
    for one in kept:
        if one.wal_start:
            first = segment(one.timeline, one.wal_start, one.segment_size)[8:]
            begin[one.system] = min(begin.get(one.system, first), first)
    if not begin:
        return []
    gone = []
    for name in names:
        _, system, file = name.split("/") if name.count("/") == 2 else ("", "", "")
        if not file.endswith(".gz.age"):
            continue  # somebody else's, which is left alone
        place = file.removesuffix(".gz.age")[8:]
        if system not in begin or (not place.endswith(".history") and place < begin[system]):
            gone.append(name)
    return gone


def unneeded_outside(names: Collection[str], kept: Sequence[Manifest]) -> list[str]:
    """Return which pieces of the outside log describe only what every backup that is kept knows already.

    Their files are named `<host>-<number>-<yyyymmdd>.log`; the newest file of a host always stays.
    """
    if not kept:
        return []
    names = [name for name in names if is_outside_piece(name)]
    oldest = f"{min(one.started_at for one in kept) - MARGIN:%Y%m%d}"
    latest = f"{max(one.finished_at for one in kept) + MARGIN:%Y%m%d}"
    newest: dict[str, str] = {}
    for name in names:
        file = outside_piece(name)[0]
        host = file.partition("-")[0]
        newest[host] = max(newest.get(host, file), file)
    # Numbers give the order, not days: what was written behind a file that stays, stays, too, whatever day the clock
    # had. A day to come is a clock's that was ahead, and says nothing.
    stays = dict(newest)
    for name in names:
        file = outside_piece(name)[0]
        host = file.partition("-")[0]
        if oldest <= _day(file) <= max(latest, _day(newest[host])):
            stays[host] = min(stays[host], file)
    gone = []
    for name in names:
        file = outside_piece(name)[0]
        host = file.partition("-")[0]
        if file < stays[host]:
            gone.append(name)
    return gone


def _day(file: str) -> str:
    return file.rpartition("-")[2].removesuffix(".log")


def missing_wal(names: Collection[str], since: Manifest) -> list[str]:
    """Return which files of the write-ahead log are missing between a backup and the newest file of its timeline."""
    prefix = f"wal/{since.system}/{since.timeline:08X}"
    there = {
        name.rpartition("/")[2].removesuffix(".gz.age")
        for name in names
        if name.startswith(prefix) and ".history" not in name
    }
    first = segment(since.timeline, since.wal_stop, since.segment_size)
    later = sorted(name for name in there if name >= first)
    if not later:
        return []
    missing: list[str] = []
    place = _number(first, since.segment_size)
    while place < _number(later[-1], since.segment_size) and len(missing) < 1000:
        name = segment(since.timeline, _position(place, since.segment_size), since.segment_size)
        if name not in there:
            missing.append(name)
        place += 1
    return missing


def _number(name: str, size: int) -> int:
    return int(name[8:16], 16) * (2**32 // size) + int(name[16:24], 16)


def _position(number: int, size: int) -> str:
    return f"{number * size >> 32:X}/{number * size & 0xFFFFFFFF:X}"
