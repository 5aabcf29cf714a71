"""What the application's role may do, set after each migration by the owner of the tables."""

from collections.abc import Iterable

from mandata.foundation.errors import Fault

_GRANTS = """
GRANT USAGE ON SCHEMA public TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {app}
"""

# A partition has privileges of its own: without its part of the revocation it would be a back door.
_WITH_PARTITIONS = """
SELECT format('%%I.%%I', n.nspname, c.relname)
FROM unnest(%s::text[]) AS name
CROSS JOIN LATERAL (
    SELECT to_regclass(quote_ident(name))
    UNION SELECT relid FROM pg_partition_tree(to_regclass(quote_ident(name)))
) AS tree (member)
JOIN pg_class c ON c.oid = tree.member
JOIN pg_namespace n ON n.oid = c.relnamespace
"""


def apply_grants(owner_url: str, app_role: str, append_only_tables: Iterable[str]) -> None:
    """Grant rows and sequences to `app_role`; take UPDATE and DELETE on append-only tables, partitions included.

    One transaction: at no instant does the role hold more than it should. Raises Fault where a table does not exist.
    """
    import psycopg
    from psycopg import sql

    app = sql.Identifier(app_role)
    names = sorted(set(append_only_tables))
    with psycopg.connect(owner_url) as connection:
        missing = connection.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NULL", [names]
        ).fetchall()
        if missing:
            raise Fault(
                f"No such append-only tables: {', '.join(name for (name,) in missing)}.",
                remedy="Compare mandata.infra.tenancy.APPEND_ONLY with the migrations.",
            )
        connection.execute(sql.SQL(_GRANTS).format(app=app))
        for (table,) in connection.execute(_WITH_PARTITIONS, [names]).fetchall():
            connection.execute(sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.SQL(table), app))
