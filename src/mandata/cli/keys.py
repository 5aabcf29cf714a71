"""`mandata keys`: what keys there are, new values for them, and their recovery."""

from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from mandata.cli.installation import connected, django, read
from mandata.cli.output import AsJson, emit
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mandata.vault.selectors import Standing
    from mandata.vault.turning import Progress

app = typer.Typer(
    no_args_is_help=True,
    help="""Keys: what there is, new values for them (epochs), and their recovery from a copy.

    Examples:

        mandata keys status

        mandata keys rotate --all

        mandata keys recover --identity identity.txt
    """,
)
_OPERATOR = Actor("operator")
_EVERY = 100_000


@contextmanager
def _installation() -> "Iterator[datetime]":
    with connected():
        django()
        from mandata.infra.clock import now

        yield now()


@app.command("status")
def status(as_json: AsJson = False) -> None:
    """Tell where the keys are, which epoch each controller is in, and how old the newest recovery copy is.

    The first line is the installation's; then one for each controller (the nil id is the installation's own).
    not_copied: controllers whose epoch no recovery copy has yet; since_copy: keys made since the newest full copy.

    Exit code 0; 1 where a key that the database needs is not there, or the store does not answer.

    Examples:

        mandata keys status

        mandata keys status --json
    """
    with _installation():
        from mandata.vault import selectors

        standings = list(selectors.standings())
        told = _installations(standings)
    emit(as_json, told, _told(told))
    for one in standings:
        values = {
            "controller": one.controller_id, "epoch": one.epoch, "began": one.began_at, "due": one.due_at,
            "keys": one.keys, "turning": one.turning, "copied": one.copied_at, "opens": one.opens,
        }  # fmt: skip
        emit(as_json, values, _standing(one))
    if not all(one.opens for one in standings):
        if not as_json:
            typer.secho(
                "Keys are missing: put the keys folder back, or run `mandata keys recover`.", fg="red", err=True
            )
        raise typer.Exit(1)


def _installations(standings: "list[Standing]") -> dict[str, object]:
    from mandata.vault import recovery
    from mandata.vault.providers import provider

    full = [one for one in recovery.copies() if one.full]
    newest = full[-1] if full else None
    return {
        "provider": provider().name,
        "folder": str(read().keys_folder.absolute()),
        "controllers": len(standings),
        "keys": sum(one.keys for one in standings),
        "recovery": recovery.configured(),
        "copy": newest.at if newest else None,
        "copy_bytes": newest.size if newest else None,
        "not_copied": sum(one.copied_at is None for one in standings),
        "since_copy": recovery.since(newest.at, [one.controller_id for one in standings]) if newest else None,
    }


def _told(told: dict[str, object]) -> str:
    lines = [f"{told['keys']} keys of {told['controllers']} controllers; {told['provider']}, {told['folder']}"]
    if not told["recovery"]:
        lines.append("No recovery copies: set MANDATA_RECOVERY_RECIPIENTS and MANDATA_BACKUP_STORE.")
    elif told["copy"] is None:
        lines.append("No recovery copy yet: the worker takes one within a minute.")
    else:
        lines.append(
            f"Recovery copy of {told['copy']}, {told['copy_bytes']} bytes; {told['since_copy']} keys were made since, "
            f"{told['not_copied']} controllers have an epoch that no copy has yet."
        )
    return "\n".join(lines)


def _standing(one: "Standing") -> str:
    under_way = "" if one.turning is None else f", turning: {one.turning} keys to wrap anew"
    return (
        f"{one.controller_id}  epoch {one.epoch:>4} since {one.began_at:%Y-%m-%d %H:%M}, due {one.due_at:%Y-%m-%d}, "
        f"{one.keys} keys{under_way}{'' if one.opens else ', KEY MISSING'}"
    )


