"""A database of its own for a benchmark: an embedded server in a throw-away folder, migrated."""

import os
from pathlib import Path
from typing import Any


def database(folder: Path) -> Any:
    """Start, migrate and set Django up on it; return the server, which the caller destroys."""
    from urllib.parse import urlsplit

    from mandata.infra.postgres import Server, apply_grants

    server = Server(folder / "postgres")
    server.start()
    urls = server.provision()
    os.environ.update(
        MANDATA_VAR=str(folder),
        DATABASE_URL=urls.app,
        OWNER_DATABASE_URL=urls.owner,
        MANDATA_LOG_LEVEL="error",
        DJANGO_SETTINGS_MODULE="mandata.project.settings",
    )
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    from mandata.infra.tenancy import APPEND_ONLY

    call_command("migrate", database="owner", verbosity=0)
    connections["owner"].close()
    apply_grants(urls.owner, urlsplit(urls.app).username or "", APPEND_ONLY)
    return server
