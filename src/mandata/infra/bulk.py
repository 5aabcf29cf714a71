"""Many rows in one statement: INSERT ... SELECT FROM unnest(arrays), sent in binary.

PostgreSQL refuses COPY FROM on a table with Row-Level Security, so this is the bulk road for scoped tables: one round
trip, the
policy checked for each row, and about as fast as COPY for batches of some thousand rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from psycopg import Cursor, sql

from mandata.infra.environment import env
from mandata.infra.tenancy import current_controller

_ONLY_WHERE_ASKED = 2**31
"""So often would a statement have to come before the driver prepared it by itself."""


def insert(
    table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]], *, conflict: str = "", returning: str = ""
) -> list[tuple[Any, ...]]:
    """Insert rows into a scoped table; controller_id is the open scope's and is not among the columns.

    `columns`: name -> PostgreSQL type (of one element), in the order of each row's values. `conflict`: an ON CONFLICT
    clause
    of our own words (`do nothing`, or `(controller_id, x) do update set ...`). `returning`: column names with commas.
    Returns the returned rows, an empty list without `returning`.
    """
    if not rows:
        return []
    statement = sql.SQL("insert into {table} (controller_id, {names}) select {scope}, * from unnest({arrays})").format(
        table=sql.Identifier(table),
        names=sql.SQL(", ").join(map(sql.Identifier, columns)),
        scope=sql.Literal(current_controller()),
        arrays=sql.SQL(", ").join(sql.SQL("%b::" + kind + "[]") for kind in columns.values()),
    )
    if conflict:
        statement += sql.SQL(" on conflict " + conflict)
    if returning:
        statement += sql.SQL(" returning " + returning)
    return execute(statement, [list(column) for column in zip(*rows, strict=True)])


def tally(statement: str, keys: Sequence[Any]) -> dict[Any, int]:
    """Run a statement that takes an array of keys and answers with (key, count); return it as a mapping.

    Keys of nothing are not in it. No keys: no statement.
    """
    return dict(execute(statement, [list(keys)], binary=True)) if keys else {}


def execute(
    statement: sql.Composable | str,
    arguments: Sequence[Any] | Mapping[str, Any],
    *,
    binary: bool = False,
    prepare: bool = False,
) -> list[tuple[Any, ...]]:
    """Run one statement with arguments bound by the server (arrays stay binary) on Django's connection; return its
    rows.

    `binary`: rows come in binary, too, which is quicker for bytes. `prepare`: for a statement that is run again and
    again, which the server then plans once for a session; without effect behind a pooler (MANDATA_DATABASE_POOLED).
    Raises what the ORM raises: `django.db.OperationalError` where the database goes away, its `__cause__` the driver's
    own error.
    """
    connection.close_if_health_check_failed()  # as Django's own cursors do: a session that was cut is made anew
    connection.ensure_connection()
    raw = connection.connection
    prepared = prepare and not env().database_pooled
    if prepared and raw.prepare_threshold is None:
        raw.prepare_threshold = _ONLY_WHERE_ASKED
    with connection.wrap_database_errors, Cursor(raw) as cursor:
        cursor.execute(statement, arguments, prepare=prepared, binary=binary)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []
