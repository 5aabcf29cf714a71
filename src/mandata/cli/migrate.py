"""`mandata migrate`: bring the database to this version's tables, as the role that owns them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from mandata.cli.current import require_current
from mandata.cli.installation import connected, django, read
from mandata.cli.output import AsJson, emit
from mandata.foundation.errors import Fault
from mandata.infra import environment
from mandata.infra.postgres import Urls, apply_grants, check_external

_LOCK = 0x6D61_6E64_6174_61
"""The advisory lock that keeps two migrations apart: "mandata" in ASCII."""


def migrate(
    with_keys: Annotated[
        bool,
        typer.Option(
            "--with-keys", help="Refuse a database whose keys are not here, or that is older than the outside log says."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create or update the tables, and set what the application's role may do with them.

    Safe to repeat, and safe to run from several hosts at once: the second waits for the first. An own server
    (DATABASE_URL, OWNER_DATABASE_URL) is checked first: version, encoding, and that the application's role can neither
    bypass Row-Level Security nor alter a table.

    Examples:

        mandata migrate

        DATABASE_URL=postgresql://mandata_app:…@db/mandata OWNER_DATABASE_URL=postgresql://… mandata migrate
    """
    with connected() as urls:
        applied = bring_up_to_date(urls, with_keys=with_keys)
        if with_keys:
            require_current(urls.app)
    words = f"{applied} migrations applied." if applied else "Nothing to migrate."
    emit(as_json, {"applied": applied}, words)


def bring_up_to_date(urls: Urls, *, with_keys: bool = False) -> int:
    """Migrate the database of `urls` and set the grants; return how many migrations that took."""
    app_role = _role(urls.app)
    if read().database_url and not urls.superuser:
        app_role = check_external(urls.app, urls.owner).app_role
    with _as_owner(urls.owner), _alone(urls.owner):
        applied = _migrate()
        apply_grants(urls.owner, app_role, _append_only())
        if with_keys:
            _require_keys()
    return applied


def _role(url: str) -> str:
    return unquote(urlsplit(url).username or "")


@contextmanager
def _as_owner(url: str) -> Iterator[None]:
    before = os.environ.get("OWNER_DATABASE_URL")
    os.environ["OWNER_DATABASE_URL"] = url
    environment.env.cache_clear()
    try:
        yield
    finally:
        if before is None:
            del os.environ["OWNER_DATABASE_URL"]
        environment.env.cache_clear()


@contextmanager
def _alone(owner_url: str) -> Iterator[None]:
    import psycopg

    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        yield


def _migrate() -> int:
    django()
    from django.core.management import call_command
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if pending:
        call_command("migrate", database="owner", interactive=False, verbosity=0)
    connections.close_all()
    return pending


def _require_keys() -> None:
    """Raise Fault where controllers are known whose keys are not here, before anything makes others beside them."""
    from mandata.accounts import selectors
    from mandata.vault import services

    known = selectors.directory(count=0)[0]
    if known and not services.keys_are_there():
        raise Fault(
            f"The database knows {known} controllers, but {read().keys_folder.absolute()} does not hold their keys.",
            remedy="Put the keys folder back, or name it with MANDATA_KEYS. Nothing was made in its place.",
        )


def _append_only() -> tuple[str, ...]:
    from mandata.infra.tenancy import APPEND_ONLY

    return APPEND_ONLY
