"""Connections to places that somebody else named: out into the internet, never into our own network.

`address` looks a name up once and refuses it where it leads inside. Who connects, connects to that address: a name that
is looked up twice can answer otherwise the second time. For a library that connects by itself there is `Gate`, a proxy
of its own (CONNECT, RFC 9110 section 9.3.6) that does just this; what goes through it stays encrypted end to end.
"""

import base64
import contextlib
import hmac
import ipaddress
import secrets
import socket
import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, Final

from mandata.foundation.errors import Fault

_EMBEDDING: Final = tuple(map(ipaddress.ip_network, ("::/96", "64:ff9b::/96", "64:ff9b:1::/48")))
_LINE: Final = 8192
_HEADERS: Final = 100
_PIECE: Final = 1 << 16
_PATIENCE: Final = 20.0
"""Seconds until a connection is made, or a head is read."""
_SILENCE: Final = 300.0
"""Seconds of silence on both sides after which a connection is given up."""


class Inside(Fault):
    """A name leads into a private network, or nowhere at all."""


def address(name: str, port: int, *, loopback: bool = False) -> str:
    """Return the address to connect to for a name. Raises Inside where any of its addresses is none of the internet's
    (`loopback`: this computer is let pass), OSError where it has none."""
    found = [str(place[4][0]) for place in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
    for one in found:
        there = _meant(one)
        if there.is_multicast or not (there.is_global or (there.is_loopback and loopback)):
            raise Inside(
                "This address leads into a private network.", remedy="Name a server that the internet reaches."
            )
    return found[0]


def _meant(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return an address, or the one of IPv4 that a network may make of it: mapped, compatible (RFC 4291 section
    2.5.5), by 6to4 (RFC 3056), by NAT64 (RFC 6052, RFC 8215)."""
    found = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(found, ipaddress.IPv4Address):
        return found
    low = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    if any(found in network for network in _EMBEDDING):
        return low if int(found) > 1 else found  # ::1 is this computer
    return found.ipv4_mapped or found.sixtofour or found


class Gate(ThreadingTCPServer):
    """A proxy on the loopback for as long as its block lasts; `url` has the password that lets its one user through.

    Each connection is made to the address that was checked for it. `inside`: one was asked for that led inside.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, *, loopback: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.loopback, self.inside = loopback, False
        word = secrets.token_hex(16)
        self.pass_word = b"Basic " + base64.b64encode(f"gate:{word}".encode())
        self.url = f"http://gate:{word}@127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> "Gate":
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True, name="gate").start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: Any) -> None:
        """A connection that broke is its user's to tell."""


class _Passing(StreamRequestHandler):
    """One connection through the gate."""

    server: Gate
    timeout = _PATIENCE

    def handle(self) -> None:
        """Read who is wanted, connect to what was checked, and let both sides speak."""
        verb, place, word = self._head()
        host, _colon, port = place.rpartition(":")
        if not hmac.compare_digest(word, self.server.pass_word):
            return self._say(b"407 Proxy Authentication Required")
        if verb != "CONNECT" or not host or not port.isdecimal():
            return self._say(b"405 Method Not Allowed")
        try:
            to = address(host.strip("[]"), int(port), loopback=self.server.loopback)
            there = socket.create_connection((to, int(port)), _PATIENCE)
        except (Inside, OSError) as error:
            self.server.inside = self.server.inside or isinstance(error, Inside)
            return self._say(b"403 Forbidden" if isinstance(error, Inside) else b"502 Bad Gateway")
        with there:
            self._say(b"200 Connection established")
            _pass(self.connection, there)
        return None

    def _head(self) -> tuple[str, str, bytes]:
        verb, _space, rest = self.rfile.readline(_LINE).decode("latin-1").partition(" ")
        word = b""
        for _number in range(_HEADERS):
            name, _colon, value = self.rfile.readline(_LINE).partition(b":")
            if not name.strip():
                break
            if name.strip().lower() == b"proxy-authorization":
                word = value.strip()
        return verb, rest.partition(" ")[0], word

    def _say(self, status: bytes) -> None:
        self.wfile.write(b"HTTP/1.1 " + status + b"\r\n\r\n")


def _pass(one: socket.socket, other: socket.socket) -> None:
    """Hand bytes over both ways until both sides have ended."""
    for end in (one, other):
        end.settimeout(_SILENCE)
    back = threading.Thread(target=_copy, args=(other, one), daemon=True)
    back.start()
    _copy(one, other)
    back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RD if end is source else socket.SHUT_WR)
