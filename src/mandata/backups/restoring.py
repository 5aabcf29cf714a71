"""Restoring, up to the moment when a database answers: what was asked, which backup, fetched, combined, recovered.

Needs no Django. Where it is lies in the marker (`infra.restoring`), which is written before each step; each step may be
repeated, so whoever was killed runs the same command again.

    embedded server    base backups -> `infra.postgres.recovering` -> its data folder, which appears at the end, whole
    own server         a dump -> pg_restore in one transaction
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from mandata.backups import fetching, loading
from mandata.backups.rules.manifest import Manifest
from mandata.foundation.errors import Fault
from mandata.infra import age, clock, restoring, stores
from mandata.infra.environment import Environment
from mandata.infra.postgres import Server, programs
from mandata.infra.postgres.recovering import Recovery

REPLAY: Final = "replay"
_OTHER: Final = "Run it as it was begun, or begin anew with --anew."
_LIVES: Final = "There is a database already in {place}: restoring puts an older one in its place."
_TRANSACTION: Final = re.compile(r"last completed transaction was at log time ([0-9-]+ [0-9:.]+)\+00")
_CHUNK: Final = 1024 * 1024
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a restore is to do: from which store (empty: the database was brought by other means), up to when, which
    backup, and whether what lives in the way may go."""

    source: str
    until: datetime | None = None
    backup: str = ""
    over: bool = False


@dataclass(slots=True)
class Progress:
    """How far a restore is: what the marker says."""

    id: UUID
    source: str
    until: datetime | None
    began_at: datetime
    step: str
    backup: str = ""
    kind: str = ""
    backup_at: datetime | None = None
    state_at: datetime | None = None
    notes: dict[str, Any] | None = None

    @property
    def replays_only(self) -> bool:
        """Whether the database was brought by other means."""
        return not self.source


def begin(settings: Environment, asked: Asked, *, anew: bool = False) -> Progress:
    """Set the marker, or go on where it says. Raises Fault where another restore was begun, or where a database lives
    that nobody said may go."""
    found = progress(settings.var)
    if found and anew:
        abandon(settings)
        found = None
    if found:
        same = found.source == asked.source and found.until == asked.until
        if not same or (asked.backup and asked.backup != found.backup):
            raise Fault(f"Another restore was begun at {found.began_at:%Y-%m-%d %H:%M} UTC.", remedy=_OTHER)
        return found
    if asked.source:
        _require_room(settings, asked)
    made = Progress(clock.new_id(), asked.source, asked.until, clock.now(), "begun", asked.backup)
    keep(settings.var, made)
    return made


def progress(var: Path) -> Progress | None:
    """Return how far a restore is; None where none is under way."""
    said = restoring.read_marker(var)
    if said is None:
        return None
    try:
        return Progress(
            id=UUID(said["id"]),
            source=said["source"],
            until=_instant(said["until"]),
            began_at=datetime.fromisoformat(said["began_at"]),
            step=said["step"],
            backup=said["backup"],
            kind=said["kind"],
            backup_at=_instant(said["backup_at"]),
            state_at=_instant(said["state_at"]),
            notes=said["notes"],
        )
    except (KeyError, ValueError, TypeError) as error:
        raise Fault("The marker of the restore cannot be read.", remedy="Begin again with --anew.") from error


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def keep(var: Path, at: Progress, step: str = "") -> None:
    """Write down how far it is."""
    at.step = step or at.step
    names = ("id", "source", "until", "began_at", "step", "backup", "kind", "backup_at", "state_at", "notes")
    values = {name: getattr(at, name) for name in names}
    plain = {name: one.isoformat() if isinstance(one, datetime) else one for name, one in values.items()}
    restoring.write_marker(var, plain | {"id": str(at.id)})


def finish(settings: Environment) -> None:
    """Everything is open: what was kept for the restore goes, the marker last."""
    shutil.rmtree(folder(settings.var), ignore_errors=True)
    shutil.rmtree(_replaced(settings), ignore_errors=True)
    restoring.remove_marker(settings.var)


def abandon(settings: Environment) -> None:
    """Forget a restore that was begun; a database that it already put in place stays, and is in the way."""
    if not settings.database_url:
        Recovery(settings.var / "postgres").abandon()
    shutil.rmtree(folder(settings.var), ignore_errors=True)


def folder(var: Path) -> Path:
    """Return where a restore keeps what it fetched."""
    return var / "restore"


def _replaced(settings: Environment) -> Path:
    place = (settings.var / "postgres").resolve()
    return place / "replaced"


def _require_room(settings: Environment, asked: Asked) -> None:
    if settings.database_url:
        if loading.tables(settings.owner_database_url or settings.database_url) and not asked.over:
            raise Fault(_LIVES.format(place="DATABASE_URL"), remedy="Make an empty one, or say --over to replace it.")
        return
    server = Server(settings.var / "postgres")
    if server.running():
        raise Fault("The embedded server is running.", remedy="Stop `mandata up` and whatever else uses it first.")
    data = (settings.var / "postgres").resolve() / "data"
    if data.exists():
        if not asked.over:
            where = settings.var / "postgres"
            raise Fault(_LIVES.format(place=where), remedy="Move it away, or say --over to replace it.")
        shutil.rmtree(_replaced(settings), ignore_errors=True)
        data.rename(_replaced(settings))


