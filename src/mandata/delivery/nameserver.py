"""A small name server for the demo and for tests: it answers for the records it was given, on loopback, by dnslib.

It is authoritative for what it holds and says NXDOMAIN to everything else. It is no resolver.
"""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

from dnslib import CNAME, MX, QTYPE, RCODE, RR, TXT, A
from dnslib.server import BaseResolver, DNSLogger, DNSServer

from mandata.delivery.rules.domains import Record

_TTL = 60


class Zone(BaseResolver):  # type: ignore[misc]
    """Records by name and type; may be changed while it serves."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], list[str]] = {}
        self._lock = threading.Lock()

    def put(self, name: str, kind: str, *values: str) -> None:
        """Set the values of a name and type; no values removes them. Kinds: A, MX ("10 host"), CNAME, TXT."""
        with self._lock:
            if values:
                self._records[(name.lower().rstrip("."), kind)] = list(values)
            else:
                self._records.pop((name.lower().rstrip("."), kind), None)

    def publish(self, records: Iterable[Record]) -> None:
        """Set the records that a sending domain needs."""
        for record in records:
            self.put(record.name, record.type, record.value)

    def as_list(self) -> list[list[str]]:
        """Return everything as [name, kind, value...] lists, for JSON."""
        with self._lock:
            return [[name, kind, *values] for (name, kind), values in sorted(self._records.items())]

    def resolve(self, request: object, handler: object) -> object:  # noqa: ARG002 - dnslib's signature
        """Answer one query."""
        reply = request.reply()  # type: ignore[attr-defined]
        name = str(request.q.qname).lower().rstrip(".")  # type: ignore[attr-defined]
        kind = QTYPE[request.q.qtype]  # type: ignore[attr-defined]
        with self._lock:
            known = any(held == name for held, _ in self._records)
            values = self._records.get((name, kind), [])
            if not values and kind != "CNAME":
                kind, values = "CNAME", self._records.get((name, "CNAME"), [])
        for value in values:
            reply.add_answer(RR(name, getattr(QTYPE, kind), rdata=_data(kind, value), ttl=_TTL))
        if not known:
            reply.header.rcode = RCODE.NXDOMAIN
        reply.header.aa = 1
        return reply


def _data(kind: str, value: str) -> object:
    if kind == "TXT":
        raw = value.encode()
        return TXT([raw[at : at + 255] for at in range(0, len(raw), 255)] or [b""])
    if kind == "MX":
        preference, _, host = value.partition(" ")
        return MX(host, int(preference))
    return CNAME(value) if kind == "CNAME" else A(value)


class NameServer:
    """Serves a zone over UDP and TCP until stopped; port 0 takes a free one, known after `start`."""

    def __init__(self, zone: Zone, host: str = "127.0.0.1", port: int = 0) -> None:
        self.zone = zone
        self.host = host
        self.port = port
        self._servers: list[DNSServer] = []

    def start(self) -> None:
        """Listen. OSError when the port is taken."""
        quiet = DNSLogger(log="-request,-reply,-truncated,-error,-recv,-send,-data", prefix=False)
        udp = DNSServer(self.zone, port=self.port, address=self.host, logger=quiet, tcp=False)
        port = udp.server.server_address[1]
        try:
            tcp = DNSServer(self.zone, port=port, address=self.host, logger=quiet, tcp=True)
        except OSError:
            udp.server.server_close()
            if self.port:
                raise
            return self.start()  # the free port that UDP was given is taken for TCP: ask for another
        self.port = port
        self._servers = [udp, tcp]
        for server in self._servers:  # as its own start_thread, but it looks twenty times a second whether to stop
            threading.Thread(target=server.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        for server in self._servers:
            server.server.shutdown()
            server.server.server_close()


def main(arguments: list[str] | None = None) -> int:
    """Serve the records of a JSON file ([[name, kind, value...]...]) until SIGTERM; SIGHUP reads the file again."""
    parser = argparse.ArgumentParser(prog="mandata nameserver", description="Answers for the records of the demo.")
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5353)
    given = parser.parse_args(arguments)
    zone = Zone()

    def read(*_: object) -> None:
        for name, kind, *values in json.loads(given.records.read_text()):
            zone.put(name, kind, *values)

    read()
    server = NameServer(zone, given.host, given.port)
    stop = threading.Event()
    signal.signal(signal.SIGHUP, read)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server.start()
    sys.stdout.write(json.dumps({"dns": server.port}) + "\n")
    sys.stdout.flush()
    stop.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
