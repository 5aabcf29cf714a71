"""Search in part and order by what lies sealed: there is no index of it, so the people looked at are unsealed in bulk.

Only up to `LIMIT` people: their envelopes pass through memory a batch at a time, nothing of them is kept between
requests, and what the answer costs is bounded. Beyond it `TooMany` says what to do instead.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson
from django.utils.translation import gettext as _

from mandata.audience.errors import NoSuchField, TooMany
from mandata.audience.rules.csvfile import folded
from mandata.audience.rules.fields import FieldType
from mandata.audience.rules.names import sort_key
from mandata.audience.selectors.catalogue import field_specs
from mandata.audience.selectors.narrowing import LAST, Narrowing
from mandata.audience.selectors.people import PLACE
from mandata.infra import bulk
from mandata.vault.services import Vault

LIMIT: Final = 20_000
"""People unsealed for one page at most. Measured, one core unseals and reads about 50,000 people a second: an answer
within half a second, which somebody waits for, and a worker of the console is taken up no longer."""
_AT_ONCE: Final = 2_000


def containing(text: str, narrowing: Narrowing, *, after: UUID, limit: int, vault: Vault) -> list[UUID]:
    """Return the newest people behind `after` whose name, address, company or telephone holds the text, in whatever
    case, accents, blanks and signs; at most `limit`. Raises TooMany."""
    wanted = folded(text)
    if not wanted:
        return []
    _few_enough(narrowing)
    hits: list[UUID] = []
    for subscriber, identity in _unsealed(narrowing, after, vault):
        if any(wanted in folded(value) for value in _searched(identity)):
            hits.append(subscriber)
            if len(hits) >= limit:
                break
    return hits


def _searched(identity: Mapping[str, Any]) -> Iterator[str]:
    yield " ".join(str(identity.get(key, "")) for key in ("first_name", "last_name"))
    yield from (str(identity[key]) for key in ("email", "company", "phone") if identity.get(key))


def ordered(
    sort: str,
    narrowing: Narrowing,
    *,
    after: UUID | None,
    position: int,
    limit: int,
    language: str,
    vault: Vault,
) -> tuple[list[UUID], int]:
    """Return the references of a page, sorted, with one more where more follow, and how many people stand before it.

    The page begins behind `after`, or at `position` where that person is gone. People without the value stand at the
    end, whichever way round. Raises TooMany, NoSuchField.
    """
    read = _reader(sort.removeprefix("-"), language)
    _few_enough(narrowing)
    told: list[tuple[Any, UUID]] = []
    empty: list[UUID] = []
    for subscriber, identity in _unsealed(narrowing, LAST, vault):
        value = read(identity)
        if value is None:
            empty.append(subscriber)
        else:
            told.append((value, subscriber))
    told.sort(reverse=sort.startswith("-"))
    ids = [subscriber for _value, subscriber in told] + empty
    start = 0
    if after is not None:
        start = ids.index(after) + 1 if after in ids else position
    return ids[start : start + limit + 1], start


def _reader(field: str, language: str) -> Any:
    """Return what reads the value to sort by from an identity, None where there is none."""
    if field == "name":
        keys = ("last_name", "first_name")
        return lambda identity: (
            tuple(sort_key(str(identity.get(key, "")), language) for key in keys)
            if any(identity.get(key) for key in keys)
            else None
        )
    spec = field_specs().get(field)
    if field != "email" and (spec is None or not spec.sealed):
        raise NoSuchField(_("There is no such sealed field."))
    if spec is not None and spec.type is FieldType.NUMBER:
        return lambda identity: Decimal(identity[field]) if identity.get(field) else None
    if spec is not None and spec.type is FieldType.BOOLEAN:
        return lambda identity: identity.get(field)
    return lambda identity: sort_key(str(identity[field]), language) if identity.get(field) else None


def _few_enough(narrowing: Narrowing) -> None:
    if narrowing.count(LIMIT + 1) > LIMIT:
        raise TooMany(
            _("These are more than %(limit)s people, and what lies sealed is not unsealed for so many at once.")
            % {"limit": f"{LIMIT:,}".replace(",", "\u00a0")},
            remedy=_(
                "Narrow the people down by a list, a provider, a country or another filter; or look for a whole"
                " address, a whole number, or whole words of the name, which are found among any number of people."
            ),
        )


def _unsealed(narrowing: Narrowing, after: UUID, vault: Vault) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """Go through the people who fit, newest first, a batch in memory at a time."""
    statement = f"select s.id, s.identity {narrowing.source} and s.id < %(after)s order by s.id desc limit %(limit)s"
    while True:
        rows = bulk.execute(statement, {**narrowing.values, "after": after, "limit": _AT_ONCE}, binary=True)
        opened = vault.unseal_many(PLACE, dict(rows))
        for subscriber, _envelope in rows:
            if subscriber in opened:
                yield subscriber, orjson.loads(opened[subscriber])
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1][0]
