"""Pages of subscribers: newest first, found by what is sealed, or sorted by it.

    exact       an address, a telephone or identification number: the blind index
    words       whole words of a name, each of which must fit: the blind index
    part        part of a name, an address, a company, a telephone number: by unsealing (`sealed`)
    sorted      by the address, the name or any sealed field: by unsealing

Every page begins behind the last person of the page before, so nobody is shown twice or left out when people come or
go in between.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from mandata.audience.selectors import finding, sealed
from mandata.audience.selectors.narrowing import LAST, Narrowing
from mandata.audience.selectors.people import PLACE, shown_address
from mandata.foundation import addresses
from mandata.infra import bulk
from mandata.vault.services import Vault

LARGEST_PAGE = 500

_COLUMNS = """
s.id, s.identity, {state}, s.provider, s.country, s.language, s.restricted_at is not null,
coalesce((select p.reason from audience_suppression p where p.hash = s.suppression_index
          and p.channel in ('email', 'all') and p.scope = '' limit 1), ''), {since}
"""
# Fences (offset 0) keep each page on the road whose order it needs: the planner would weigh sorting whole lists.
_ALL = "from audience_subscriber s where s.id < %(after)s{having} order by s.id desc limit %(limit)s"
_ON_LIST = """
from audience_subscription b
cross join lateral (select * from audience_subscriber s where s.id = b.subscriber_id{having} offset 0) s
where b.subscriber_id < %(after)s{on_list} order by b.subscriber_id desc limit %(limit)s
"""
_NAMED = """
from audience_lookup w
cross join lateral (select * from audience_subscriber s where s.id = w.subscriber_id{having} offset 0) s
{lateral}
where {words} and w.subscriber_id < %(after)s order by w.subscriber_id desc limit %(limit)s
"""
_CHOSEN = """
from (select id from unnest(%(only)s::uuid[]) one (id) order by id desc offset 0) chosen
cross join lateral (select * from audience_subscriber s where s.id = chosen.id{having} offset 0) s
{lateral}
where chosen.id < %(after)s order by chosen.id desc limit %(limit)s
"""
_LATERAL = """
cross join lateral (
    select * from audience_subscription b where b.subscriber_id = s.id{on_list} offset 0
) b
"""


@dataclass(frozen=True, slots=True)
class SubscriberRow:
    """A subscriber in a table. `address` and `name` are masked unless the page was asked to show them."""

    id: UUID
    address: str
    name: str
    state: str
    basis: str
    provider: str
    country: str
    language: str
    restricted: bool
    suppressed: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of subscribers; `after` asks for the next one and is None on the last.

    `how` tells by what the people were found ("", "exact", "words", "part"); `unfinished` for how many people look-ups
    were made anew so far where that still goes on, so that some may not be found yet. `position` is how many people of
    a sorted list stand before the next page: where it begins should `after` be erased meanwhile.
    """

    rows: list[SubscriberRow]
    after: UUID | None
    how: str = ""
    unfinished: int | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class _Ask:
    """What every road needs."""

    narrowing: Narrowing
    after: UUID | None
    limit: int
    vault: Vault
    sealed: bool


def page(
    *,
    narrowing: Narrowing | None = None,
    search: str = "",
    part: bool = False,
    sort: str = "",
    language: str = "",
    after: UUID | None = None,
    position: int = 0,
    limit: int = 50,
    sealed: bool = True,
    vault: Vault | None = None,
) -> Page:
    """Return one page of subscribers, newest first or sorted; identities masked unless `sealed` is false.

    `search`: an address, a telephone or identification number, whole words of a name; where none of these is found, or
    with `part`, a part of them. `sort`: "email", "name" or the key of a sealed field, with "-" before it downwards, in
    the order of `language`. Raises TooMany where parts are to be looked for among, or an order made of, more people
    than `sealed.LIMIT`.
    """
    ask = _Ask(narrowing or Narrowing(), after, min(limit, LARGEST_PAGE), vault or Vault.open(), sealed)
    if search.strip():
        return _searched(ask, search, part)
    if sort:
        return _sorted(ask, sort, language, position)
    few = ask.narrowing.few() if ask.narrowing.list_id else None
    return _read(ask, *(_road(ask.narrowing) if few is None else _chosen(ask.narrowing, few)))


