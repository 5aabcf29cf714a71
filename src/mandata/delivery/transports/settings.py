"""What an SMTP session is told: where, from which address, how patient, under which protection, with which credentials.

Protection (`tls`) of a session:

    never      none
    may        STARTTLS where it is offered, without asking who answers (RFC 7435); in the clear where it fails
    encrypt    STARTTLS or nothing, without asking who answers
    starttls   STARTTLS or nothing, with a certificate that holds for the host (`verify`)
    implicit   TLS from the first byte, with a certificate that holds for the host (`verify`)
    dane       STARTTLS or nothing, with a certificate that the host's TLSA records know (RFC 7672)
"""

import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from mandata.delivery.transports.dane import Known

_ANYBODY = frozenset({"may", "encrypt", "dane"})
_DEMANDED = frozenset({"encrypt", "starttls", "dane"})


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Settings of one SMTP receiver; times in seconds (RFC 5321 section 4.5.3.2 gives the defaults their size).

    `address` is where to connect when it is not what `host` resolves to; `source` the address to send from.
    `recycle_after` closes a connection after so many letters (0: never). `patience` is how long no connection at all
    may succeed before a relay counts as away. `authorities` is a PEM file of authorities instead of the system's.
    """

    host: str
    port: int = 25
    helo: str = "localhost"
    connections: int = 10
    tls: str = "never"
    verify: bool = True
    user: str = ""
    password: str = field(default="", repr=False)
    connect_timeout: float = 30.0
    opening_timeout: float = 60.0
    reply_timeout: float = 300.0
    content_timeout: float = 600.0
    recycle_after: int = 0
    patience: float = 20.0
    pipelining: bool = True
    chunking: bool = True
    address: str = ""
    source: str = ""
    authorities: str = ""
    known: tuple[Known, ...] = ()

    @property
    def demands_tls(self) -> bool:
        """Whether nothing is sent where STARTTLS cannot be had."""
        return self.tls in _DEMANDED

    @property
    def wants_tls(self) -> bool:
        """Whether STARTTLS is asked for where it is offered."""
        return self.tls == "may" or self.tls in _DEMANDED

    def context(self) -> ssl.SSLContext:
        """Return the TLS context; without `verify` any certificate will do (for receivers on one's own network)."""
        return _context(self.verify and self.tls not in _ANYBODY, self.authorities)


@lru_cache(maxsize=16)
def _context(verify: bool, authorities: str) -> ssl.SSLContext:
    # Reading the system's authorities takes some 20 ms, and a context serves any number of sessions.
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    return ssl.create_default_context(cafile=authorities or None)


def from_url(url: str, *, helo: str = "localhost", connections: int = 10) -> SmtpSettings:
    """Read `smtp://user:password@host:port`, `smtp+starttls://…` or `smtps://…`. ValueError names what is wrong."""
    parts = urlsplit(url)
    tls = {"smtp": "never", "smtp+starttls": "starttls", "smtps": "implicit"}.get(parts.scheme)
    if tls is None or not parts.hostname:
        raise ValueError("an SMTP address is smtp://, smtp+starttls:// or smtps:// with a host")
    default_port = {"never": 25, "starttls": 587, "implicit": 465}[tls]
    return SmtpSettings(
        host=parts.hostname,
        port=parts.port or default_port,
        helo=helo,
        connections=connections,
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
