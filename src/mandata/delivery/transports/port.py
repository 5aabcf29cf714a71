"""The port between the engine and any transport.

The transport pulls: it asks the desk for a letter when it has a place for one, says when the first byte of its content
is about to leave (the journal must know before that), and reports each outcome as soon as it is known.
"""

from typing import NamedTuple, Protocol

from mandata.delivery.rules.outcomes import Outcome


class Letter(NamedTuple):
    """One message ready to leave.

    `key` is the caller's; `sender` and `recipient` are bare addresses; `content` is RFC 5322 bytes with CRLF line ends,
    not dot-stuffed, ending in CRLF.
    """

    key: int
    sender: str
    recipient: str
    content: bytes


class Desk(Protocol):
    """The engine's side. All methods are called from the thread that runs `Transport.send`."""

    def take(self) -> Letter | None:
        """Return the next letter, or None while nothing is at hand."""

    def closed(self) -> bool:
        """Return True once `take` will never return a letter again."""

    def begin(self, key: int) -> None:
        """The content of this letter leaves next. What this writes must survive a kill of the process."""

    def report(self, outcome: Outcome) -> None:
        """One letter's end; called exactly once for each letter taken."""

    def idle(self) -> None:
        """Called before the transport waits: time to write what was kept back."""


class Transport(Protocol):
    """Anything that can carry letters."""

    def send(self, desk: Desk) -> None:
        """Carry letters until the desk is closed and each letter taken was reported. Raises Unreachable."""


class Unreachable(Exception):
    """No connection could be made or kept. Every letter taken was reported before this is raised."""
