"""`mandata audits`: what is open at the desk, packs of evidence, the operator's attestations."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from mandata.cli import pack
from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.errors import Fault

app = typer.Typer(
    no_args_is_help=True,
    help="""Audits that controllers ask for, packs of evidence, the operator's attestations.

    Examples:

        mandata audits list

        mandata audits evidence 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001 --since 2026-01-01 --until 2026-12-31 --out e.zip
    """,
)


@contextmanager
def _installation() -> Iterator[datetime]:
    with connected():
        django()
        from mandata.infra.clock import now

        yield now()


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List the audits that are open at all controllers, the oldest request first.

    Examples:

        mandata audits list

        mandata audits list --json
    """
    with _installation():
        from mandata.assistance.services import waiting
        from mandata.audits import selectors
        from mandata.infra.tenancy import scope

        total, things = waiting.listed(("audit",), count=1_000)
        for thing in things:
            with scope(thing.controller_id):
                one = selectors.audit(thing.id)
            told = {
                "controller": thing.controller_id, "audit": one.id, "number": one.number, "state": one.state,
                "wished": one.wished_at,
            }  # fmt: skip
            emit(
                as_json, told, f"{thing.controller_id} audit {one.number}: {one.state}, wished {one.wished_at:%Y-%m-%d}"
            )
        if not total:
            emit(as_json, {"open": 0}, "No audit is open.")


@app.command("evidence")
def evidence(
    controller: Annotated[str, typer.Argument(help="The controller's id.")],
    since: Annotated[str, typer.Option(help="Beginning: a date, or a time in ISO 8601 (UTC where it names no zone).")],
    until: Annotated[str, typer.Option(help="End: a date, that day included, or a time.")],
    out: Annotated[Path, typer.Option(help="The file to write; it must not exist yet.")],
    as_json: AsJson = False,
) -> None:
    """Write a controller's evidence of a period as one ZIP: its record with proofs, and what stands beside it.

    Obligations met and late, measures, the register of processing, sub-processors, accesses of staff, breaches,
    backups and certificates. `mandata verify FILE` verifies it anywhere, without a database.

    Examples:

        mandata audits evidence 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001 --since 2026-01-01 --until 2026-12-31 --out e.zip
    """
    if out.exists():
        raise Fault(f"{out} exists already.", remedy="Name another file.")
    log = pack.identifier(controller)
    begin, end = pack.an_instant(since, end=False), pack.an_instant(until, end=True)
    with _installation() as at:
        from mandata.accounts import selectors as accounts
        from mandata.audits.services import packing
        from mandata.record import packs

        if not accounts.exists(log):
            raise Fault("There is no such controller.", remedy="Give the id that the operator's list shows.")
        part = out.with_name(out.name + ".part")
        try:
            with part.open("wb") as stream:
                made = packing.write(stream, log, since=begin, until=end, at=at)
            part.rename(out)
        finally:
            part.unlink(missing_ok=True)
        packs.enter(log, made, since=begin, until=end, at=at)
    told = {"file": str(out), "log": log, "entries": made.entries, "digest": made.digest.hex()}
    emit(as_json, told, "{file}: {entries} entries. SHA-256 of its manifest: {digest}".format(**told))


@app.command("attest")
def attest(
    file: Annotated[Path, typer.Argument(help="The certificate or report.")],
    title: Annotated[str, typer.Option(help="What it is called.")],
    issuer: Annotated[str, typer.Option(help="Who issued it.")],
    issued: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="When it was issued.")],
    kind: Annotated[
        str, typer.Option(help="own_audit, iso27001, iso27701, soc2, cyber_essentials or other.")
    ] = "other",
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it holds.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Keep an attestation for every pack of evidence; a report of an own audit meets the duty to have one made.

    Examples:

        mandata audits attest iso.pdf --kind iso27001 --title "ISO 27001" --issuer "Registrar" --issued 2026-01-05
    """
    import mimetypes

    if not file.is_file():
        raise Fault(f"There is no file {file}.", remedy="Name the certificate's file.")
    with _installation() as at:
        from mandata.audits.services import attesting
        from mandata.infra.tenancy import INSTANCE

        last: date | None = until.date() if until else None
        own = attesting.upload(
            kind=kind,
            title=title,
            issuer=issuer,
            issued_on=issued.date(),
            valid_until=last,
            media_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
            content=file.read_bytes(),
            by=INSTANCE,  # whoever has the shell of the installation
            at=at,
        )
    emit(as_json, {"certificate": own}, f"{title} is kept and recorded; its id: {own}.")
