"""Composes a notice as bytes and hands it to a submission server over SMTP (RFC 5321, RFC 5322)."""

import smtplib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from mandata.foundation.cutting import without_addresses

TIMEOUT = 30.0
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Unwritable(Exception):
    """An address that no header of a mail can hold."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: whether it took the mail, whether a no is final, and its last reply.

    `host` is where it was reached, `server` what it calls itself. A no is final where it speaks of the recipient or the
    mail; one to our log-in, our greeting or our sender is ours to mend, and the mail waits for that. The reply is kept
    without addresses: servers like to repeat them.
    """

    taken: bool
    final: bool
    host: str
    reply: str
    server: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom and to whom; `confirm` asks for a report of success, too (RFC 3461), under the name `id`."""

    sender: str
    to: str
    confirm: bool = False
    id: str = ""


def compose(said: Mapping[str, Any], *, notice_id: UUID, at: datetime, sender: str) -> bytes:
    """Return the mail as bytes; the same input gives the same bytes, so that a repetition can be recognised.

    Raises Unwritable for an address that no header can hold.
    """
    try:
        return _composed(said, notice_id=notice_id, at=at, sender=sender)
    except (ValueError, MessageError) as error:
        raise Unwritable from error


def _composed(said: Mapping[str, Any], *, notice_id: UUID, at: datetime, sender: str) -> bytes:
    message = EmailMessage(policy=SMTP.clone(max_line_length=78))
    domain = sender.rpartition("@")[2] or "localhost"
    message["From"] = _address(_line(said.get("sender_name", "")), sender)
    message["To"] = _address(_line(said.get("to_name", "")), said["to"])
    message["Subject"] = _line(said["subject"])
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{notice_id.hex}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if said.get("reply_to"):
        message["Reply-To"] = _address("", said["reply_to"])
    message.set_content(said["text"], cte="quoted-printable")
    if said.get("html"):
        message.add_alternative(said["html"], subtype="html", cte="quoted-printable")
        _fix_boundary(message, notice_id, "alternative")
    for attached in said.get("attachments", ()):
        main, _slash, sub = attached["media_type"].partition("/")
        message.add_attachment(
            bytes.fromhex(attached["content"]), maintype=main, subtype=sub, filename=_line(attached["name"])
        )
    if said.get("attachments"):
        _fix_boundary(message, notice_id, "mixed")
    return message.as_bytes()


def _fix_boundary(message: EmailMessage, notice_id: UUID, part: str) -> None:
    message.set_boundary(f"={part}={notice_id.hex}=")


def _line(text: str) -> str:
    # a name or subject with line ends would begin a header of its own
    return " ".join(str(text).split())


def _address(name: str, address: str) -> Address:
    return Address(display_name=name, addr_spec=_plain_domain(address))


def _plain_domain(address: str) -> str:
    """The address with its domain as DNS and every server know it (IDNA)."""
    local, at, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}{at}{domain.encode('idna').decode()}"


def hand_over(url: str, *, envelope: Envelope, data: bytes) -> Answer:
    """Give the mail to the server at `url` (smtp://[user:password@]host[:port] or smtps://).

    Never raises for a server's no. TLS is used where the server offers it, and must be valid unless the server is
    on this machine.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or (465 if parts.scheme == "smtps" else 25)
    about, name = _Stage(), ""
    try:
        with _connect(parts.scheme, host, port) as server:
            name = _calls_itself(server)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            code, reply = _converse(server, envelope, data, about)
    except smtplib.SMTPResponseException as refused:
        code, reply = refused.smtp_code, refused.smtp_error  # type: ignore[assignment]
    except (smtplib.SMTPException, OSError) as failed:
        text = _clean(f"{type(failed).__name__}: {failed}", envelope.to)
        return Answer(taken=False, final=False, host=host, reply=text, server=name)
    said = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    return Answer(
        taken=200 <= code < 300,
        # a permanent code with a temporary enhanced status means temporary: the finer word wins
        final=code >= 500 and about.recipient and not said.lstrip().startswith("4."),
        host=host,
        reply=_clean(f"{code} {said}", envelope.to),
        server=name,
    )


@dataclass(slots=True)
class _Stage:
    """How far a conversation came: whether the server has been asked about the recipient yet."""

    recipient: bool = False


def _calls_itself(server: smtplib.SMTP) -> str:
    server.ehlo_or_helo_if_needed()
    greeting = (server.ehlo_resp or server.helo_resp or b"").split()
    return _clean(greeting[0].decode("utf-8", "replace"))[:255] if greeting else ""


def _connect(scheme: str, host: str, port: int) -> smtplib.SMTP:
    trust = ssl.create_default_context()
    if host in _LOOPBACK:
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=trust, local_hostname=socket.gethostname())
    server = smtplib.SMTP(host, port, timeout=TIMEOUT, local_hostname=socket.gethostname())
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=trust)
        server.ehlo()
    return server


def _converse(server: smtplib.SMTP, envelope: Envelope, data: bytes, about: _Stage) -> tuple[int, bytes]:
    to = _plain_domain(envelope.to)
    options: list[str] = []
    wanted: list[str] = []
    if envelope.confirm and server.has_extn("dsn"):
        options += ["RET=HDRS", f"ENVID={envelope.id}"]
        wanted = ["NOTIFY=SUCCESS,FAILURE,DELAY"]
    code, reply = server.mail(envelope.sender, options)
    if code >= 300:
        return code, reply
    about.recipient = True
    code, reply = server.rcpt(to, wanted)
    if code >= 300:
        return code, reply
    return server.data(data)


def _clean(text: str, to: str = "") -> str:
    return without_addresses(text, to)[:500]
