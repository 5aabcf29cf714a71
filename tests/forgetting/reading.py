"""Reads the whole database in SQL, as somebody who may run any statement and has no key."""

from collections.abc import Mapping, Sequence

import psycopg
from psycopg import sql

from mandata.infra.tenancy import SETTING
from tests.forgetting.scanner import in_bytes

_TABLES = """
select n.nspname, c.relname, a.attname, format_type(a.atttypid, null) = 'bytea'
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
where c.relkind in ('r', 'm', 'v') and not c.relispartition and a.attnum > 0 and not a.attisdropped
and (n.nspname = 'public' or n.nspname || '.' || c.relname in ('pg_catalog.pg_statistic',
     'pg_catalog.pg_stat_activity', 'pg_catalog.pg_largeobject', 'pg_catalog.pg_description'))
and has_table_privilege(c.oid, 'select')
union all
select n.nspname, c.relname, a.attname, format_type(a.atttypid, null) = 'bytea'
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
where c.relkind = 'p' and n.nspname = 'public' and a.attnum > 0 and not a.attisdropped
"""


def columns_with(url: str, needles: Mapping[bytes, str], scopes: Sequence[str] = ("",)) -> set[str]:
    """Return table.column of every column in which a needle stands, in whatever spelling.

    `scopes`: ids of controllers whose rows to look at, for a role that Row-Level Security binds; the role may set it to
    any, because it is only a setting. A column of bytes is read as bytes, any other as the text of its values.
    """
    found: set[str] = set()
    with psycopg.connect(url) as connection:
        for controller in scopes:
            connection.execute("select set_config(%s, %s, false)", [SETTING, controller])
            for schema, table, columns in _tables(connection):
                found |= _in_table(connection, schema, table, columns, needles)
        connection.rollback()
    return found


def _tables(connection: psycopg.Connection[tuple[str, ...]]) -> list[tuple[str, str, dict[str, bool]]]:
    columns: dict[tuple[str, str], dict[str, bool]] = {}
    for schema, table, column, raw in connection.execute(_TABLES).fetchall():
        columns.setdefault((schema, table), {})[column] = bool(raw)
    return [(schema, table, found) for (schema, table), found in sorted(columns.items())]


def _in_table(
    connection: psycopg.Connection[tuple[str, ...]],
    schema: str,
    table: str,
    columns: Mapping[str, bool],
    needles: Mapping[bytes, str],
) -> set[str]:
    asked = [sql.SQL("{}" if raw else "{}::text").format(sql.Identifier(name)) for name, raw in columns.items()]
    query = sql.SQL("select {} from {}").format(sql.SQL(", ").join(asked), sql.Identifier(schema, table))
    values: dict[str, list[bytes]] = {name: [] for name in columns}
    for row in connection.execute(query):
        for name, value in zip(columns, row, strict=True):
            if value:
                values[name].append(value.encode() if isinstance(value, str) else bytes(value))
    # One look at the whole table first: nearly all of them hold nothing.
    whole = b"\0".join(b"\0".join(column) for column in values.values())
    if not in_bytes(whole, needles):
        return set()
    return {f"{table}.{name}" for name, column in values.items() if in_bytes(b"\0".join(column), needles)}
