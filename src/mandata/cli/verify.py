"""`mandata verify`: recompute the record, or a pack of it, and compare it with everything that was signed."""

from pathlib import Path
from typing import Annotated

import typer

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.errors import Fault


def verify(
    pack: Annotated[
        Path | None,
        typer.Argument(help="A pack or a file of certificates to verify; without one, this installation's record."),
    ] = None,
    head: Annotated[
        list[Path] | None, typer.Option(help="Note of a head that was handed over; the pack must lead to it.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="PEM of the key that you know the record to be signed with.")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify every controller's record and the installation's own; or a pack or certificates, without any database.
    Exit code 1 where anything does not hold, and then it is named.

    Examples:

        mandata verify

        mandata verify --json

        mandata verify first-quarter.zip --head handed-in-february.note

        mandata verify certificates.json --key mandata.pem
    """
    if pack is not None and pack.suffix == ".json":
        findings = _verify_certificates(pack, key, as_json)
    elif pack is not None:
        findings = _verify_pack(pack, head or [], key, as_json)
    elif head or key:
        raise Fault("--head and --key belong to a pack.", remedy="Name the pack's file.")
    else:
        with connected():
            django()
            findings = _verify(as_json)
    if findings:
        raise typer.Exit(1)


def _verify_pack(pack: Path, heads: list[Path], key: Path | None, as_json: bool) -> int:
    """Do what the verify.py inside of a pack does, with the program of this installation."""
    from mandata.record import verifier

    if not pack.exists():
        raise Fault(
            f"There is no file {pack}.", remedy="Name the ZIP of a pack, or the folder that it was unpacked into."
        )
    try:
        told = verifier.verify(str(pack), [head.read_bytes() for head in heads], key.read_bytes() if key else None)
    except verifier.FAULTS as error:
        raise Fault(
            f"{pack} is no pack that can be read: {error}.", remedy="Get it again from where it came."
        ) from error
    words = "{log}, {since} to {until}: {entries} entries, {heads} heads, {stamps} time-stamps; key {key}. ".format(
        **told
    )
    words += "It holds." if told["holds"] else f"{len(told['findings'])} findings:"
    emit(as_json, told, "\n".join([words, *(f"  {one['where']}: {one['what']}" for one in told["findings"])]))
    return len(told["findings"])


def _verify_certificates(path: Path, key: Path | None, as_json: bool) -> int:
    from mandata.record import certified

    try:
        told = certified.verify(path, key.read_bytes() if key else None)
    except certified.FAULTS as error:
        raise Fault(
            f"{path} is no file of certificates that can be read: {error}.", remedy="Get it again from where it came."
        ) from error
    words = "{log}: {certificates} certificates under the head of {size} entries. ".format(**told)
    words += "They hold." if told["holds"] else f"{len(told['findings'])} findings:"
    emit(as_json, told, "\n".join([words, *(f"  {one['where']}: {one['what']}" for one in told["findings"])]))
    return len(told["findings"])


def _verify(as_json: bool) -> int:
    from mandata.accounts import selectors as accounts
    from mandata.record import verification
    from mandata.record.services.stamping import certificates
    from mandata.record.signing import signer

    # Both lists, so that neither a controller struck from the directory nor one that was never published is left out.
    logs = sorted({*accounts.ids(), *verification.known_logs()})
    verdicts = verification.verify_all(logs, signer().public_key(), certificates())
    for verdict in verdicts:
        words = f"{verdict.log}: {verdict.size} entries, {verdict.heads} signed heads, {verdict.waiting} waiting. "
        words += "It holds." if verdict.holds else f"{len(verdict.findings)} findings:"
        lines = [words, *(f"  {finding.where}: {finding.what}" for finding in verdict.findings)]
        lines += [f"  and {verdict.unnamed} more"] if verdict.unnamed else []
        values = {
            "log": verdict.log,
            "size": verdict.size,
            "root": verdict.root.hex(),
            "heads": verdict.heads,
            "waiting": verdict.waiting,
            "holds": verdict.holds,
            "unnamed": verdict.unnamed,
            "findings": [{"where": finding.where, "what": finding.what} for finding in verdict.findings],
        }
        emit(as_json, values, "\n".join(lines))
    return sum(len(verdict.findings) for verdict in verdicts)
