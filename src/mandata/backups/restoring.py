"""Restoring, up to the moment when a database answers: what was asked, which backup, fetched, combined, recovered.

Needs no Django. Where it is lies in the marker (`infra.restoring`), which is written before each step; each step may be
repeated, so whoever was killed runs the same command again.

    embedded server    base backups -> `infra.postgres.recovering` -> its data folder, which appears at the end, whole
    own server         a dump -> pg_restore in one transaction
"""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from mandata.backups import fetching
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
        if _tables(settings.owner_database_url or settings.database_url) and not asked.over:
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
        load(tool, owner, fetching.content(store, one, identities))
        return
    with Server(settings.var / "postgres").use() as urls:
        load(tool, urls.owner, fetching.content(store, one, identities))


def load(tool: Path, url: str, chunks: Iterable[bytes]) -> None:
    """Load a dump, in one transaction. What lies in the database's own schema goes first.

    pg_restore writes the statements and psql carries them out, since between two versions the settings at the top of
    the script may not be known: those of our own making are left out.
    """
    import psycopg

    if _tables(url):
        with psycopg.connect(url) as connection:
            for statement in _drops(connection):
                connection.execute(statement)
    pipe = subprocess.PIPE
    script = [str(tool / "pg_restore"), "--no-owner", "--no-privileges", "--file=-"]
    # Terse: what it says of an error is without the row in which it was.
    run = [str(tool / "psql"), "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", "-o", os.devnull]
    run += [_without_password(url)]
    environment = os.environ | _password_of(url)
    with tempfile.TemporaryFile() as said:
        reading = subprocess.Popen(script, stdin=pipe, stdout=pipe, stderr=said)
        writing = subprocess.Popen(run, stdin=pipe, stdout=said, stderr=said, env=environment)
        try:
            good = _load_by(reading, writing, chunks)
        finally:  # killed before the end of its script, psql rolls back
            for process in (reading, writing):
                process.kill()
                process.wait()
        if not good:
            said.seek(0)
            why = said.read().decode(errors="replace").strip()[-600:]
            raise Fault(
                f"The dump cannot be loaded: {why}", remedy="See MANDATA_POSTGRES_PROGRAMS, and the server's log."
            )


def _load_by(reading: "subprocess.Popen[bytes]", writing: "subprocess.Popen[bytes]", chunks: Iterable[bytes]) -> bool:
    """Feed the one, copy its script to the other; that one is told the end, at which it commits, only once everything
    has gone well."""
    assert reading.stdin is not None
    assert writing.stdin is not None
    copying = threading.Thread(target=_copy, args=(reading.stdout, writing.stdin), daemon=True)
    copying.start()
    with contextlib.suppress(BrokenPipeError):  # it says why on its other channel
        for chunk in chunks:
            reading.stdin.write(chunk)
        reading.stdin.close()
    copying.join()
    if reading.wait() != 0:
        return False
    with contextlib.suppress(BrokenPipeError):
        writing.stdin.write(_SHUT)
        writing.stdin.close()
    return writing.wait() == 0


# Committed with the older rows: workers of other hosts must not find these for a moment without the sign.
_SHUT: Final = b"""
do $$ begin if to_regclass('public.infra_restoring') is not null then
    insert into public.infra_restoring (single, began_at) values (true, now()) on conflict do nothing;
end if; end $$;
"""
_UNKNOWN_BEFORE_17: Final = b"SET transaction_timeout = 0;\n"


def _copy(source: Any, sink: Any) -> None:
    with contextlib.suppress(BrokenPipeError):
        sink.write(source.read(_HEAD).replace(_UNKNOWN_BEFORE_17, b""))
        while chunk := source.read(_CHUNK):
            sink.write(chunk)


_HEAD: Final = 4096


_DROP: Final = """
select format('drop table if exists %I.%I cascade', n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
union all
select format('drop routine if exists %s cascade', p.oid::regprocedure)
from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public'
union all
select format('drop type if exists %I.%I cascade', n.nspname, t.typname)
from pg_type t join pg_namespace n on n.oid = t.typnamespace
where n.nspname = 'public' and (t.typtype in ('e', 'd') or t.typtype = 'c'
   and not exists (select from pg_class c where c.oid = t.typrelid and c.relkind <> 'c'))
"""


def _drops(connection: Any) -> list[bytes]:
    return [statement.encode() for (statement,) in connection.execute(_DROP).fetchall()]


def _tables(url: str) -> int:
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            found = connection.execute(
                "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " where n.nspname = 'public' and c.relkind in ('r', 'p')"
            ).fetchone()
            return int(found[0]) if found else 0
    except psycopg.Error as error:
        raise Fault("The database does not answer.", remedy="Look at OWNER_DATABASE_URL and the server.") from error


def _without_password(url: str) -> str:
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    return make_conninfo(**{name: str(one) for name, one in conninfo_to_dict(url).items() if name != "password"})


def _password_of(url: str) -> dict[str, str]:
    from psycopg.conninfo import conninfo_to_dict

    password = conninfo_to_dict(url).get("password")
    return {"PGPASSWORD": str(password)} if password else {}


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
