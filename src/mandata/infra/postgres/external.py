"""What a PostgreSQL of your own must promise before mandata trusts it with the separation of controllers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mandata.foundation.errors import Fault

if TYPE_CHECKING:
    import psycopg

OLDEST = 15
_REMEDY_ROLE = (
    "Create a role of its own for DATABASE_URL: CREATE ROLE mandata_app LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '…'."
)

# A role is also what it can become by SET ROLE, so membership counts as if it were the attribute itself.
_BYPASS = """
SELECT r.rolname, r.rolsuper FROM pg_roles r
WHERE (r.rolsuper OR r.rolbypassrls) AND pg_has_role(current_user, r.oid, 'MEMBER')
ORDER BY r.rolname = current_user DESC LIMIT 1
"""
_OWNS = """
SELECT c.relname, pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
AND pg_has_role(current_user, c.relowner, 'MEMBER')
ORDER BY c.relname LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class External:
    """What was found: the server's major version, and the names of the two roles."""

    version: int
    app_role: str
    owner_role: str


def check_external(app_url: str, owner_url: str) -> External:
    """Check an own server. Raises Fault that names the promise that does not hold and the statement that mends it."""
    with _connected(app_url, "DATABASE_URL") as connection:
        version = _check_server(connection)
        app_role = _check_app(connection)
    with _connected(owner_url, "OWNER_DATABASE_URL") as connection:
        owner_role = _check_owner(connection, app_role)
    return External(version, app_role, owner_role)


def _connected(url: str, variable: str) -> "psycopg.Connection[tuple[object, ...]]":
    import psycopg

    if not url:
        raise Fault(f"{variable} is not set.", remedy="An own server needs both DATABASE_URL and OWNER_DATABASE_URL.")
    try:
        # No prepared statements: a pooler in transaction mode may stand between.
        return psycopg.connect(url, connect_timeout=10, autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        raise Fault(
            f"The server of {variable} cannot be reached: {str(error).strip().splitlines()[0]}",
            remedy=f"Check host, port, user, password and database in {variable}.",
        ) from error


def _check_server(connection: "psycopg.Connection[tuple[object, ...]]") -> int:
    number, encoding = _row(
        connection, "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')"
    )
    version = int(str(number)) // 10_000
    if version < OLDEST:
        raise Fault(f"PostgreSQL {version} is too old.", remedy=f"Mandata needs PostgreSQL {OLDEST} or later.")
    if encoding != "UTF8":
        raise Fault(
            f"The database is encoded in {encoding}.", remedy="Create it with ENCODING 'UTF8' TEMPLATE template0."
        )
    return version


def _check_app(connection: "psycopg.Connection[tuple[object, ...]]") -> str:
    (app,) = _row(connection, "SELECT current_user")
    bypass = connection.execute(_BYPASS).fetchone()
    if bypass is not None:
        name, superuser = bypass
        how = "is" if name == app else f"can become {name}, which is"
        what = "a superuser" if superuser else "allowed to bypass Row-Level Security (BYPASSRLS)"
        raise Fault(
            f"The role {app} of DATABASE_URL {how} {what}: it could read every controller's data.", remedy=_REMEDY_ROLE
        )
    owned = connection.execute(_OWNS).fetchone()
    if owned is not None:
        raise Fault(
            f"The role {app} of DATABASE_URL owns the table {owned[0]} (or can become its owner {owned[1]}): "
            "an owner can switch Row-Level Security off.",
            remedy="Let OWNER_DATABASE_URL's role own it: REASSIGN OWNED BY … TO …, and REVOKE that membership.",
        )
    return str(app)


def _check_owner(connection: "psycopg.Connection[tuple[object, ...]]", app_role: str) -> str:
    owner, may_create = _row(connection, "SELECT current_user, has_schema_privilege('public', 'CREATE')")
    if owner == app_role:
        raise Fault(f"DATABASE_URL and OWNER_DATABASE_URL name the same role, {owner}.", remedy=_REMEDY_ROLE)
    if not may_create:
        raise Fault(
            f"The role {owner} of OWNER_DATABASE_URL may not create tables.",
            remedy=f"GRANT CREATE, USAGE ON SCHEMA public TO {owner}; or make it the owner of the database.",
        )
    return str(owner)


def _row(connection: "psycopg.Connection[tuple[object, ...]]", statement: str) -> tuple[object, ...]:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None  # a SELECT without FROM has one row
    return row
