"""What every command needs first: the environment, the database, and, for most, Django."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from mandata.infra import environment, restoring
from mandata.infra.environment import Environment
from mandata.infra.postgres import Server, Urls

SETTINGS = "mandata.project.settings"


def read() -> Environment:
    """Return the settings as they are now; nothing is remembered, because `connected` is about to change them."""
    return environment.read(os.environ)


def server(settings: Environment, *, port: int = 0) -> Server:
    """Return the embedded server of this installation; its write-ahead log is archived where there is a store."""
    archive = settings.backup_spool if settings.backup_store else 0
    return Server(settings.var / "postgres", port=port, archive=archive)


def superuser(settings: Environment, urls: Urls) -> str:
    """Return the embedded server's address as its superuser, or nothing where the database is an own one.

    A process that `mandata up` started has the embedded server's address in DATABASE_URL, like an own one's.
    """
    if urls.superuser:
        return urls.superuser
    own = server(settings)
    if own.running() and own.urls().app == settings.database_url:
        return own.urls().superuser
    return ""


@contextlib.contextmanager
def connected(*, restoring_too: bool = False) -> Iterator[Urls]:
    """Have a database for as long as the block lasts: the own one of DATABASE_URL, or the embedded one.

    The embedded server is started, or joined where another command has started it, and ends with its last user. Its
    address goes into this process's environment, where the settings look for it; the owner's goes nowhere.
    Raises Fault while the installation is being restored; `restoring_too` is for what restores, and for processes that
    wait or explain by themselves.
    """
    settings = read()
    settings.var.mkdir(parents=True, exist_ok=True)
    if not restoring_too:
        restoring.require_open(settings.var, settings.database_url)
    if settings.database_url:
        yield Urls(superuser="", owner=settings.owner_database_url, app=settings.database_url)
        return
    with server(settings).use() as urls:
        os.environ["DATABASE_URL"] = urls.app
        environment.env.cache_clear()
        try:
            yield urls
        finally:
            del os.environ["DATABASE_URL"]
            environment.env.cache_clear()


def django() -> None:
    """Load the application. Call it inside `connected`, before importing services or selectors."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django as framework

    framework.setup()


def var() -> Path:
    """Return the installation's folder, made where it is missing."""
    folder = read().var
    folder.mkdir(parents=True, exist_ok=True)
    return folder
