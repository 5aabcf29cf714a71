"""One PostgreSQL for a test process; each test makes controllers of its own, so nothing needs to be cleaned in
between."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.core.management import call_command
from django.db import close_old_connections, connections
from pytest_django import DjangoDbBlocker

from mandata.infra.postgres import Server, Urls, apply_grants
from mandata.infra.tenancy import APPEND_ONLY
from tests.environment import VAR
from tests.tokens import softhsm, token
from tests.world import World

__all__ = ["softhsm", "token"]


@pytest.fixture(scope="session")
def embedded() -> Iterator[Server]:
    """A throw-away server."""
    started = Server(Path(VAR) / "postgres", durable=False)
    started.start()
    yield started
    started.destroy()


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Urls:
    """Roles and an empty database on the throw-away server; MANDATA_TEST_DATABASE ("superuser owner app") names
    another."""
    if given := os.environ.get("MANDATA_TEST_DATABASE"):
        return Urls(*given.split())
    started: Server = request.getfixturevalue("embedded")
    return started.provision()


@pytest.fixture(scope="session")
def database(server: Urls, django_db_blocker: DjangoDbBlocker) -> Iterator[Urls]:
    """The migrated database, reached as the application's role; children inherit it through the environment."""
    os.environ.update(DATABASE_URL=server.app, OWNER_DATABASE_URL=server.owner)
    for alias, url in (("default", server.app), ("owner", server.owner)):
        parts = urlsplit(url)
        connections[alias].settings_dict.update(
            NAME=parts.path.lstrip("/"),
            USER=parts.username,
            PASSWORD=unquote(parts.password or ""),
            HOST=parts.hostname,
            PORT=str(parts.port),
        )
    with django_db_blocker.unblock():
        call_command("migrate", database="owner", verbosity=0)
        connections["owner"].close()
        apply_grants(server.owner, urlsplit(server.app).username or "", APPEND_ONLY)
        yield server
        for connection in connections.all():
            connection.close()


@pytest.fixture(autouse=True)
def _own_connection() -> None:
    """A test before may have cut this process's session; the next one begins with a connection that answers."""
    close_old_connections()


@pytest.fixture
def world(database: Urls) -> World:
    """A cast and its verbs."""
    return World()


def pytest_sessionfinish() -> None:
    """Leave nothing behind."""
    shutil.rmtree(VAR, ignore_errors=True)
