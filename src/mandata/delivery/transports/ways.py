"""The roads of SMTP: to one relay that takes everything on, or directly to the mail exchangers of each domain."""

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, Protocol

from mandata.delivery.transports.exchangers import Exchangers, Place, in_turn
from mandata.delivery.transports.lane import SmtpLane
from mandata.delivery.transports.port import Unroutable
from mandata.delivery.transports.settings import SmtpSettings

if TYPE_CHECKING:
    from mandata.delivery.transports.loop import Loop, Runner

_LOOKED_UP_FOR: Final = 60.0


class Way(Protocol):
    """A road that the fleet can take. `lanes` is called from another thread than the rest."""

    key: str
    down_until: float  # by the loop's timer; until then the road leads nowhere
    downs: int

    def lanes(self, domains: Collection[str]) -> Mapping[str, str | Unroutable]:
        """Return the lane of each domain; names begin with the road's key and a slash, or are the key."""

    def open(self, lane: str, loop: "Loop") -> "Runner":
        """Return what carries the letters of a lane."""


class Relay:
    """Everything to one receiver, which takes on what becomes of it. Its name is looked up as the system does."""

    relay = True

    def __init__(self, key: str, settings: SmtpSettings, timer: Callable[[], float] = time.monotonic) -> None:
        self.key = key
        self.settings = settings
        self.connections = settings.connections
        self.down_until = 0.0
        self.downs = 0
        self.trouble = ""
        self._timer = timer
        self._found: tuple[float, tuple[SmtpSettings, ...]] | None = None
        self._asking: threading.Thread | None = None

    def lanes(self, domains: Collection[str]) -> Mapping[str, str | Unroutable]:
        """One lane for everybody."""
        return dict.fromkeys(domains, self.key)

    def open(self, lane: str, loop: "Loop") -> "Runner":
        """Return what carries the letters."""
        return SmtpLane(lane, self, loop)

    def targets(self, lane: str) -> Sequence[SmtpSettings] | None:  # noqa: ARG002 - one lane only
        """Return where to connect; None while the name is looked up, nothing where it does not resolve."""
        if _literal(self.settings.host):
            return (self.settings,)
        if self._found is not None and self._timer() < self._found[0]:
            return self._found[1]
        if self._asking is None or not self._asking.is_alive():
            self._asking = threading.Thread(target=self._look_up, daemon=True)
            self._asking.start()
        return self._found[1] if self._found is not None else None

    def rest(self, lane: str, why: Unroutable, seconds: float) -> None:
        """A relay has one lane; the loop says when the whole of it is down."""

    def _look_up(self) -> None:
        try:
            found = socket.getaddrinfo(self.settings.host, self.settings.port, type=socket.SOCK_STREAM)
        except OSError as error:
            self.trouble = f"the receiver's name does not resolve: {error.strerror}"
            self._found = (self._timer() + 1.0, ())
            return
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        self._found = (
            self._timer() + _LOOKED_UP_FOR,
            tuple(replace(self.settings, address=address) for address in addresses),
        )


class Direct:
    """To the mail exchangers of each domain, from one address of ours. `settings` are those of every session."""

    relay = False

    def __init__(self, key: str, settings: SmtpSettings, exchangers: Exchangers, connections: int = 4) -> None:
        self.key = key
        self.settings = settings
        self.connections = connections
        self.down_until = 0.0
        self.downs = 0
        self.trouble = ""
        self._exchangers = exchangers
        self._routes: dict[str, tuple[SmtpSettings, ...]] = {}
        self._places: dict[str, Place] = {}
        self._resting: dict[str, tuple[float, Unroutable]] = {}

    def lanes(self, domains: Collection[str]) -> Mapping[str, str | Unroutable]:
        """One lane for each set of mail exchangers; what could not be reached a moment ago is left alone."""
        found: dict[str, str | Unroutable] = {}
        for domain, place in self._exchangers.places(domains).items():
            found[domain] = place if isinstance(place, Unroutable) else self._lane(place)
        return found

    def open(self, lane: str, loop: "Loop") -> "Runner":
        """Return what carries the letters of a lane."""
        return SmtpLane(lane, self, loop)

    def targets(self, lane: str) -> Sequence[SmtpSettings] | None:
        """Return where to connect, in order."""
        return self._routes.get(lane, ())

    def rest(self, lane: str, why: Unroutable, seconds: float) -> None:
        """Nobody answers there: lay nothing out for a while."""
        self._resting[lane] = (time.monotonic() + seconds, why)

    def _lane(self, place: Place) -> str | Unroutable:
        lane = f"{self.key}/{place.hosts[0].name}~{_digest(place)}"
        resting = self._resting.get(lane)
        if resting is not None:
            if time.monotonic() < resting[0]:
                return resting[1]
            del self._resting[lane]
        if self._places.get(lane) != place:
            self._places[lane] = place
            self._routes[lane] = tuple(self._sessions(place))
        return lane if self._routes[lane] else Unroutable("deferred", "4.4.4", "no address of its kind is ours")

    def _sessions(self, place: Place) -> list[SmtpSettings]:
        """Each address of each host, in order; a source address reaches its own family only."""
        family = ip_address(self.settings.source).version if self.settings.source else 0
        return [
            replace(self.settings, host=host.name, address=address, tls=host.tls, known=host.known)
            for host in in_turn(place.hosts)
            for address in host.addresses
            if not family or ip_address(address).version == family
        ]


def _digest(place: Place) -> str:
    # By name and protection, not by address: addresses come and go while the place stays the same.
    text = repr([(host.preference, host.name, host.tls, host.known) for host in sorted(place.hosts)])
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
