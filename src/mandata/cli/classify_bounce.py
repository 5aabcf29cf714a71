"""`mandata classify-bounce`: says of files what kind of returned mail they hold. Needs neither settings nor a database.

One line a file, in the order given. What is no readable mail is "other"; of each file only the beginning is read
(`rules.bounces.READ` octets), so that neither a huge nor a hostile one takes more time or memory than a plain one.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mandata.cli.output import AsJson, emit

if TYPE_CHECKING:
    from mandata.delivery.rules.bounces import Returned


def classify_bounce(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Messages as files; - reads one from stdin.")],
    as_json: AsJson = False,
) -> None:
    """Say what returned mail is: bounce, complaint, auto-reply, delivered or other; whom it is about, and why.

    A file that cannot be read is told on stderr, counts as "other", and makes the command end with 1.

    Examples:

        mandata classify-bounce returned.eml

        mandata classify-bounce --json maildir/new/*
    """
    from mandata.delivery.rules.bounces import classify

    unread = 0
    for name in files:
        try:
            raw = _beginning(name)
        except OSError as error:
            unread += 1
            raw = b""
            typer.echo(f"{name}: {error.strerror or type(error).__name__}", err=True)
        found = classify(raw)
        emit(as_json, _values(name, found), _words(name, found))
    raise typer.Exit(1 if unread else 0)


def _beginning(name: str) -> bytes:
    from mandata.delivery.rules.bounces import READ

    if name == "-":
        return sys.stdin.buffer.read(READ)
    with Path(name).open("rb") as file:
        return file.read(READ)


def _values(name: str, found: "Returned") -> dict[str, object]:
    return {
        "file": name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        "kind": found.kind,
        "recipients": [
            {"address": one.address, "status": one.status, "code": one.code, "reason": one.reason, "hard": one.hard}
            for one in found.recipients
        ],
    }


def _words(name: str, found: "Returned") -> str:
    lines = [f"{name}: {found.kind}"]
    for one in found.recipients:
        numbers = " ".join(part for part in (one.code, one.status) if part)
        said = ", ".join(part for part in (one.reason, "hard" if one.hard else "", numbers) if part)
        lines.append(f"  {one.address or '?'}: {said}")
    return "\n".join(lines).encode("utf-8", "replace").decode("utf-8")
