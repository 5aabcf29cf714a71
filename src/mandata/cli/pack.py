"""`mandata pack`: a controller's record of a period as one file that anybody verifies offline."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.errors import Fault


def pack(
    controller: Annotated[str, typer.Argument(help="The controller's id.")],
    since: Annotated[str, typer.Option(help="Beginning: a date, or a time in ISO 8601 (UTC where it names no zone).")],
    until: Annotated[str, typer.Option(help="End: a date, that day included, or a time.")],
    out: Annotated[Path, typer.Option(help="The file to write; it must not exist yet.")],
    as_json: AsJson = False,
) -> None:
    """Write a controller's record of a period as a ZIP, with proofs, time-stamps and the verifier.

    The pack holds every entry between two signed heads, so that one left out would show; of other controllers it holds
    nothing. `mandata verify FILE`, or the verify.py inside, verifies it without this installation.

    Examples:

        mandata pack 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001 --since 2026-01-01 --until 2026-03-31 --out first-quarter.zip
    """
    if out.exists():
        raise Fault(f"{out} exists already.", remedy="Name another file.")
    log = identifier(controller)
    begin, end = an_instant(since, end=False), an_instant(until, end=True)
    with connected():
        django()
        told = _write(log, begin, end, out)
    words = (
        "{file}: {entries} entries (heads {first} to {last}), {stamps} time-stamps. SHA-256 of its manifest: {digest}"
    )
    emit(as_json, told, words.format(**told))


def _write(log: UUID, since: datetime, until: datetime, out: Path) -> dict[str, object]:
    from mandata.accounts import selectors as accounts
    from mandata.infra.clock import now
    from mandata.record import packs
    from mandata.record.services.stamping import certificates

    if log not in set(accounts.ids()):
        raise Fault("There is no such controller.", remedy="Give the id that the operator's list of controllers shows.")
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as stream:
            done = packs.write(stream, log, since=since, until=until, at=now(), certificates=certificates())
        part.rename(out)
    finally:
        part.unlink(missing_ok=True)
    packs.enter(log, done, since=since, until=until, at=now())
    return {
        "file": str(out), "log": log, "entries": done.entries, "first": done.first, "last": done.last,
        "heads": done.heads, "stamps": done.stamps, "digest": done.digest.hex(),
    }  # fmt: skip


def identifier(text: str) -> UUID:
    """Return an id as it was written. Raises Fault for what is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Fault(
            f"{text} is no id of a controller.", remedy="Give the id that the operator's list shows."
        ) from error


def an_instant(text: str, *, end: bool) -> datetime:
    """Return an instant as it was written; the end of a day where that is meant. Raises Fault."""
    from mandata.record.periods import instant

    try:
        return instant(text, end=end)
    except ValueError as error:
        raise Fault(f"{text} is no date.", remedy="Write it as 2026-03-31, or as 2026-03-31T12:00:00+02:00.") from error
