"""A real SMTP server that takes mail and remembers for whom."""

from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from mandata.infra.environment import Environment, env
from tests.ports import free_port


class Mailbox:
    """Listens while it is entered; `recipients` and `contents` in the order of arrival."""

    def __init__(self) -> None:
        self.recipients: list[str] = []
        self.contents: list[bytes] = []
        self._port: int = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        recipients: Sequence[str] = envelope.rcpt_tos
        self.recipients += recipients
        self.contents.append(envelope.content if isinstance(envelope.content, bytes) else b"")
        return "250 OK"

    def environment(self) -> Environment:
        """The environment with notices going here."""
        return replace(env(), notice_smtp_url=f"smtp://127.0.0.1:{self._port}")

    def __enter__(self) -> "Mailbox":
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()
