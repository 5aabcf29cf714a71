"""Taking a backup: under the lock, streamed, encrypted before it is written anywhere, its manifest last.

Killed at any step, the next backup clears away what was put and enters what was finished (`reconciling`).
"""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

import mandata
from mandata.accounts import selectors as accounts
from mandata.backups.errors import NoIncrement
from mandata.backups.models import Backup
from mandata.backups.rules import keeping, manifest, tar
from mandata.backups.rules.manifest import Manifest, Part
from mandata.backups.selectors import Shelf, servers_manifest, servers_manifests, shelf
from mandata.backups.services import streams
from mandata.backups.services.reconciling import clear_half, reconcile
from mandata.backups.services.settings import Target
from mandata.backups.services.source import Facts, Program, Session, Source, base_backup, dump, session
from mandata.foundation.errors import Fault
from mandata.infra import clock
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.postgres import spool
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors as record
from mandata.vault import recovery
from mandata.vault import selectors as vault

_log = log("backups")
_RANGE: Final = re.compile(rb'"Timeline":\s*(\d+),\s*"Start-LSN":\s*"([0-9A-F/]+)",\s*"End-LSN":\s*"([0-9A-F/]+)"')
_TAIL: Final = 64 * 1024
Told = Callable[[int, int], None]
"""Called with the bytes that have gone by and about how many there are in all."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken, and why it is a full one where an incremental one was thought of."""

    manifest: Manifest
    why: str


def take(
    target: Target,
    source: Source,
    kind: str | None,
    plan: keeping.Plan,
    *,
    told: Told = lambda _done, _all: None,
    wait: bool = False,
) -> Taken:
    """Take a backup of a kind, or, without one, of the kind that is next; return what was taken.

    Raises Busy, NoIncrement (only where an incremental one was asked for), stores.Away, Fault.
    """
    with session(source, wait=wait) as held:
        found = shelf(target.store)
        reconcile(target, found, at=clock.now())
        clear_half(target, found)
        facts = held.facts()
        chosen, before, why = _choose(found, facts, kind, plan)
        try:
            done = _take(target, source, held, facts, chosen, before, told)
        except NoIncrement as no:
            if kind is not None:
                raise
            _log.warning("backup.full_instead", reason=no.message)
            chosen, why = "full", no.message
            done = _take(target, source, held, facts, chosen, None, told)
        reconcile(target, shelf(target.store), at=clock.now())
        _close_gap(done)
    return Taken(done, why)


def _choose(found: Shelf, facts: Facts, kind: str | None, plan: keeping.Plan) -> tuple[str, Manifest | None, str]:
    """Return the kind, the backup that it continues, and why it is a full one although nobody asked for that."""
    whole = "full" if facts.replicates else "dump"
    if kind in ("full", "dump") or (kind is None and whole == "dump"):
        chosen = kind or whole
        _require(facts, chosen)
        return chosen, None, ""
    before, why = _previous(found, facts)
    if kind is None and before is not None:
        full = found.find(before.full)
        if full is None or full.started_at + plan.longest_chain <= clock.now():
            return "full", None, ""
    if before is None and kind is not None:
        raise NoIncrement(f"An incremental backup is not possible: {why}", remedy="Take a full one: --full.")
    return ("incremental", before, "") if before else ("full", None, why)


def _previous(found: Shelf, facts: Facts) -> tuple[Manifest | None, str]:
    bases = [one for one in keeping.restorable(found.taken) if one.kind != "dump" and one.system == facts.system]
    if not facts.incremental:
        return None, f"PostgreSQL {facts.postgres} here gives none (17 or later with summarize_wal, and REPLICATION)."
    if not bases:
        return None, "there is no backup yet that it could continue."
    before = bases[-1]
    if not servers_manifest(before.id).exists():
        return None, "the last backup was taken on another host, or its list of files is gone from this one."
    return before, ""


def _require(facts: Facts, kind: str) -> None:
    if kind == "full" and not facts.replicates:
        raise Fault(
            "This role may not take a base backup.",
            remedy="ALTER ROLE … REPLICATION, or take a dump: --dump.",
        )
    if kind == "dump" and not facts.bypasses:
        raise Fault(
            "This role sees no controller's rows, so a dump by it would be empty.",
            remedy="ALTER ROLE … BYPASSRLS; GRANT pg_read_all_data TO ….",
        )


def _take(
    target: Target, source: Source, held: Session, facts: Facts, kind: str, before: Manifest | None, told: Told
) -> Manifest:
    backup, began = clock.new_id(), clock.now()
    with scope(INSTANCE):
        Backup.objects.create(
            id=backup, kind=kind, parent=before.id if before else None, place=target.place, started_at=began
        )
    heads, epochs = _heads(), _epochs()
    try:
        content = _content(target, source, held, facts, kind, backup, before, told)
        # After the data, so that it lacks no key of what is in it; before the manifest, since without keys it is none.
        recovery.keep(at=clock.now())
        epochs = {controller: sorted({*epochs.get(controller, []), *now}) for controller, now in _epochs().items()}
        made = Manifest(
            id=backup, kind=kind, parent=before.id if before else None,
            chain=(*(before.chain if before else ()), backup),
            started_at=began, finished_at=clock.now(), mandata=mandata.__version__, embedded=source.embedded,
            database=facts.database, postgres=facts.postgres, system=facts.system, timeline=content.timeline,
            wal_start=content.start, wal_stop=content.stop, segment_size=facts.segment_size, content=content.name,
            size=content.size, sha256=content.sha256, stored=sum(part.size for part in content.parts),
            parts=tuple(content.parts), heads=heads, migrations=_migrations(), epochs=epochs,
        )  # fmt: skip
        target.store.put(made.name, [manifest.write(made)])
    except BaseException as error:
        _give_up(target, backup)
        if isinstance(error, OSError):
            raise Fault(
                f"The folder {servers_manifests()} takes nothing: {error.strerror or error}.",
                remedy="Make room in MANDATA_VAR, or let this account write there.",
            ) from error
        raise
    return made