@app.command("rotate")
def rotate(
    controller: Annotated[
        list[UUID] | None, typer.Option(help="A controller's id; may be given several times.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every controller, and the installation itself.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give controllers' keys new values, wrap everything anew under them, and destroy the old values.

    From then on a backup taken before opens for nobody, whoever has it. The worker does this every MANDATA_EPOCH_DAYS;
    call it when a backup must lose its worth sooner. A rotation that was interrupted is finished by the same command.
    With --all, service keys that lie in another provider's form move to the one in force.

    Exit code 0 once done; 1 where it could not be finished (both values stay until it is); 2 for wrong usage.

    Examples:

        mandata keys rotate --all

        mandata keys rotate --controller 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001 --json
    """
    if every == bool(controller):
        raise typer.BadParameter("Give --controller or --all.")
    with _installation() as at:
        from mandata.vault import selectors, turning
        from mandata.vault.providers import provider

        ids = selectors.controllers() if every else list(dict.fromkeys(controller or ()))
        moved = provider().adopt() if every else 0
        done = turning.turn_many(ids, at=at, actor=_OPERATOR, told=_progress())
    for one in done:
        values = {
            "controller": one.controller_id, "epoch": one.epoch, "destroyed": list(one.left), "keys": one.keys,
        }  # fmt: skip
        emit(as_json, values, f"{one.controller_id}: epoch {one.epoch}, {one.keys} keys wrapped anew.")
    if moved:
        emit(as_json, {"service_keys_moved": moved}, f"{moved} service keys moved to the provider in force.")


def _progress() -> "Callable[[Progress], None]":
    last = 0

    def told(progress: "Progress") -> None:
        nonlocal last
        if progress.step == "left":
            last = 0
        elif progress.step == "wrapped" and progress.keys - last >= _EVERY:
            last = progress.keys
            typer.echo(f"{progress.controller_id}: {progress.keys} keys wrapped anew so far", err=True)
        elif progress.step == "copied":
            typer.echo("Recovery copy kept.", err=True)

    return told


@app.command("recover")
def recover(
    identity: Annotated[Path, typer.Option(help="The age identity file of a recovery recipient.")],
    source: Annotated[str, typer.Option("--from", help="The store; default is MANDATA_BACKUP_STORE.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put the keys of the newest recovery copy in place: into the keys folder (or token), and into the database.

    For a machine whose keys folder was lost. The database must be there (`mandata restore` brings it, and calls this
    itself). A key that the copy does not have and no epoch opens is gone: gone counts those. All of it or nothing
    happens; running it again changes nothing more.

    Exit code 0 once done; 1 where there is no copy, no identity opens it, it is damaged, or it is another
    installation's.

    Examples:

        mandata keys recover --identity identity.txt

        mandata keys recover --identity identity.txt --from s3://backups/mandata --json
    """
    with _installation() as at:
        from mandata.infra.age import identities
        from mandata.infra.stores import store
        from mandata.vault import recovery

        told = _progress_of_rows()
        kept = store(source or read().backup_store)
        done = recovery.recover(kept, identities(_text(identity)), at=at, actor=_OPERATOR, told=told)
    values = {
        "copy": done.at, "controllers": done.controllers, "epochs": done.epochs, "services": done.services,
        "keys": done.rows, "replaced": done.replaced, "added": done.added, "gone": done.gone,
    }  # fmt: skip
    words = (
        f"Recovered from the copy of {done.at:%Y-%m-%d %H:%M:%S %Z}: {done.epochs} epochs' keys, "
        f"{done.services} service keys; of {done.rows} wrapped keys {done.replaced} replaced and {done.added} added; "
        f"{done.gone} are gone."
    )
    emit(as_json, values, words)


def _progress_of_rows() -> Callable[[int], None]:
    last = 0

    def told(rows: int) -> None:
        nonlocal last
        if rows - last >= _EVERY:
            last = rows
            typer.echo(f"{rows} wrapped keys read so far", err=True)

    return told


def _text(identity: Path) -> str:
    try:
        return identity.read_text()
    except OSError as error:
        raise Fault(
            f"{identity} cannot be read: {error.strerror}.", remedy="Name the identity file that age-keygen wrote."
        ) from error
