"""`mandata verify`: recompute the record and compare it with everything that was signed."""

import typer

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit


def verify(as_json: AsJson = False) -> None:
    """Verify every controller's record and the installation's own. Exit code 1 where anything does not hold.

    Examples:

        mandata verify

        mandata verify --json
    """
    with connected():
        django()
        findings = _verify(as_json)
    if findings:
        raise typer.Exit(1)


def _verify(as_json: bool) -> int:
    from mandata.accounts import selectors as accounts
    from mandata.record import verification
    from mandata.record.signing import signer

    # Both lists, so that neither a controller struck from the directory nor one that was never published is left out.
    logs = sorted({*accounts.ids(), *verification.known_logs()})
    verdicts = verification.verify_all(logs, signer().public_key())
    for verdict in verdicts:
        words = f"{verdict.log}: {verdict.size} entries, {verdict.heads} signed heads, {verdict.waiting} waiting. "
        words += "It holds." if verdict.holds else f"{len(verdict.findings)} findings:"
        lines = [words, *(f"  {finding.where}: {finding.what}" for finding in verdict.findings)]
        values = {
            "log": verdict.log,
            "size": verdict.size,
            "root": verdict.root.hex(),
            "heads": verdict.heads,
            "waiting": verdict.waiting,
            "holds": verdict.holds,
            "findings": [{"where": finding.where, "what": finding.what} for finding in verdict.findings],
        }
        emit(as_json, values, "\n".join(lines))
    return sum(len(verdict.findings) for verdict in verdicts)
