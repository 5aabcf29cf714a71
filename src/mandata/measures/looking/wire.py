"""What the installation looks like from the wire: TLS of the web, the door and the mail listener, headers, a scanner.

It looks where anybody would: at the public addresses from the settings, over a new connection.
"""

import contextlib
import http.client
import re
import socket
import ssl
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from mandata.infra.environment import env
from mandata.measures.rules import verdicts
from mandata.measures.rules.verdicts import Page, Scanner, Verdict, Wire

WAIT: Final = 5.0
"""Seconds that a place has to answer in."""
_EICAR: Final = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless file that every scanner reports (eicar.org), in two parts, so that no scanner reports this one."""


def web_tls(at: datetime) -> Verdict:
    """Open a TLS connection to the console's and the door's public address, each as a browser would."""
    return verdicts.wires([web("console", env().public_url), web("door", env().tracking_url)], at)


def web(place: str, url: str) -> Wire:
    """Look at one public address. Without https it is plain, whatever answers there; one of this machine alone is so,
    too, but nobody can listen on the way."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        return Wire(place, "plain_here" if _loopback(parts.hostname or "") else "plain")
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 443), timeout=WAIT) as connection:
            return _shaken(place, connection, parts.hostname or "")
    except ssl.SSLCertVerificationError:
        return Wire(place, "untrusted")
    except ssl.SSLError:
        return Wire(place, "plain")
    except OSError:
        return Wire(place, "away")


def _shaken(place: str, connection: socket.socket, name: str) -> Wire:
    with _context().wrap_socket(connection, server_hostname=name) as tls:
        told = tls.getpeercert() or {}
        until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)
        return Wire(place, "tls", tls.version() or "", until)


def _context() -> ssl.SSLContext:
    path = env().authorities
    return ssl.create_default_context(cafile=str(path) if path else None)


def mail_tls(at: datetime) -> Verdict:
    """Ask our listener for returned mail for STARTTLS, where others can reach it at all."""
    places = [one for one in (env().returns_listen, env().returns_lmtp) if one]
    return verdicts.wires([mail(one) for one in places], at)


def mail(place: str) -> Wire:
    """Look at one listener (host:port). One that is bound to this machine alone carries nothing over a wire."""
    host, _, port = place.rpartition(":")
    host = host.strip("[]")
    if _loopback(host):
        return Wire("mail", "loopback")
    name = urlsplit(env().public_url).hostname or host
    try:
        with socket.create_connection((_reachable(host), int(port)), timeout=WAIT) as connection:
            return _started(connection, name)
    except ssl.SSLCertVerificationError:
        return Wire("mail", "untrusted")
    except ssl.SSLError:
        return Wire("mail", "plain")
    except (OSError, ValueError):
        return Wire("mail", "away")


def _loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")  # RFC 6761, section 6.3


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - read, not bound


def _started(connection: socket.socket, name: str) -> Wire:
    _reply(connection)
    connection.sendall(b"EHLO measures.invalid\r\n")
    if b"STARTTLS" not in _reply(connection).upper():
        return Wire("mail", "plain")
    connection.sendall(b"STARTTLS\r\n")
    if not _reply(connection).startswith(b"220"):
        return Wire("mail", "plain")
    return _shaken("mail", connection, name)


def _reply(connection: socket.socket) -> bytes:
    data = b""
    while len(data) < 65_536:
        part = connection.recv(4096)
        data += part
        if not part or re.search(rb"(?m)^\d{3} [^\n]*\n\Z", data):
            break
    return data


def headers(_at: datetime) -> Verdict:
    """Fetch the log-in page at the public address and read its headers and cookies."""
    return verdicts.page(page(env().public_url, "/login/"))


def page(url: str, path: str) -> Page:
    """Fetch one page over a new connection, without following anything."""
    answer = fetch(url, path)
    if answer is None:
        return Page(reached=False)
    told = {name.lower(): value for name, value in answer.getheaders()}
    cookies = tuple(value.lower() for name, value in answer.getheaders() if name.lower() == "set-cookie")
    return Page(answer.status < 500, urlsplit(url).scheme == "https", told, cookies)


def fetch(url: str, path: str, *, wait: float = WAIT) -> http.client.HTTPResponse | None:
    """Ask for a page of ours; None where nobody answers in time. The body is read and dropped."""
    parts = urlsplit(url)
    made: http.client.HTTPConnection
    if parts.scheme == "https":
        made = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=wait, context=_context())
    else:
        made = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=wait)
    try:
        made.request("GET", path, headers={"User-Agent": "mandata-measures"})
        answer = made.getresponse()
        answer.read(1 << 20)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        made.close()
    return answer


def malware(at: datetime) -> Verdict:
    """Let the scanner that the settings name (clamd) look at the test file."""
    place = env().malware_scanner
    return verdicts.scanner(scan(place) if place else Scanner(configured=False), at)


def scan(place: str) -> Scanner:
    """Talk to one clamd: a socket's path, or host:port."""
    try:
        if _asked(place, b"zPING\0") != b"PONG":
            return Scanner(configured=True)
        body = b"zINSTREAM\0" + len(_EICAR).to_bytes(4, "big") + _EICAR + bytes(4)
        finds = _asked(place, body).endswith(b"FOUND")
        return Scanner(True, answers=True, finds=finds, signatures_at=_signed(_asked(place, b"zVERSION\0")))
    except (OSError, ValueError):
        return Scanner(configured=True)


def _asked(place: str, words: bytes) -> bytes:
    with _opened(place) as connection:
        connection.sendall(words)
        data = b""
        while not data.endswith(b"\0") and len(data) < 65_536 and (part := connection.recv(4096)):
            data += part
    return data.rstrip(b"\0\n")


def _opened(place: str) -> socket.socket:
    if not place.startswith("/"):
        host, _, port = place.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=WAIT)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(WAIT)
    connection.connect(str(Path(place)))
    return connection


def _signed(version: bytes) -> datetime | None:
    """The day of the signatures in clamd's answer: "ClamAV 1.4.1/27442/Sun Nov  3 10:35:21 2026"."""
    told = version.decode("ascii", "replace").rsplit("/", 1)[-1]
    try:
        return datetime.strptime(told, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None
