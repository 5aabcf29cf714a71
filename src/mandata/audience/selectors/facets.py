"""People counted by facets: what was derived at sealing and lies in clear (design, decision 6)."""

from dataclasses import dataclass
from typing import Final

from mandata.audience.selectors.narrowing import Narrowing
from mandata.infra import bulk

GROUPINGS: Final = ("provider", "mail_domain", "country", "region", "language", "birthday")
"""By what people can be grouped; birthdays by the month."""
_MONTH: Final = "left(s.birthday, 2)"


@dataclass(frozen=True, slots=True)
class Groups:
    """People by the values of one facet, the largest group first; `unknown` have no value. `more`: groups follow."""

    rows: list[tuple[str, int]]
    unknown: int
    people: int
    values: int
    more: bool


def column(facet: str) -> str:
    """Return the SQL of a facet's value for grouping. Raises KeyError for what is none."""
    if facet not in GROUPINGS:
        raise KeyError(facet)
    return _MONTH if facet == "birthday" else f"s.{facet}"


def groups(facet: str, *, narrowing: Narrowing | None = None, start: int = 0, limit: int = 50) -> Groups:
    """Count the people by a facet of `GROUPINGS`; `start` groups are left out before the page.

    Months stand in their own order. Raises KeyError for what is no facet.
    """
    chosen, value = narrowing or Narrowing(), column(facet)
    order = "value" if facet == "birthday" else "people desc, value"
    rows = bulk.execute(
        f"select value, people, (sum(people) over ())::bigint, (count(*) over ())::bigint from ("  # noqa: S608
        f" select {value} as value, count(*) as people {chosen.source} group by 1) counted"
        f" order by value = '', {order} offset %(start)s limit %(limit)s",
        {**chosen.values, "start": start, "limit": limit + 2},
    )
    known = [(str(name), int(people)) for name, people, _whole, _values in rows if name]
    unknown = next((int(row[1]) for row in rows if not row[0]), 0)
    whole, values = (int(rows[0][2]), int(rows[0][3])) if rows else (0, 0)
    return Groups(known[:limit], unknown, whole, values, more=len(known) > limit)
