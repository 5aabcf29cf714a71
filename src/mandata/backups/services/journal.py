"""What the outside log says of the time since a backup: read several times, as often as somebody replays it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from mandata.infra import outside
from mandata.infra.outside import Line
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors as record

_MARGIN: Final = timedelta(hours=1)  # between the clocks of several hosts

EFFECTIVE: Final = (
    "audience.suppressed",
    "audience.unsuppressed",
    "audience.unsubscribed",
    "audience.restricted",
    "audience.unrestricted",
    "campaign.cancelled",
    "holdings.",
    "notice.",
    "record.",
    "backups.",
)
"""Beginnings of kinds of entries whose effect is replayed, or which have none in rows: everything else is lost."""


@dataclass(slots=True)
class Since:
    """What happened after the state that the database has: lines by kind; entries of the record by log and kind, those
    whose rows are gone apart; campaigns cancelled and notices settled (id -> state) by controller."""

    lines: Counter[str] = field(default_factory=Counter)
    entries: dict[UUID, Counter[str]] = field(default_factory=dict)
    lost: dict[UUID, Counter[str]] = field(default_factory=dict)
    cancelled: dict[UUID, list[UUID]] = field(default_factory=dict)
    notices: dict[UUID, dict[UUID, tuple[str, datetime]]] = field(default_factory=dict)
    heads: dict[UUID, int] = field(default_factory=dict)
    torn: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Journal:
    """The outside log in one or more folders, from an instant on."""

    folders: tuple[Path, ...]
    since: datetime | None

    def lines(self) -> outside.Reading:
        """Read it from the beginning."""
        begin = self.since - _MARGIN if self.since else None
        return outside.read(*(folder for folder in self.folders if folder.is_dir()), since=begin)


def sizes(logs: Iterable[UUID]) -> dict[str, int]:
    """Return how many entries of each log the database has: what it knew, once it is asked before a replay."""
    found = {}
    for log in logs:
        with scope(log):
            found[str(log)] = record.size()
    return found


def waiting(logs: Iterable[UUID]) -> list[str]:
    """Return the entries that the database has and that had no place yet: not lost, whatever the journal says."""
    found: list[str] = []
    for log in logs:
        with scope(log):
            found += [str(entry) for entry in record.unplaced().values_list("id", flat=True)]
    return found


def look(journal: Journal, known: Mapping[str, int], there: Collection[str] = ()) -> Since:
    """Go through the journal once. `known`: the `sizes` of the record's logs before anything was replayed; `there`:
    the entries that then were `waiting`."""
    found = Since()
    placed: dict[UUID, dict[int, dict[str, Any]]] = {}
    reading = journal.lines()
    for line in reading:
        found.lines[line.kind] += 1
        found.last_at = line.at
        if line.kind == "record.placed":
            _placed(line, known, placed, found)
    found.torn = reading.skipped
    for log, entries in placed.items():
        for entry in entries.values():
            if entry["id"] not in there:
                _entry(log, entry, found)
    return found


def _placed(line: Line, known: Mapping[str, int], placed: dict[UUID, dict[int, dict[str, Any]]], found: Since) -> None:
    """Keep entries that the database lacks, without their leaves where nothing is read of them. Of two lines with one
    start the later counts: the first was rolled back."""
    log, start = line.controller, int(line.body["start"])
    entries = line.body["entries"]
    found.heads[log] = max(found.heads.get(log, 0), start + len(entries))
    for index, entry in enumerate(entries, start):
        if index >= known.get(str(log), 0):
            wanted = entry["kind"] in _READ
            kept = {
                "id": entry["id"],
                "kind": entry["kind"],
                "at": entry["at"],
                **({"leaf": entry.get("leaf", "")} if wanted else {}),
            }
            placed.setdefault(log, {})[index] = kept


_READ: Final = frozenset({"campaign.cancelled", "notice.sent", "notice.failed"})


def _entry(log: UUID, entry: dict[str, Any], found: Since) -> None:
    kind = entry["kind"]
    found.entries.setdefault(log, Counter())[kind] += 1
    if not kind.startswith(EFFECTIVE) and log != INSTANCE:
        found.lost.setdefault(log, Counter())[kind] += 1
    if not entry.get("leaf"):
        return
    body = orjson.loads(entry["leaf"])["body"]
    if kind == "campaign.cancelled":
        found.cancelled.setdefault(log, []).append(UUID(body["campaign"]))
    elif body.get("notice"):
        at = datetime.fromisoformat(entry["at"])
        found.notices.setdefault(log, {})[UUID(body["notice"])] = (kind.partition(".")[2], at)


def names(counter: Iterator[tuple[str, int]]) -> dict[str, int]:
    """Return counts by name, the most first."""
    return dict(sorted(counter, key=lambda one: (-one[1], one[0])))
