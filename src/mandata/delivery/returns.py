"""The door for what comes back: a small SMTP server (aiosmtpd) that takes mail for bounce tokens and for the envelope
senders of notices, and nothing else.

A message is acknowledged once it has been put to its place in the database; while that fails it is refused for the
time being (451), so that the other side keeps it. Recipients that are no genuine token are refused at RCPT.
"""

import asyncio
import socket
from datetime import datetime
from typing import Any

from aiosmtpd.controller import Controller
from django.db import close_old_connections

from mandata.delivery.services.returning import is_ours, receive_notice, receive_return
from mandata.foundation.errors import Fault
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.logs import log

_LARGEST = 8 * 1024 * 1024
_READ = 1024 * 1024
"""A report may carry the whole mail back, with its attachments; what it says stands before that, and only so much is
read."""
_log = log("delivery")


class _Handler:
    """aiosmtpd's hooks."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if not is_ours(address.rpartition("@")[0]):
            return "550 5.1.1 No such recipient here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        raw = bytes(envelope.original_content or b"")[:_READ]
        try:
            for address in envelope.rcpt_tos:
                await asyncio.to_thread(_take, address, raw)
        except Exception as error:  # whatever it is, the other side shall keep the message
            _log.error("return.not_taken", error=type(error).__name__, exc_info=True)
            return "451 4.3.0 Try again later"
        return "250 2.0.0 Ok"


def _take(address: str, raw: bytes) -> None:
    close_old_connections()
    try:
        notice = receive_notice(recipient=address, raw=raw, at=now())
        if notice is not None:
            _log.info("return.notice", kind=notice.kind, new=notice.new)
            return
        taken = receive_return(recipient=address, raw=raw, at=now())
    finally:
        close_old_connections()
    if taken is not None:
        _log.info("return.taken", kind=taken.kind, reason=taken.reason, hard=taken.hard, new=taken.new)


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as free:
        return int(free.getsockname()[1])


class Listener:
    """The door; port 0 takes a free one, which `port` tells."""

    def __init__(self, host: str, port: int) -> None:
        self.port = port or _free_port(host)
        self._controller = Controller(_Handler(), hostname=host, port=self.port, data_size_limit=_LARGEST)

    def start(self) -> None:
        """Listen. OSError when the port is taken."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()


_listening: list[Listener] = []
_told: list[int] = []


def keep_listening(*, at: datetime) -> int:  # noqa: ARG001 - a loop's signature
    """Open the door at MANDATA_RETURNS_LISTEN unless it is open, here or in another worker on this host."""
    if _listening:
        return 0
    host, _, port = env().returns_listen.rpartition(":")
    if not port.isdigit():
        raise Fault("MANDATA_RETURNS_LISTEN is no host:port.", remedy="Set it like 127.0.0.1:2526.")
    listener = Listener(host, int(port))
    try:
        listener.start()
    except OSError:
        if not _told:
            _told.append(listener.port)
            _log.warning("returns.port_taken", port=listener.port)  # by another worker here, or by something else
        return 0
    _listening.append(listener)
    _log.info("returns.listening", port=listener.port)
    return 0
