"""The doors for what comes back: a small SMTP server and, where one is set, an LMTP server (RFC 2033), both aiosmtpd.

They take mail for tokens of messages (bounces, and to unsubscribe), for the envelope senders of notices, complaints of
feedback loops, and what an upper area has an address for (`inboxes`); nothing else. A message is
acknowledged once it is kept, sealed, in the database; while that fails it is refused for the time being (451), so that
the other side keeps it. Recipients that are nothing of ours are refused at RCPT.
"""

import asyncio
import socket
from datetime import datetime
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP
from django.db import close_old_connections

from mandata.delivery import inboxes
from mandata.delivery.services import arriving
from mandata.delivery.services.returning import is_ours
from mandata.foundation.errors import Fault
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.logs import log

_LARGEST = 8 * 1024 * 1024
_READ = 1024 * 1024
"""A report may carry the whole mail back, with its attachments; what it says stands before that, and only so much is
read."""
_RECIPIENTS: Final = 50
_TAKEN: Final = "250 2.0.0 Ok"
_LATER: Final = "451 4.3.0 Try again later"
_log = log("delivery")


class _Handler:
    """aiosmtpd's hooks. LMTP answers for each recipient, SMTP once for all."""

    def __init__(self, *, each: bool) -> None:
        self._each = each

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        local_part = address.rpartition("@")[0]
        if len(envelope.rcpt_tos) >= _RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        known = local_part.lower() in arriving.FEEDBACK or is_ours(local_part) or inboxes.is_ours(local_part)
        if not known:
            return "550 5.1.1 No such recipient here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        raw = bytes(envelope.original_content or b"")[:_READ]
        answers = []
        for address in envelope.rcpt_tos:
            try:
                await asyncio.to_thread(_take, address, raw)
                answers.append(_TAKEN)
            except Exception as error:  # whatever it is, the other side shall keep the message
                _log.error("return.not_taken", error=type(error).__name__, exc_info=True)
                answers.append(_LATER)
        return "\r\n".join(answers) if self._each else max(answers, default=_TAKEN)


def _take(address: str, raw: bytes) -> None:
    close_old_connections()
    try:
        local_part, _, domain = address.rpartition("@")
        if inboxes.is_ours(local_part):
            inboxes.take(local_part, raw, now())
            return
        if local_part.lower() in arriving.FEEDBACK and not is_ours(local_part):
            local_part = arriving.token_in(raw)
        kept = arriving.keep(recipient=f"{local_part}@{domain}", raw=raw, at=now())
        if kept is None:
            _log.info("return.unplaced")  # a complaint about nothing of ours, or a campaign that is gone
            return
        _finish(kept)
    finally:
        close_old_connections()


def _finish(kept: arriving.Kept) -> None:
    """Process at once what is durable already; what fails here is tried again by a worker's loop."""
    try:
        arriving.process(controller_id=kept.controller_id, arrival_id=kept.arrival_id)
    except Exception as error:
        _log.error("return.not_processed", error=type(error).__name__, exc_info=True)


class _Lmtp(Controller):
    """The controller of aiosmtpd with its LMTP server."""

    def factory(self) -> SMTP:
        return LMTP(self.handler, **self.SMTP_kwargs)


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as free:
        return int(free.getsockname()[1])


class Listener:
    """A door; port 0 takes a free one, which `port` tells. `lmtp`: it speaks LMTP instead of SMTP."""

    def __init__(self, host: str, port: int, *, lmtp: bool = False) -> None:
        self.port = port or _free_port(host)
        kind = _Lmtp if lmtp else Controller
        self._controller = kind(_Handler(each=lmtp), hostname=host, port=self.port, data_size_limit=_LARGEST)

    def start(self) -> None:
        """Listen. OSError when the port is taken."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()


_listening: dict[str, Listener] = {}
_told: set[int] = set()


def keep_listening(*, at: datetime) -> int:
    """Open the doors of MANDATA_RETURNS_LISTEN and MANDATA_RETURNS_LMTP unless they are open, here or in another worker
    on this host; and process what was kept and not finished. Return how many of these."""
    for setting, address in (
        ("MANDATA_RETURNS_LISTEN", env().returns_listen),
        ("MANDATA_RETURNS_LMTP", env().returns_lmtp),
    ):
        if address and setting not in _listening:
            _open(setting, address)
    return arriving.process_due(at=at)


def _open(setting: str, address: str) -> None:
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        raise Fault(f"{setting} is no host:port.", remedy="Set it like 127.0.0.1:2526.")
    listener = Listener(host, int(port), lmtp=setting == "MANDATA_RETURNS_LMTP")
    try:
        listener.start()
    except OSError:
        if listener.port not in _told:
            _told.add(listener.port)
            _log.warning("returns.port_taken", port=listener.port)  # by another worker here, or by something else
        return
    _listening[setting] = listener
    _log.info("returns.listening", port=listener.port)
