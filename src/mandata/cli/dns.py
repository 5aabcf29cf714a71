"""`mandata dns`: a name server for one zone file, so that sending domains can be verified where there is no network."""

import signal
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from mandata.cli.installation import var
from mandata.cli.output import AsJson, emit
from mandata.cli.serve import address
from mandata.foundation.errors import Fault


def dns(
    listen: Annotated[str, typer.Option(help="Host and port to answer on, over UDP and TCP.")] = "127.0.0.1:5300",
    zone: Annotated[Path | None, typer.Option(help="The zone file; default is dns.zone in MANDATA_VAR.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer DNS questions from a zone file (RFC 1035, section 5), which is read again whenever it changes.

    For demos and for trying things out: put the records there that the console shows for a sending domain, and point
    MANDATA_DNS here. What the file does not hold does not exist; nobody else is asked.

    Examples:

        mandata dns --zone example.zone

        MANDATA_DNS=127.0.0.1:5300 mandata up --with dns
    """
    from dnslib.server import DNSLogger, DNSServer

    host, port = address(listen)
    file = zone or var() / "dns.zone"
    resolver, quiet = _Zone(file), DNSLogger("-request,-reply,-truncated,-error", prefix=False)
    try:
        servers = [DNSServer(resolver, address=host, port=port, tcp=tcp, logger=quiet) for tcp in (False, True)]
    except OSError as error:
        raise Fault(f"{listen} is taken: {error}", remedy="Choose another with --listen.") from error
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    for server in servers:
        server.start_thread()
    emit(as_json, {"listen": listen, "zone": str(file)}, f"Answering on {listen} from {file}  (Ctrl-C ends it)")
    ending.wait()
    for server in servers:
        server.stop()


class _Zone:
    """The records of a zone file, as dnslib's server asks for them; it follows the file's changes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._changed, self._known = 0.0, list[Any]()

    def resolve(self, request: Any, _handler: Any) -> Any:
        """Answer one question."""
        from dnslib import QTYPE, RCODE

        reply, question = request.reply(), request.q
        name = str(question.qname).lower()
        known = [record for record in self._records() if str(record.rname).lower() == name]
        for record in known:
            if question.qtype in (record.rtype, QTYPE.ANY) or record.rtype == QTYPE.CNAME:
                reply.add_answer(record)
        if not known:
            reply.header.rcode = RCODE.NXDOMAIN
        reply.header.aa = 1
        return reply

    def _records(self) -> list[Any]:
        from dnslib import RR, DNSError

        try:
            changed = self._file.stat().st_mtime
        except FileNotFoundError:
            return []
        if changed != self._changed:
            self._changed = changed
            try:
                self._known = list(RR.fromZone(self._file.read_text()))
            except (DNSError, ValueError, LookupError, StopIteration) as error:
                typer.echo(f"{self._file} is no zone file; the former records stay: {error}", err=True)
        return self._known
