"""`mandata drill`: a restore practised, from the store alone, into a folder that goes again."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from mandata.backups import drilling
from mandata.cli.installation import connected, django, read, var
from mandata.cli.output import AsJson, emit
from mandata.foundation.errors import Fault


def drill(
    source: Annotated[str, typer.Option("--from", help="The store; without it MANDATA_BACKUP_STORE.")] = "",
    identity: Annotated[
        Path | None, typer.Option(help="Identity file that opens backups; without it MANDATA_DRILL_IDENTITY.")
    ] = None,
    keys_identity: Annotated[
        Path | None, typer.Option(help="Identity file of the keys' copy; without it MANDATA_DRILL_KEYS_IDENTITY.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Practise a restore: the newest backup, its logs and its keys from the store into a scratch folder below
    MANDATA_VAR, replayed and compared as a real restore is; then the folder goes. The result is entered in the record,
    and is the evidence that the measure "restore" of the agreements was checked. Nothing live is touched.

    Ends with 1 where anything did not agree. The worker does this every MANDATA_DRILL_DAYS where
    MANDATA_DRILL_IDENTITY is set.

    Examples:

        mandata drill --identity backup.txt --keys-identity recovery.txt

        mandata drill --json
    """
    settings = read()
    place, opens = source or settings.backup_store, identity or settings.drill_identity
    if not place:
        raise Fault("No store is named.", remedy="Name it by --from, or set MANDATA_BACKUP_STORE.")
    if opens is None:
        raise Fault("Nothing opens the backups.", remedy="Name the identity file by --identity.")
    with _alone(var() / ".drill.lock"), connected():
        done = drilling.drill(
            read(), source=place, identity=opens, keys_identity=keys_identity or settings.drill_keys_identity
        )
        django()
        from mandata.backups.services import drills

        told = drills.keep(done, at=drills.now())
    emit(as_json, told, _words(told))
    if not told["good"]:
        raise typer.Exit(1)


def look() -> None:
    """Say what a restored installation holds: for `mandata drill`."""
    with connected():
        django()
        from mandata.backups.services import drills

        emit(True, drills.look(), "")


def _words(told: dict[str, Any]) -> str:
    lines = [
        f"The drill went {'well' if told['good'] else 'WRONG'}, in {told['seconds']} s.",
        *(f"  {fault}" for fault in told["faults"]),
        f"  Backup {told['backup']} of {told['backup_at']}; state of the database: {told['state_at']}.",
        f"  {told['lines']} lines of the outside log replayed, {told['entries']} entries of the record verified, "
        f"{told['people']} people counted.",
    ]
    return "\n".join(lines)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Fault("A drill is under way.", remedy="Wait for its end.") from error
        yield
    finally:
        os.close(handle)
