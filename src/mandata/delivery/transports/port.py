"""The port between the engine and everything that carries letters.

A *road* is one way out: a transport, and where it sends by itself from one of several addresses, that address. Before
messages are laid out the engine picks a road (`Transport.pick`) and asks it for the *lane* of each receiving domain: a
relay has one lane for everybody, direct delivery one for each set of mail exchangers. Letters lie on the desk by lane.

The transport pulls: it asks the desk for a letter of a lane when it has a place for one, says when the first byte of
its content is about to leave (the journal must know before that), and reports each outcome as soon as it is known. A
lane that stalls or fails holds none of the others.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from mandata.delivery.rules.outcomes import Fate, Outcome


class Letter(NamedTuple):
    """One message ready to leave.

    `key` is the caller's; `sender` and `recipient` are bare addresses; `content` is RFC 5322 bytes with CRLF line ends,
    not dot-stuffed, ending in CRLF. `plain`: it is known to be ASCII without a dot at the beginning of
    a line, so that nobody need look.
    """

    key: int
    sender: str
    recipient: str
    content: bytes
    plain: bool = False


class Road(NamedTuple):
    """One way out that may be taken now.

    `key` names it to `Transport.pick` and `Transport.lanes`; `transport` is the transport's number (0: the one of the
    settings), `source` the address it sends from ("" for any). Roads of the lowest `tier` are taken first, those of one
    tier in proportion to `weight`. `rate` is messages a second and `daily` messages a day, 0 for no limit. `direct`: it
    has a lane for each set of mail exchangers. `rewrites`: header fields, in small letters, that are written anew on
    the way, so that no signature may cover them.
    """

    key: str
    transport: int = 0
    source: str = ""
    tier: int = 1
    weight: int = 1
    rate: int = 0
    daily: int = 0
    direct: bool = False
    rewrites: frozenset[bytes] = frozenset()


class Unroutable(NamedTuple):
    """Why letters to a domain, or those of a lane, cannot leave now: "failed", "deferred" or "returned", and in which
    words. `diagnostic` holds no address; `code` is the reply that refused the connection, 0 where there was none."""

    fate: Fate
    enhanced: str
    diagnostic: str
    code: int = 0

    def outcome(self, key: int) -> Outcome:
        """Return this as the outcome of a letter."""
        return Outcome(key, self.fate, self.code, self.enhanced, self.diagnostic, "connect")


class Desk(Protocol):
    """The engine's side. All methods are called from the thread that runs `Transport.send`."""

    def lanes(self) -> Collection[str]:
        """Return the lanes with letters laid out now. Called once in each turn of the loop: it must be cheap."""

    def take(self, lane: str) -> Letter | None:
        """Return the next letter of a lane, or None while nothing is at hand there."""

    def give_up(self, lane: str, why: Unroutable) -> None:
        """The lane leads nowhere now: all that is laid out in it ends so, without being filled."""

    def closed(self) -> bool:
        """Return True once `take` will never return a letter again."""

    def begin(self, key: int) -> None:
        """The content of this letter leaves next. What this writes must survive a kill of the process. Raises NotBegun
        where it cannot be written: then nothing of the letter may leave."""

    def report(self, outcome: Outcome) -> None:
        """One letter's end; called exactly once for each letter taken."""

    def idle(self) -> None:
        """Called before the transport waits: time to write what was kept back."""


class Transport(Protocol):
    """Anything that can carry letters. `send` is called from another thread than the rest."""

    def pick(self, roads: Sequence[Road]) -> Road | None:
        """Return the road that the next messages take; None while each of these is known to lead nowhere."""

    def lanes(self, road: str, domains: Collection[str]) -> Mapping[str, str | Unroutable]:
        """Return the lane of each domain on a road, or why nothing can be sent there. Waits a bounded time for DNS."""

    def renew(self) -> None:
        """Look whether the roads have changed. Called every few seconds, by the thread that calls `pick`."""

    def send(self, desk: Desk) -> None:
        """Carry letters until the desk is closed and each letter taken was reported. Raises Unreachable."""


class NotBegun(Exception):
    """What must be known before a letter leaves cannot be written down: the letter goes back, and nothing was tried."""


class Unreachable(Exception):
    """No connection could be made or kept. Every letter taken was reported before this is raised."""