@dataclass(frozen=True, slots=True)
class _Content:
    name: str
    parts: list[Part]
    size: int
    sha256: str
    timeline: int
    start: str
    stop: str


def _content(
    target: Target, source: Source, held: Session, facts: Facts, kind: str, backup: UUID, before: Manifest | None,
    told: Told,
) -> _Content:  # fmt: skip
    if kind == "dump":
        parts, through = _stream(target, dump(source), "database.dump", backup, lambda size: told(size, facts.size))
        return _Content("database.dump", parts, through.size, through.sha256, 0, "", "")
    held.keep_wal()
    program = base_backup(source, before=servers_manifest(before.id) if before else None)
    listing = servers_manifest(backup).with_suffix(".manifest.part")
    with _written(listing) as take_listing:
        watch = tar.Watch("backup_manifest", take_listing)
        try:
            parts, through = _stream(
                target, program, "base.tar", backup, lambda size: told(size, facts.size), watch.feed
            )
        except Fault as fault:
            if before is not None and not program.began:
                raise NoIncrement(
                    f"An incremental backup is not possible: {fault.message}", remedy="Take --full."
                ) from fault
            raise
    if not watch.found:
        raise Fault("The base backup came without its manifest.", remedy="Use pg_basebackup of PostgreSQL 13 or later.")
    with listing.open("rb") as stream:
        packed = streams.compressed(iter(lambda: stream.read(streams.SLICE // 32), b""))
        folder = manifest.folder(backup)
        parts.append(streams.put(target.store, folder, manifest.SERVERS_OWN, packed, target.recipients))
    listing.rename(servers_manifest(backup))
    timeline, start, stop = _range(servers_manifest(backup))
    return _Content("base.tar", parts, through.size, through.sha256, timeline, start, stop)


def _stream(
    target: Target,
    program: Program,
    name: str,
    backup: UUID,
    told: Callable[[int], None],
    watch: Callable[[bytes], None] = lambda _chunk: None,
) -> tuple[list[Part], streams.Measured]:
    through = streams.Measured(_watched(program, watch), told)
    parts: list[Part] = []
    try:
        for number, one in enumerate(streams.slices(streams.compressed(through))):
            part = f"{name}.gz.{number:05d}.age"
            parts.append(streams.put(target.store, manifest.folder(backup), part, one, target.recipients))
    finally:
        program.stop()
    return parts, through


def _watched(program: Program, watch: Callable[[bytes], None]) -> Iterator[bytes]:
    for chunk in program:
        watch(chunk)
        yield chunk


@contextlib.contextmanager
def _written(path: Path) -> Iterator[Callable[[bytes], object]]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        yield stream.write
        stream.flush()
        os.fsync(stream.fileno())


def _range(listing: Path) -> tuple[int, str, str]:
    """Return timeline, begin and end of the write-ahead log that a base backup needs, from PostgreSQL's manifest."""
    with listing.open("rb") as stream:
        stream.seek(max(0, listing.stat().st_size - _TAIL))
        found = _RANGE.findall(stream.read())
    if not found:
        raise Fault("The base backup's manifest names no write-ahead log.", remedy="Take another backup.")
    timeline, start, stop = found[-1]
    return int(timeline), start.decode(), stop.decode()


def _give_up(target: Target, backup: UUID) -> None:
    """Clear away at once what can be; the rest is the next backup's. What went wrong is more important."""
    servers_manifest(backup).unlink(missing_ok=True)
    servers_manifest(backup).with_suffix(".manifest.part").unlink(missing_ok=True)
    with contextlib.suppress(Exception):
        for one in list(target.store.names(manifest.folder(backup))):
            target.store.delete(one.name)
        with scope(INSTANCE):
            Backup.objects.filter(id=backup).delete()


def _close_gap(done: Manifest) -> None:
    waiting = spool(env().var / "postgres") if done.embedded and done.wal_start else None
    if waiting is not None:
        waiting.close_gap(manifest.segment(done.timeline, done.wal_start, done.segment_size))


def _heads() -> dict[str, int]:
    sizes: dict[str, int] = {}
    for log_id in (INSTANCE, *accounts.ids()):
        with scope(log_id):
            sizes[str(log_id)] = record.size()
    return sizes


def _epochs() -> Mapping[str, list[int]]:
    living: dict[str, list[int]] = {}
    for controller in accounts.ids():
        with scope(controller):
            living[str(controller)] = vault.living_epochs()
    return living


def _migrations() -> dict[str, str]:
    newest: dict[str, str] = {}
    for app, name in MigrationRecorder(connection).applied_migrations():
        newest[app] = max(newest.get(app, ""), name)
    return newest
