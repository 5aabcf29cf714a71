"""What an SMTP transport is told: where, how many connections, how patient, and with which credentials."""

import ssl
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Settings of one SMTP receiver; times in seconds (RFC 5321 section 4.5.3.2 gives the defaults their size).

    `recycle_after` closes a connection after so many letters (0: never). `patience` is how long no connection at all
    may succeed before `send` gives up with Unreachable.
    """

    host: str
    port: int = 25
    helo: str = "localhost"
    connections: int = 10
    tls: str = "never"  # never | starttls | implicit
    verify: bool = True
    user: str = ""
    password: str = field(default="", repr=False)
    connect_timeout: float = 30.0
    reply_timeout: float = 300.0
    content_timeout: float = 600.0
    recycle_after: int = 0
    patience: float = 20.0
    pipelining: bool = True

    def context(self) -> ssl.SSLContext:
        """Return the TLS context; without `verify` any certificate will do (for receivers on one's own network)."""
        context = ssl.create_default_context()
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


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
