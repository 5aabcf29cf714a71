"""Where the storms rage: a server of their own that may be killed, with a migrated database, and nobody else on it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.management import call_command
from django.db import connections

from mandata.infra.environment import env
from mandata.infra.postgres import Server, Urls, apply_grants, place, process
from mandata.infra.tenancy import APPEND_ONLY
from tests.delivery.storm.processes import kill

_NAMES = ("DATABASE_URL", "OWNER_DATABASE_URL")


class Ground:
    """The server, and how it dies."""

    def __init__(self, server: Server, urls: Urls) -> None:
        self.server = server
        self.urls = urls

    def postmaster(self) -> int:
        """The pid of the server's first process."""
        found = place.find(self.server.folder)
        assert found is not None
        pid = process.postmaster(found.data)
        assert pid is not None
        return pid

    def die(self) -> None:
        """kill -9 of the postmaster; `server.start` brings it back."""
        kill(self.postmaster())
        connections.close_all()


@contextmanager
def ground() -> Iterator[Ground]:
    """Start and migrate a server; while the block lasts, this process and its children speak to it and to no other."""
    before = {name: os.environ.get(name) for name in _NAMES}
    kept = {alias: dict(connections[alias].settings_dict) for alias in ("default", "owner")}
    server = Server(Path(tempfile.mkdtemp(prefix="mandata-storm-")) / "postgres", durable=False)
    server.start()
    try:
        urls = server.provision()
        os.environ.update(DATABASE_URL=urls.app, OWNER_DATABASE_URL=urls.owner)
        connections.close_all()
        for alias, url in (("default", urls.app), ("owner", urls.owner)):
            _point(alias, url)
        env.cache_clear()
        call_command("migrate", database="owner", verbosity=0)
        apply_grants(urls.owner, urlsplit(urls.app).username or "", APPEND_ONLY)
        yield Ground(server, urls)
    finally:
        connections.close_all()
        server.destroy()
        for alias, settings in kept.items():
            connections[alias].settings_dict.update(settings)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        env.cache_clear()


def _point(alias: str, url: str) -> None:
    parts = urlsplit(url)
    connections[alias].settings_dict.update(
        NAME=parts.path.lstrip("/"),
        USER=parts.username,
        PASSWORD=unquote(parts.password or ""),
        HOST=parts.hostname,
        PORT=str(parts.port),
    )