def _searched(ask: _Ask, search: str, part: bool) -> Page:
    if not part:
        exact = _exact(search, ask.vault)
        if exact is not None:
            return _read(ask, *_chosen(ask.narrowing, exact), how="exact")
        indexes = finding.word_indexes(search, vault=ask.vault)
        if indexes:
            found = _read(ask, *_named(ask.narrowing, indexes), how="words")
            if found.rows or ask.after:
                return found
    ids = sealed.containing(search, ask.narrowing, after=ask.after or LAST, limit=ask.limit + 1, vault=ask.vault)
    return _read(ask, *_chosen(Narrowing(list_id=ask.narrowing.list_id), ids), how="part")


def _exact(search: str, vault: Vault) -> list[UUID] | None:
    """Return whom the whole text finds; None where it is no address and nobody has it as a number."""
    if "@" in search and addresses.is_valid(addresses.clean(search)):
        found = finding.find_by_email(search, vault=vault)
        return [found] if found else []
    if not re.search(r"\d", search):
        return None
    return (finding.find_by_phone(search, vault=vault) or finding.find_by_number(search, vault=vault)) or None


def _sorted(ask: _Ask, sort: str, language: str, position: int) -> Page:
    ids, start = sealed.ordered(
        sort, ask.narrowing, after=ask.after, position=position, limit=ask.limit, language=language, vault=ask.vault
    )
    unordered = _Ask(ask.narrowing, None, ask.limit, ask.vault, ask.sealed)
    found = _read(unordered, *_chosen(Narrowing(list_id=ask.narrowing.list_id), ids[: ask.limit]))
    at = {row.id: row for row in found.rows}
    rows = [at[one] for one in ids[: ask.limit] if one in at]
    more = len(ids) > ask.limit
    return Page(rows, ids[ask.limit - 1] if more else None, position=start + ask.limit)


def _road(narrowing: Narrowing) -> tuple[str, dict[str, Any], bool]:
    statement = _ON_LIST if narrowing.list_id else _ALL
    return statement.format(having=narrowing.having, on_list=narrowing.on_list), {}, bool(narrowing.list_id)


def _named(narrowing: Narrowing, indexes: Sequence[bytes]) -> tuple[str, dict[str, Any], bool]:
    values = {"first": indexes[0], "others": list(indexes[1:])}
    return _with_list(_NAMED, narrowing), values, bool(narrowing.list_id)


def _chosen(narrowing: Narrowing, ids: Sequence[UUID]) -> tuple[str, dict[str, Any], bool]:
    return _with_list(_CHOSEN, narrowing), {"only": list(ids)}, bool(narrowing.list_id)


def _with_list(statement: str, narrowing: Narrowing) -> str:
    lateral = _LATERAL.format(on_list=narrowing.on_list) if narrowing.list_id else ""
    return statement.format(having=narrowing.having, lateral=lateral, words=finding.ALL_WORDS)


def _read(ask: _Ask, road: str, values: Mapping[str, Any], listed: bool, *, how: str = "") -> Page:
    """Read a page's rows by a road, and unseal them."""
    columns = _COLUMNS.format(
        state="b.state, b.basis" if listed else "'', ''", since="b.since" if listed else "null::timestamptz"
    )
    parameters = {**ask.narrowing.values, **values, "after": ask.after or LAST, "limit": ask.limit + 1}
    rows = bulk.execute(f"select {columns} {road}", parameters)
    more, rows = rows[ask.limit :], rows[: ask.limit]
    opened = ask.vault.unseal_many(PLACE, {row[0]: row[1] for row in rows})
    found = [_row(row, orjson.loads(opened[row[0]]) if row[0] in opened else {}, ask.sealed) for row in rows]
    return Page(found, rows[-1][0] if more else None, how, finding.unfinished() if how else None)


def _row(row: tuple[Any, ...], identity: Mapping[str, Any], masked: bool) -> SubscriberRow:
    subscriber, _, *rest = row
    name = " ".join(str(identity[key]) for key in ("first_name", "last_name") if identity.get(key))
    shown = " ".join(f"{part[:1]}•••" for part in name.split()) if masked else name
    return SubscriberRow(subscriber, shown_address(identity, sealed=masked), shown, *rest)