def bring(settings: Environment, at: Progress, identities: list[age.Identity], told: Told) -> None:
    """Fetch the backup and put its database in place. Goes on behind the step that the marker names."""
    if at.step in ("placed", "replay"):
        return
    store = stores.store(at.source)
    told("choose")
    chain = fetching.choose(fetching.manifests(store), until=at.until, backup=at.backup)
    newest = chain[-1]
    at.backup, at.kind, at.backup_at = str(newest.id), newest.kind, newest.started_at
    at.state_at = at.state_at or newest.finished_at
    keep(settings.var, at, "fetch")
    if newest.kind == "dump":
        _load(settings, store, newest, identities, told)
    elif settings.database_url or not newest.embedded:
        raise Fault(
            "The backup is a base backup, which takes a place of its own, not a database of a server that runs.",
            remedy="Restore it with --into FOLDER, start a server on that folder, then run `mandata restore --replay`.",
        )
    else:
        _recover(settings, at, store, chain, identities, told)
    keep(settings.var, at, "placed")


def _recover(
    settings: Environment,
    at: Progress,
    store: stores.Store,
    chain: list[Manifest],
    identities: list[age.Identity],
    told: Told,
) -> None:
    recovery = Recovery(settings.var / "postgres")
    log = recovery.place.run / "restore.log"
    if recovery.done:  # killed between the rename and the marker: what the log says is as true as it was then
        at.state_at = _last_transaction(log) or at.state_at
        return
    told("fetch")
    if not (recovery.folder / "recovering").exists():
        log.unlink(missing_ok=True)  # an earlier restore's last transaction is not this one's
        for number, one in enumerate(chain):
            recovery.unpack(number, lambda target, one=one: _unpack(store, one, identities, target))  # type: ignore[misc]
        keep(settings.var, at, "combine")
        told("combine")
        recovery.combine(len(chain))
    keep(settings.var, at, "recover")
    told("recover")
    wal = fetching.Wal(store, chain[-1].system, identities)
    recovery.recover(wal, until=at.until)
    at.state_at = _last_transaction(log) or at.state_at
    beyond = wal.beyond()
    at.notes = {"wal": wal.newest, "wal_missing_before": beyond[:1], "wal_not_replayed": len(beyond)}


def _unpack(store: stores.Store, one: Manifest, identities: list[age.Identity], target: Path) -> None:
    fetching.unpack(fetching.content(store, one, identities), target)


def _last_transaction(log: Path) -> datetime | None:
    """Return when the last transaction that was replayed committed, as the server's log tells it."""
    found = _TRANSACTION.findall(log.read_text(errors="replace")) if log.exists() else []
    return datetime.fromisoformat(found[-1]).replace(tzinfo=UTC) if found else None


def into(source: str, asked: Asked, identities: list[age.Identity], target: Path, told: Told) -> Manifest:
    """Put a base backup, combined, into a folder of one's own, for a server that mandata does not run.

    Raises Fault where the folder is not empty; a dump is loaded with pg_restore instead.
    """
    store = stores.store(source)
    chain = fetching.choose(fetching.manifests(store), until=asked.until, backup=asked.backup)
    if target.exists() and any(target.iterdir()):
        raise Fault(f"{target} is not empty.", remedy="Name a folder that is empty or not there yet.")
    told("fetch")
    parts = target.with_name(f".{target.name}.parts")
    shutil.rmtree(parts, ignore_errors=True)
    try:
        if chain[-1].kind == "dump":
            raise Fault("The backup is a dump.", remedy="Restore it without --into, with DATABASE_URL set.")
        for number, one in enumerate(chain):
            (parts / str(number)).mkdir(parents=True, mode=0o700)
            _unpack(store, one, identities, parts / str(number))
        told("combine")
        _combined([parts / str(number) for number in range(len(chain))], target)
    finally:
        shutil.rmtree(parts, ignore_errors=True)
    return chain[-1]


def _combined(inputs: list[Path], target: Path) -> None:
    if len(inputs) == 1:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.rmdir()
        inputs[0].rename(target)
        return
    run = _run([str(programs() / "pg_combinebackup"), "-o", str(target), *map(str, inputs)], {})
    if run.returncode != 0:
        raise Fault(f"The base backups do not fit together: {run.stdout.strip()[-600:]}", remedy="Take an earlier one.")


def _load(
    settings: Environment, store: stores.Store, one: Manifest, identities: list[age.Identity], told: Told
) -> None:
    """Load a dump: into the own server, or into a new embedded one. One transaction, so that all of it is there or
    nothing."""
    told("load")
    tool = (settings.postgres_programs if settings.database_url else None) or programs()
    if settings.database_url:
        owner = settings.owner_database_url
        if not owner:
            raise Fault("OWNER_DATABASE_URL is not set.", remedy="A dump is loaded as the role that owns the tables.")
        loading.load(tool, owner, fetching.content(store, one, identities))
        return
    with Server(settings.var / "postgres").use() as urls:
        loading.load(tool, urls.owner, fetching.content(store, one, identities))


def _run(arguments: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        arguments,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
