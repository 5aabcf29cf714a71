"""Roles, database and privileges of the embedded server (design decision 2). Safe to run again."""

import psycopg
from psycopg import sql

from mandata.infra.postgres.urls import APP, OWNER

# What the roles may never become, said again at each run so that a change by hand does not last.
_ATTRIBUTES = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT"

_CREATE = """
CREATE DATABASE {database} OWNER {owner}
TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'
"""

_DATABASE = """
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app};
ALTER DATABASE {database} SET timezone = 'UTC'
"""

_PRIVILEGES = """
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC
"""


def provision(maintenance_url: str, database_url: str, passwords: dict[str, str], database: str) -> None:
    """Create what is missing and set what differs.

    `maintenance_url` leads to the database `postgres`, `database_url` to `database` itself, both as the superuser;
    `passwords` maps each role to its password.
    """
    with psycopg.connect(maintenance_url, autocommit=True) as connection:
        for role in (OWNER, APP):
            _role(connection, role, passwords[role])
        _database(connection, database)
    with psycopg.connect(database_url) as connection:
        connection.execute(_formatted(_PRIVILEGES, database))


def _role(connection: "psycopg.Connection[tuple[object, ...]]", role: str, password: str) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER" if exists else "CREATE"
    # Hashed here, so that the password itself never travels and cannot appear in any log.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    statement = sql.SQL(f"{verb} ROLE {{}} {_ATTRIBUTES} PASSWORD {{}}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(verifier)))


def _database(connection: "psycopg.Connection[tuple[object, ...]]", database: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        connection.execute(_formatted(_CREATE, database))
    for statement in _DATABASE.strip().split(";"):
        connection.execute(_formatted(statement, database))


def _formatted(text: str, database: str) -> sql.Composed:
    names = {"database": database, "app": APP, "owner": OWNER}
    return sql.SQL(text).format(**{key: sql.Identifier(name) for key, name in names.items()})
