"""Exports and accesses of a period, to be ticked as what a breach touched. They open the scopes themselves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.holdings import breadth
from mandata.infra.tenancy import scope
from mandata.record import selectors as record

MOST: Final = 200
"""So many are offered; a narrower period or fewer controllers offer the rest."""
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """An export of a list, or an access of our staff, at one controller.

    `kind`: "export" or "access"; `id`: what a filter names; `at`, `until`: when it was made, or from when to when
    somebody could look; `who`: a kind and an id; `name`: of that person; `people`: how many were exported; `reason`:
    why somebody looked.
    """

    kind: str
    id: UUID
    whose: UUID
    controller: str
    at: datetime
    until: datetime | None
    who: str
    name: str = field(repr=False)
    people: int | None = None
    reason: str = field(default="", repr=False)

    @property
    def value(self) -> str:
        """The choice in a form."""
        return f"{self.kind}:{self.whose}:{self.id}"


def choices(controllers: Iterable[UUID], *, since: datetime, until: datetime) -> tuple[list[Choice], bool]:
    """Return what was exported or seen at some controllers in a period, the newest first, and whether that is all."""
    found: list[Choice] = []
    for one in controllers:
        with scope(one):
            found += [*_exports(one, since, until), *_accesses(one, since, until)]
    found.sort(key=lambda each: (each.at, each.value), reverse=True)
    return found[:MOST], len(found) <= MOST


def _exports(whose: UUID, since: datetime, until: datetime) -> Iterator[Choice]:
    controller, people = accounts.controller().name, {f"member:{one.id}": one.name for one in accounts.members()}
    before, told = None, 0
    while page := record.entries(kind=breadth.EXPORTED, before=before, limit=_PAGE):
        for entry in page:
            if since <= entry.at < until and told <= MOST:
                told += 1
                name, count = people.get(entry.actor, ""), entry.body.get("people")
                count = count if isinstance(count, int) else None
                yield Choice("export", entry.id, whose, controller, entry.at, None, entry.actor, name, count)
        before = page[-1].id
        if page[-1].at < since or len(page) < _PAGE or told > MOST:
            return


def _accesses(whose: UUID, since: datetime, until: datetime) -> Iterator[Choice]:
    controller = accounts.controller().name
    for one in accounts.accesses(breadth.ACCESSES):
        ended = min(one.until, one.closed_at or one.until)
        if one.opened_at < until and ended > since:
            who = f"operator:{one.user_id}"
            yield Choice("access", one.id, whose, controller, one.opened_at, ended, who, one.name, reason=one.reason)


def read(value: str) -> dict[str, object] | None:
    """Return the filter that a choice in a form means; None for what is none."""
    kind, _colon, rest = value.partition(":")
    whose, _colon, own = rest.partition(":")
    try:
        return {"controllers": [str(UUID(whose))], kind: str(UUID(own))} if kind in ("export", "access") else None
    except ValueError:
        return None
