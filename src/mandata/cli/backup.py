"""`mandata backup`: take, list, prune and verify backups."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from mandata.cli.installation import connected, django, read, superuser
from mandata.cli.output import AsJson, emit
from mandata.foundation.errors import Fault

if TYPE_CHECKING:
    from mandata.backups.rules.manifest import Manifest

app = typer.Typer(
    no_args_is_help=False,
    help="""Take a backup, encrypted, into the store of MANDATA_BACKUP_STORE; list, prune or verify backups.

    PostgreSQL 17 and later is backed up in full and then incrementally, older ones in full; a role without REPLICATION
    gets a dump. Nothing is written in clear. It refuses without recipients (MANDATA_BACKUP_RECIPIENTS) and without
    those who can recover the keys (MANDATA_RECOVERY_RECIPIENTS). Killed, the same command clears up and begins anew.

    Ends with 0 when the backup is whole in the store, with 1 when it is not, and with 2 for wrong usage.

    Examples:

        mandata backup

        mandata backup --full --json

        mandata backup list

        mandata backup verify --identity backup.key
    """,
)
Wait = Annotated[bool, typer.Option("--wait", help="Begin after another backup's end instead of saying that it runs.")]


@app.callback(invoke_without_command=True)
def backup(
    context: typer.Context,
    full: Annotated[bool, typer.Option("--full", help="A full base backup.")] = False,
    incremental: Annotated[bool, typer.Option("--incremental", help="Only what changed since the last one.")] = False,
    dump: Annotated[bool, typer.Option("--dump", help="A dump of the database, without its log.")] = False,
    due: Annotated[bool, typer.Option("--due", help="Only what the schedule asks for now; then prune.")] = False,
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Take a backup; without a kind, an incremental one where that is possible and no full one is due."""
    chosen = [kind for kind, asked in (("full", full), ("incremental", incremental), ("dump", dump)) if asked]
    if context.invoked_subcommand is not None:
        if chosen or due or wait:
            raise typer.BadParameter(f"these options are for taking a backup, not for {context.invoked_subcommand}")
        return
    if len(chosen) + due > 1:
        raise typer.BadParameter("choose one of --full, --incremental, --dump, --due")
    with _ready() as (target, source):
        if due:
            _take_due(target, source, as_json)
        else:
            _take(target, source, chosen[0] if chosen else None, wait, as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the backups in the store, oldest first, and what each of them rests on.

    It needs no database: on a new machine it tells what can be restored.

    Examples:

        mandata backup list

        mandata backup list --json
    """
    place, store = _store()
    from mandata.backups import selectors
    from mandata.backups.rules import keeping

    found = selectors.shelf(store)
    whole = {one.id for one in keeping.restorable(found.taken)}
    for one in found.taken:
        values = {**_values(one), "restorable": one.id in whole}
        emit(as_json, values, _line(one) + ("" if one.id in whole else "  CANNOT BE RESTORED: a part is gone"))
    if not found.taken and not as_json:
        typer.echo(f"There is no backup in {place}.")


@app.command()
def prune(wait: Wait = False, as_json: AsJson = False) -> None:
    """Delete backups whose period has run, and what of the logs no backup needs any more.

    The period is MANDATA_BACKUP_DAYS, or a shorter one that a live agreement promises. The newest backup that can be
    restored stays in any case. The worker does this after each scheduled backup.

    Examples:

        mandata backup prune

        mandata backup prune --json
    """
    with _ready() as (target, source):
        from mandata.backups import services
        from mandata.infra.clock import now

        plan, promise = services.plan(now())
        done = services.prune(target, source, plan, wait=wait)
        values = {
            "backups": done.backups, "wal": done.wal, "outside": done.outside, "keep_days": plan.keep.days,
            "clause": promise.clause if promise else None, "overdue": done.overdue,
        }  # fmt: skip
        words = (
            f"{len(done.backups)} backups, {done.wal} files of the write-ahead log and {done.outside} pieces of the "
            f"outside log are gone; backups are kept for {plan.keep.days} days"
        )
        emit(as_json, values, words + (f", as clause {promise.clause} promises." if promise else "."))
        if done.overdue:
            typer.secho("The newest backup is older than that and all there is: take one.", fg="yellow", err=True)


@app.command()
def verify(
    backup: Annotated[str, typer.Argument(help="A backup's id; without it, all are verified.")] = "",
    identity: Annotated[Path | None, typer.Option(help="File with the age identity that opens backups.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch backups and compare them with their manifests; with an identity, open them and compare what they hold.

    Nothing is written. Ends with 1 where a backup is not whole, or where there is none.

    Examples:

        mandata backup verify

        mandata backup verify --identity backup.key
    """
    from mandata.infra import age

    wanted = _id(backup)
    identities = age.identities(_text(identity)) if identity else None
    place, store = _store()
    from mandata.backups import services

    bad, seen = 0, False
    for one in services.verify(store, wanted, identities):
        seen = True
        bad += bool(one.faults)
        values = {
            "id": one.backup, "good": not one.faults, "faults": one.faults, "opened": one.opened,
            "bytes": one.read, "missing_wal": one.missing_wal,
        }  # fmt: skip
        said = "; ".join(fault.rstrip(".") for fault in one.faults)
        said = said or ("opened and whole" if one.opened else "whole, not opened")
        later = f" After it {len(one.missing_wal)} files of the write-ahead log are missing." if one.missing_wal else ""
        emit(as_json, values, f"{one.backup}  {said}.{later}")
    if not seen:
        raise Fault(f"There is no backup in {place}.", remedy="Take one: mandata backup.")
    if bad:
        raise typer.Exit(1)


@contextmanager
def _ready() -> Iterator[tuple[Any, Any]]:
    """Have the database, Django, and where backups come from and go to."""
    with connected() as urls:
        django()
        from mandata.backups import services

        target = services.target()
        yield target, services.source(superuser(read(), urls))


def _store() -> tuple[str, Any]:
    """Return where the backups lie, and the store. A machine that has no database yet is not given an empty one."""
    django()
    from mandata.backups import services
    from mandata.infra import stores

    place = services.place()
    return place, stores.store(place)


def _take(target: Any, source: Any, kind: str | None, wait: bool, as_json: bool) -> None:
    from mandata.backups import services
    from mandata.infra.clock import now

    began = time.monotonic()
    plan, _promise = services.plan(now())
    with _progress() as told:
        done = services.take(target, source, kind, plan, told=told, wait=wait)
    _tell(done, time.monotonic() - began, as_json)


def _take_due(target: Any, source: Any, as_json: bool) -> None:
    from mandata.backups import services
    from mandata.infra.clock import now

    began = time.monotonic()
    with _progress() as told:
        taken, pruned = services.take_due(target, source, at=now(), told=told)
    if taken is not None:
        _tell(taken, time.monotonic() - began, as_json)
    elif not as_json:
        typer.echo("Nothing is due.")
    if pruned.backups and not as_json:
        typer.echo(f"{len(pruned.backups)} backups are gone: their period has run.")


def _tell(done: Any, seconds: float, as_json: bool) -> None:
    rate = done.manifest.size / max(seconds, 0.001) / 1e6
    if done.why and not as_json:
        typer.echo(f"A full one, because {done.why}")
    emit(
        as_json,
        {**_values(done.manifest), "seconds": round(seconds, 1), "why": done.why},
        f"{_line(done.manifest)}  in {seconds:.1f} s ({rate:.0f} MB/s)",
    )


def _values(one: "Manifest") -> dict[str, object]:
    return {
        "id": one.id, "kind": one.kind, "parent": one.parent, "started_at": one.started_at.isoformat(),
        "finished_at": one.finished_at.isoformat(), "postgres": one.postgres, "size": one.size, "stored": one.stored,
        "parts": len(one.parts), "wal_start": one.wal_start, "wal_stop": one.wal_stop,
    }  # fmt: skip


def _line(one: "Manifest") -> str:
    after = f" after {one.parent}" if one.parent else ""
    return (
        f"{one.id}  {one.started_at:%Y-%m-%d %H:%M:%S} UTC  {one.kind}{after}  "
        f"{one.size / 1e6:,.1f} MB, {one.stored / 1e6:,.1f} MB stored"
    )


@contextmanager
def _progress() -> Iterator[Any]:
    """Tell people at a terminal, once a second, how far it is."""
    shown = [0.0]

    def told(done: int, whole: int) -> None:
        if sys.stderr.isatty() and time.monotonic() - shown[0] >= 1:
            shown[0] = time.monotonic()
            typer.echo(f"\r{done / 1e6:,.0f} MB of about {whole / 1e6:,.0f} MB", err=True, nl=False)

    yield told
    if shown[0]:
        typer.echo("", err=True)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Fault(f"{text} is no id of a backup.", remedy="See `mandata backup list`.") from error


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError) as error:
        raise Fault(f"{path} cannot be read.", remedy="Name the file that age-keygen wrote.") from error
