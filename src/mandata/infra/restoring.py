"""The state *restoring*: an older database was put in place, and what happened since is not replayed yet.

Two signs, and either of them shuts every face. A marker file in MANDATA_VAR, written before the database is touched,
so that nothing of this host starts a server or makes an empty database in the meantime; a row in the database, for
processes on other hosts. `mandata restore` sets both and takes both away; nothing else does.

    closed()            asked by web, worker and sending processes, where Django has its connection
    Watch(var, url)     asked by the tracking door, which has neither Django nor time for the database
    require_open(...)   asked by commands before they do anything

The marker is also where a restore keeps its step, so that one that was killed goes on (`mandata.backups.restoring`).
"""

import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mandata.foundation.errors import Fault
from mandata.infra.environment import env

MARKER: Final = "restoring.json"
FRESH: Final = 1.0
"""Seconds for which an answer of the database holds."""
ROW: Final = "select exists (select from infra_restoring)"
_REMEDY: Final = (
    "Run the same `mandata restore` again: it goes on where it was, and opens everything at its end. "
    "`mandata restore --status` says how far it is."
)
_asked: tuple[float, bool] = (0.0, False)


def marked(var: Path | None = None) -> bool:
    """Say whether the marker is there."""
    return ((var or env().var) / MARKER).exists()


def read_marker(var: Path) -> dict[str, Any] | None:
    """Return what the marker says, None without one. Raises Fault where it cannot be read."""
    path = var / MARKER
    try:
        said: dict[str, Any] = json.loads(path.read_bytes())
        return said
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Fault(f"{path} cannot be read.", remedy="Begin again with `mandata restore --anew`.") from error


def write_marker(var: Path, values: Mapping[str, Any]) -> None:
    """Set the marker, or change what it says; it is on the disk, whole, when this returns."""
    path, draft = var / MARKER, var / f".{MARKER}.new"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(json.dumps(values, indent=1, default=str).encode())
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    _sync(var)


def remove_marker(var: Path) -> None:
    """Take the marker away for good."""
    (var / MARKER).unlink(missing_ok=True)
    _sync(var)


def shut() -> None:
    """Enter the row, in the caller's transaction or at once. Twice is the same as once."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("insert into infra_restoring (single, began_at) values (true, now()) on conflict do nothing")
    forget()


def open_again() -> None:
    """Take the row away, in the caller's transaction or at once."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("delete from infra_restoring")
    forget()


def forget() -> None:
    """Ask the database anew at the next question."""
    global _asked
    _asked = (0.0, False)


def closed(*, anew: bool = False) -> bool:
    """Say whether everything is shut. The database is asked once a second at most, or `anew`; one that is away shuts
    nothing, because whoever needs it fails by itself."""
    global _asked
    if marked():
        return True
    at, known = _asked
    now = time.monotonic()
    if anew or at == 0.0 or now - at > FRESH:
        known = _row()
        _asked = (now, known)
    return known


def _row() -> bool:
    from django.db import DatabaseError, InterfaceError, connection

    if connection.in_atomic_block:
        return _select(connection)
    try:
        return _select(connection)
    except (DatabaseError, InterfaceError):
        return False  # away, or not migrated yet


def _select(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(ROW)
        return bool(cursor.fetchone()[0])


def row_at(url: str) -> bool:
    """Say whether the row is in the database of `url`. No Django; a database that is away or has no tables has none."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=5, autocommit=True, prepare_threshold=None) as connection:
            found = connection.execute(ROW.encode()).fetchone()
            return bool(found and found[0])
    except psycopg.Error:
        return False


def require_open(var: Path, url: str = "") -> None:
    """Raise Fault, with what to do, while this installation is being restored. Without `url` only the marker counts."""
    if marked(var) or (url and row_at(url)):
        raise Fault("This installation is being restored from a backup and not open yet.", remedy=_REMEDY)


class Watch:
    """Looks for both signs every few seconds, in a thread of its own; calling it costs nothing."""

    def __init__(self, var: Path, url: str = "", *, every: float = FRESH) -> None:
        self._var, self._url, self._every = var, url, every
        self._closed = marked(var)
        self._ending = threading.Event()
        threading.Thread(target=self._run, name="restoring", daemon=True).start()

    def __call__(self) -> bool:
        return self._closed

    def close(self) -> None:
        """End the thread."""
        self._ending.set()

    def _run(self) -> None:
        while True:
            self._closed = marked(self._var) or (bool(self._url) and row_at(self._url))
            if self._ending.wait(self._every):
                return


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
