"""The data map: every place with personal data of a controller, how much lies there, and what is done there by hand."""

from dataclasses import dataclass
from typing import Final

from django.apps import apps
from psycopg import sql

from mandata.holdings import selectors, shelves
from mandata.infra import bulk
from mandata.infra.tenancy import ScopedModel

COUNTED: Final = 100_000
"""How many rows of a table are counted at most: a page must not wait for millions."""

CLEAR: Final = ("members", "staff_accesses", "contacts", "catcher")
"""Holdings that name people in clear; any other one that is not sealed knows them by references or keyed hashes."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How many rows a holding has; `more` where there are more than were counted."""

    rows: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class MapPage:
    """The data map: holdings with their amounts (those of the controller alone), manual holdings, open tasks."""

    rows: tuple[selectors.MapRow, ...]
    amounts: dict[str, Amount]
    manual: tuple[shelves.ManualView, ...]
    waiting: int


def page() -> MapPage:
    """Return the data map of the scope's controller, in the active language."""
    rows = tuple(selectors.data_map())
    return MapPage(rows, amounts(rows), tuple(shelves.manuals()), shelves.waiting())


def amounts(rows: tuple[selectors.MapRow, ...]) -> dict[str, Amount]:
    """Return how many rows each holding has of the controller; what belongs to no controller alone is not counted."""
    own = _own_tables()
    tables = [table for row in rows for table in row.tables if table in own]
    found = _counted(tables)
    return {
        row.key: Amount(
            sum(min(found[table], COUNTED) for table in row.tables if table in own),
            any(found[table] > COUNTED for table in row.tables if table in own),
        )
        for row in rows
        if any(table in own for table in row.tables)
    }


def _own_tables() -> set[str]:
    return {model._meta.db_table for model in apps.get_models() if issubclass(model, ScopedModel)}


def _counted(tables: list[str]) -> dict[str, int]:
    """Count many tables in one statement, each up to one more than is told."""
    part = sql.SQL("select {name}, (select count(*) from (select 1 from {table} limit {limit}) as seen)")
    parts = [
        part.format(name=sql.Literal(table), table=sql.Identifier(table), limit=sql.Literal(COUNTED + 1))
        for table in tables
    ]
    return {str(name): int(rows) for name, rows in bulk.execute(sql.SQL(" union all ").join(parts), [])}
