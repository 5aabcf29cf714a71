"""`mandata dns`: a small name server, so that sending domains can be verified where there is no network."""

import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mandata.cli.installation import var
from mandata.cli.output import AsJson, emit
from mandata.cli.serve import address
from mandata.foundation.errors import Fault

if TYPE_CHECKING:
    from mandata.delivery.nameserver import Zone

_LOOK_EVERY = 0.2


def dns(
    listen: Annotated[str, typer.Option(help="Host and port to answer on, over UDP and TCP.")] = "127.0.0.1:5300",
    records: Annotated[Path | None, typer.Option(help="The records; default is dns.json in MANDATA_VAR.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer DNS questions from a JSON file, which is read again whenever it changes.

    For demos and for trying things out: put the records there that the console shows for a sending domain, and point
    MANDATA_DNS here. The file holds a list of [name, kind, value, …] lists; kinds are A, MX, CNAME and TXT. What it
    does not hold does not exist; nobody else is asked.

    Examples:

        mandata dns --records records.json

        MANDATA_DNS=127.0.0.1:5300 mandata up --with dns
    """
    from mandata.delivery.nameserver import NameServer, Zone

    host, port = address(listen)
    file, zone = records or var() / "dns.json", Zone()
    server = NameServer(zone, host, port)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    changed = _follow(file, zone, 0.0)
    try:
        server.start()
    except OSError as error:
        raise Fault(f"{listen} is taken: {error}", remedy="Choose another with --listen.") from error
    emit(as_json, {"listen": listen, "records": str(file)}, f"Answering on {listen} from {file}  (Ctrl-C ends it)")
    while not ending.wait(_LOOK_EVERY):
        changed = _follow(file, zone, changed)
    server.stop()


def _follow(file: Path, zone: "Zone", read: float) -> float:
    """Put the file's records in the zone where it has changed since `read`; return the time of its last change."""
    changed = file.stat().st_mtime if file.exists() else 0.0
    if changed == read:
        return read
    try:
        entries = [[str(part) for part in entry] for entry in json.loads(file.read_text())] if changed else []
        wanted = {(name.lower().rstrip("."), kind): values for name, kind, *values in entries}
    except (OSError, ValueError, TypeError) as error:
        typer.echo(f"{file} holds no records; the former ones stay: {error}", err=True)
        return changed
    for name, kind, *_values in zone.as_list():
        if (name, kind) not in wanted:
            zone.put(name, kind)
    for (name, kind), values in wanted.items():
        zone.put(name, kind, *values)
    return changed
