"""`mandata restore`: from a store and two identities to an installation that has forgotten whom it should."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from mandata.backups import fetching, restoring
from mandata.backups.restoring import Asked, Progress
from mandata.cli.due import instant
from mandata.cli.installation import connected, django, read, var
from mandata.cli.migrate import bring_up_to_date
from mandata.cli.output import AsJson, emit
from mandata.cli.up import only_one, say
from mandata.foundation.errors import Fault
from mandata.infra.environment import Environment

_WORDS = {
    "choose": "Looking for the backup.",
    "fetch": "Fetching and decrypting.",
    "combine": "Putting the incremental backups onto the full one.",
    "recover": "Replaying the write-ahead log.",
    "load": "Loading the dump.",
    "migrate": "Bringing the tables up to date.",
    "keys": "Putting the keys in place.",
    "outside": "Fetching the outside log.",
    "look": "Reading what happened since.",
    "record": "Replaying the record.",
    "people": "Replaying suppressions and choices.",
    "messages": "Replaying what was sent.",
    "erasures": "Replaying erasures.",
    "verify": "Verifying the record.",
    "hold": "Holding campaigns, destroying waiting uploads.",
    "report": "Telling the record.",
}


def restore(
    source: Annotated[str, typer.Option("--from", help="The store; without it MANDATA_BACKUP_STORE.")] = "",
    identity: Annotated[Path | None, typer.Option(help="Identity file (age) that opens the backups.")] = None,
    keys_identity: Annotated[
        Path | None,
        typer.Option(help="Identity file that opens the recovery copy of the keys; needed on a new machine."),
    ] = None,
    at: Annotated[str, typer.Option(help="Go no further than this time (ISO 8601); else to the end.")] = "",
    backup: Annotated[str, typer.Option(help="The id of the backup to take; else the newest.")] = "",
    replay: Annotated[
        bool, typer.Option("--replay", help="The database was put in place by other means: bring it up to date only.")
    ] = False,
    into: Annotated[
        Path | None, typer.Option(help="Only unpack a base backup into this folder, for a server of yours.")
    ] = None,
    outside: Annotated[
        list[Path] | None, typer.Option(help="A further folder with files of the outside log; may be repeated.")
    ] = None,
    head: Annotated[
        list[Path] | None, typer.Option(help="A note of a head that was handed over: nothing opens under an older one.")
    ] = None,
    accept: Annotated[str, typer.Option(help="Open although the record does not hold; the reason is recorded.")] = "",
    over: Annotated[bool, typer.Option("--over", help="Replace the database that is there.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Forget a restore that was begun, and begin again.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Only say how far a restore is.")] = False,
    as_json: AsJson = False,
) -> None:
    """Restore the installation from a backup, replay everything that happened since, and only then open it.

    Killed at any moment, the same command goes on where it was. Until the end every face is shut: web, sending,
    tracking, jobs and commands. Nobody who was erased comes back, nothing is sent twice, campaigns that were under way
    wait for a member to release them.

    Examples:

        mandata restore --from /mnt/backups --identity backup.txt --keys-identity recovery.txt

        mandata restore --from s3://bucket/mandata --identity backup.txt --at 2026-03-01T12:00:00Z

        mandata restore --replay --identity backup.txt

        mandata restore --status
    """
    settings = read()
    if status:
        _tell_status(settings, as_json)
        return
    asked = Asked("" if replay else source or settings.backup_store, _time(at), backup, over)
    _require(asked, identity, replay=replay)
    identities = fetching.identities(identity) if identity else []
    if into is not None:
        done = restoring.into(asked.source, asked, identities, into, _say)
        emit(as_json, {"backup": done.id, "postgres": done.postgres, "folder": into.absolute()}, _INTO.format(into))
        return
    with only_one(var()):
        progress = restoring.begin(settings, asked, anew=anew)
        if not replay:
            restoring.bring(settings, progress, identities, _say)
        notes = tuple(path.read_text() for path in head or ())
        further = tuple(outside or ())
        place = source or settings.backup_store
        report = _reopen(settings, progress, identities, keys_identity, accept, place, further, notes)
    emit(as_json, report, _told(report))


_INTO = (
    "The cluster lies in {}. Start a PostgreSQL of its version on it, name it by DATABASE_URL and OWNER_DATABASE_URL, "
    "and run `mandata restore --replay`."
)


def _require(asked: Asked, identity: Path | None, *, replay: bool) -> None:
    if not replay and not asked.source:
        raise Fault("No store is named.", remedy="Name it by --from, or set MANDATA_BACKUP_STORE.")
    if not replay and identity is None:
        raise Fault("Nothing opens the backups.", remedy="Name the identity file by --identity.")


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return instant(text).astimezone(UTC)
    except ValueError as error:
        raise Fault(f"--at is no time: {error}.", remedy="Write it as 2026-03-01T12:00:00Z.") from error


def _reopen(
    settings: Environment,
    progress: Progress,
    identities: list[Any],
    keys_identity: Path | None,
    accept: str,
    store: str,
    folders: tuple[Path, ...],
    heads: tuple[str, ...],
) -> dict[str, Any]:
    """Open the installation: in this process, which from here on has a database and Django."""
    from mandata.infra import stores

    place = stores.store(store) if store else None
    fetched = restoring.folder(settings.var) / "outside"
    if place is not None and identities:
        _say("outside")
        fetching.outside(place, identities, fetched)
    keys = fetching.identities(keys_identity) if keys_identity else None
    restoring.keep(settings.var, progress, "replay")
    with connected(restoring_too=True) as urls:
        _say("migrate")
        bring_up_to_date(urls)
        django()
        from mandata.backups.services import reopening

        order = reopening.Order(
            id=progress.id,
            kind="restore" if progress.source else "replay",
            began_at=progress.began_at,
            place=progress.source,
            backup=UUID(progress.backup) if progress.backup else None,
            backup_at=progress.backup_at,
            state_at=progress.state_at,
            folders=(fetched, settings.outside_folder, *folders),
            heads=heads,
            accept=accept,
            notes=progress.notes or {},
        )
        report = reopening.reopen(order, store=place, identities=keys, told=_say)
        restoring.finish(settings)
        return report


def _say(step: str) -> None:
    say(_WORDS.get(step, step))


def _tell_status(settings: Environment, as_json: bool) -> None:
    found = restoring.progress(settings.var)
    if found is None:
        emit(as_json, {"restoring": False}, "Nothing is being restored.")
        return
    values = {"restoring": True, "restore": found.id, "step": found.step, "from": found.source, "backup": found.backup}
    words = f"Being restored since {found.began_at:%Y-%m-%d %H:%M} UTC; it has come to: {found.step}."
    emit(as_json, values | {"began_at": found.began_at}, words)


def _told(report: dict[str, Any]) -> str:
    lost = {kind: count for kinds in report["lost"].values() for kind, count in kinds.items()}
    held = sum(map(len, report["campaigns_held"].values()))
    lines = [
        "Restored, and open.",
        f"  State of the database: {report['state_at'] or 'as it was brought'}.",
        f"  Replayed until: {report['replayed_until'] or 'nothing to replay'}.",
        f"  Lines of the outside log: {sum(report['lines'].values())}, damaged {report['torn']}.",
        *(f"    {kind}: {count}" for kind, count in report["lines"].items()),
        f"  Campaigns held until a member releases them: {held}. Imports cancelled: {report['imports_cancelled']}, "
        f"uploads destroyed: {report['uploads_destroyed']}.",
        f"  The record holds: {report['entries']} entries."
        if not report["findings"]
        else "  The record does NOT hold:",
        *(f"    {one}" for one in report["findings"]),
        "  Lost, because it happened after the state of the database and only its entries are left:"
        if lost
        else "  Nothing is lost that the record knows of.",
        *(f"    {kind}: {count}" for kind, count in sorted(lost.items())),
    ]
    return "\n".join(lines)
