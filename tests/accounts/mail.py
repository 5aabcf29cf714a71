"""A real server for notices: takes mail, or says what it is told to say, to everybody or to some."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.controller import Controller as SmtpServer

from mandata.infra import environment
from tests.ports import free_port


@dataclass(frozen=True)
class Letter:
    """A mail as it arrived."""

    sender: str
    to: str
    content: bytes


@dataclass
class Postbox:
    """Takes mail. `refuses`: what is said at RCPT to an address; `says`: what is said to everybody's content."""

    port: int = 0
    refuses: dict[str, str] = field(default_factory=dict)
    says: str = ""
    letters: list[Letter] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Refuse whom it shall refuse."""
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep the mail."""
        if self.says:
            return self.says
        self.letters += [Letter(envelope.mail_from, to, envelope.content) for to in envelope.rcpt_tos]
        return f"250 2.0.0 Ok: queued as 4711 for <{envelope.rcpt_tos[0]}>"

    def to(self) -> list[str]:
        """To whom it took mail, in order."""
        return [letter.to for letter in self.letters]


@contextmanager
def postbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    """A server on this machine, which the settings name for notices."""
    box = Postbox(port=free_port())
    server = SmtpServer(box, hostname="127.0.0.1", port=box.port)
    server.start()
    settings(monkeypatch, MANDATA_NOTICE_SMTP_URL=f"smtp://127.0.0.1:{box.port}")
    try:
        yield box
    finally:
        server.stop()
        environment.env.cache_clear()


def settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Set settings for the test."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    environment.env.cache_clear()
