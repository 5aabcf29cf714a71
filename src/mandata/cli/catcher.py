"""`mandata catcher`: the mail catcher, for demos and for trying things out."""

import json
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from mandata.cli.installation import read, var
from mandata.cli.output import AsJson, emit
from mandata.cli.serve import address
from mandata.foundation.errors import Fault


def catcher(
    smtp: Annotated[str, typer.Option(help="Where it takes mail.")] = "127.0.0.1:2525",
    http: Annotated[str, typer.Option(help="Where it shows what it caught.")] = "127.0.0.1:8025",
    script: Annotated[
        Path | None, typer.Option(help="JSON: what is refused, bounced later or complained about.", exists=True)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Catch every message and deliver none. Some recipients bounce or complain, as the script says.

    Delivery reports and complaints go back to MANDATA_RETURNS_LISTEN. What was caught lies in MANDATA_VAR/catcher.

    Examples:

        mandata catcher

        MANDATA_SMTP_URL=smtp://127.0.0.1:2525 mandata up --with catcher

        mandata catcher --smtp 127.0.0.1:2600 --script answers.json
    """
    from mandata.delivery.catcher.script import DEFAULT, parse
    from mandata.delivery.catcher.server import Catcher, Place

    (host, smtp_port), (http_host, http_port) = address(smtp), address(http)
    if host != http_host:
        raise Fault("The catcher listens on one host.", remedy="Give --smtp and --http the same host.")
    place = Place(var() / "catcher", host, smtp_port, http_port, read().returns_listen)
    running = Catcher(place, parse(json.loads(script.read_text())) if script else DEFAULT)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    try:
        running.start()
    except OSError as error:
        raise Fault(f"{smtp} or {http} is taken: {error}", remedy="Choose others with --smtp and --http.") from error
    values = {"smtp": running.smtp_port, "http": running.http_port}
    emit(as_json, values, f"Catching mail on {smtp}; see http://{http}  (Ctrl-C ends it)")
    ending.wait()
    running.stop()
