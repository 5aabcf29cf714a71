"""How many people something touches, and in which holdings: counted by the database, not person by person (BRE-4).

Each holding says where its rows lie, whose they are and since when they are there (`rules.Reach`); filters become
conditions on that, several filters add up without counting a row twice. One statement for a controller, whatever the
number of its people. Inside a controller's scope.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.holdings.catalogue import catalogue
from mandata.holdings.rules import Description, Holding, Reach
from mandata.infra import bulk
from mandata.record import selectors as record
from mandata.vault import selectors as vault

EXPORTED: Final = "audience.exported"
"""The kind of the record's entries that log an export of a list."""
EXPORTS: Final = ("subscribers", "subscriptions")
"""The holdings that an export of a list hands out."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What was touched. All that is named must hold; nothing named is everything.

    `holdings`: keys of the catalogue; `since`, `until`: aware instants, and `dated` says whether a row counts that was
    made in that time (True) or that was there at any moment of it (False: made before its end, because what is gone is
    not known any more); `lists`: people who were on one of these; `export`: an entry of the record about an export;
    `access`: an access of the operator's staff; `epoch`: an epoch of the controller's key, which opens what is sealed.
    """

    holdings: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    dated: bool = False
    lists: tuple[UUID, ...] = ()
    export: UUID | None = None
    access: UUID | None = None
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Touched:
    """What filters found: people, each once, records, and by holding (people, records)."""

    subjects: int = 0
    records: int = 0
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def countable() -> dict[str, Description]:
    """Return the holdings in which people can be counted, in the catalogue's order."""
    return {one.description.key: one.description for one in catalogue() if _reach(one) is not None}


def count(filters: Sequence[Filter]) -> Touched:
    """Count what the filters touch at the scope's controller. No filter touches nobody."""
    statement, values = _rows(filters)
    if not statement:
        return Touched()
    bulk.execute(_ROOM, [])
    found = bulk.execute(_COUNT.format(rows=statement), values)
    bulk.execute(_AS_BEFORE, [])
    places = {place: (people, int(records)) for place, people, records in found if place is not None}
    whole = next(((people, int(records or 0)) for place, people, records in found if place is None), (0, 0))
    return Touched(whole[0], whole[1], places)


def subscribers(filters: Sequence[Filter]) -> tuple[str, dict[str, object]]:
    """Return a statement (with its values) for the references of those touched who are in the audience, each once; an
    empty one where nobody can be."""
    statement, values = _rows(filters)
    return (_PEOPLE.format(rows=statement), values) if statement else ("", {})


_ROOM: Final = """
select set_config('work_mem', '128MB', true), set_config('jit', 'off', true),
    set_config('enable_indexscan', 'off', true)
"""
"""People are hashed in memory, and rows read in the order in which they lie: a large part of them is wanted anyway."""
_AS_BEFORE: Final = """
select set_config('work_mem', reset_val, true) from pg_settings where name = 'work_mem'
union all select set_config('enable_indexscan', 'on', true)
"""
_COUNT: Final = """
with touched as materialized ({rows})
select place, count(*), sum(records) from touched group by place
union all
select null, count(*), sum(records) from (select sum(records) as records from touched group by person) as each
"""
_PEOPLE: Final = """
with touched as ({rows})
select distinct s.id from touched join audience_subscriber s on s.id = touched.person
"""


def _rows(filters: Sequence[Filter]) -> tuple[str, dict[str, object]]:
    """A statement for (place, person, records), a row for each person in each holding, and its values."""
    bound = [one for one in map(_bound, filters) if one is not None]
    values: dict[str, object] = {}
    parts = []
    for number, holding in enumerate(catalogue()):
        reach, key = _reach(holding), holding.description.key
        if reach is None:
            continue
        conditions = [
            f"({' and '.join(_conditions(reach, one, f'_{number}_{place}', values))})"
            for place, one in enumerate(bound)
            if (not one.holdings or key in one.holdings) and (one.epoch is None or holding.description.sealed)
        ]
        if conditions:
            values[f"key_{number}"] = key
            parts.append(
                f"select %(key_{number})s::text as place, {reach.person} as person, count(*) as records"  # noqa: S608 - our own words
                f" from {reach.rows} where {reach.person} is not null and ({' or '.join(conditions)}) group by 2"
            )
    return " union all ".join(parts), values


def _reach(holding: Holding) -> Reach | None:
    found = getattr(holding, "reach", None)
    return found if isinstance(found, Reach) else None


def _conditions(reach: Reach, one: Filter, name: str, values: dict[str, object]) -> Iterator[str]:
    """The conditions of one filter on one holding; what a row does not tell is taken to hold, except of its own day."""
    yield "true"
    if one.dated and (one.since or one.until) and not reach.made:
        yield "false"
    if one.since is not None and one.dated and reach.made:
        values[f"since{name}"] = one.since
        yield f"{reach.made} >= %(since{name})s"
    if one.until is not None and reach.made:
        values[f"until{name}"] = one.until
        before = f"{reach.made} < %(until{name})s"
        yield before if one.dated else f"({reach.made} is null or {before})"
    if one.lists:
        values[f"lists{name}"] = list(one.lists)
        late = ""
        if one.until is not None:
            values[f"until{name}"] = one.until
            late = f" and b.since < %(until{name})s"
        yield (
            f"{reach.person} in (select b.subscriber_id from audience_subscription b"  # noqa: S608 - our own words
            f" where b.list_id = any(%(lists{name})s){late})"
        )


def _bound(one: Filter) -> Filter | None:
    """A filter in terms of times, lists and holdings, as the scope's logs tell what was exported, seen or opened; None
    where this controller has no such export, access or epoch."""
    until, holdings, lists = one.until, one.holdings, one.lists
    if one.export is not None:
        entry = record.entry(one.export)
        if entry is None or entry.kind != EXPORTED:
            return None
        until, lists = _earlier(until, entry.at), (UUID(str(entry.body["list"])),)
        holdings = tuple(key for key in EXPORTS if not holdings or key in holdings) or ("",)
    if one.access is not None:
        access = next((each for each in accounts.accesses(ACCESSES) if each.id == one.access), None)
        if access is None:
            return None
        until = _earlier(until, min(access.until, access.closed_at or access.until))
    if one.epoch is not None:
        span = vault.span(one.epoch)
        if span is None:
            return None
        until = _earlier(until, span[1]) if span[1] else until
    return Filter(holdings, one.since, until, one.dated, lists, epoch=one.epoch)


ACCESSES: Final = 10_000
"""So many accesses of a controller, the newest, are looked through."""


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return min(one, other) if one else other
