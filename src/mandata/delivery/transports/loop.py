"""The loop that carries the letters of many lanes: one thread, one selector, any number of sessions."""

import selectors
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Protocol

from mandata.delivery.transports.opening import CLOSED
from mandata.delivery.transports.port import Desk, Unreachable, Unroutable
from mandata.delivery.transports.session import Session
from mandata.delivery.transports.ways import Way
from mandata.infra.logs import log

_BOTH: Final = selectors.EVENT_READ | selectors.EVENT_WRITE
_IDLE_WAIT: Final = 0.01
_SWEEP_EVERY: Final = 0.25
_GOODBYE: Final = 2.0
_ITS_PART: Final = 50
"""Letters after which a connection makes room, where a receiver allows fewer connections than it has lanes."""
_log = log("delivery")


class Runner(Protocol):
    """What carries the letters of one lane."""

    @property
    def way(self) -> object:
        """The road it belongs to."""

    @property
    def at_rest(self) -> bool:
        """Whether nothing is under way."""

    def hand_out(self, now: float) -> None:
        """There are letters in the lane."""

    def sweep(self, now: float) -> None:
        """Called a few times a second."""

    def leave(self, now: float) -> None:
        """Nothing comes any more."""

    def abandon(self) -> None:
        """Settle what is under way, now."""

    def forget(self, session: Session) -> None:
        """A session is closed."""


class Loop:
    """One call of `Fleet.send`. `ways` gives the roads as they are now; `alone` makes a relay that is down an error."""

    def __init__(
        self,
        ways: Callable[[], Mapping[str, Way]],
        desk: Desk,
        timer: Callable[[], float],
        *,
        most: int,
        alone: bool,
        patience: float,
    ) -> None:
        self.desk = desk
        self.timer = timer
        self.patience = patience
        self._group: Callable[[str], tuple[str, int]] = getattr(desk, "group", lambda _: ("", 0))
        self._ways = ways
        self._most = most
        self._alone = alone
        self._lanes: dict[str, Runner] = {}
        self._leaving: list[Runner] = []
        self._owners: dict[Session, Runner] = {}
        self._selector = selectors.DefaultSelector()
        self._bell, self._ring = socket.socketpair()
        self._bell.setblocking(False)
        self._ring.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, None)
        self._ringing: list[Runner] = []
        self._next_sweep = 0.0

    # -- for the lanes ---------------------------------------------------------------------------------------------

    def room(self) -> bool:
        """Return whether one more connection may be opened."""
        return len(self._owners) < self._most

    def admits(self, lane: str) -> bool:
        """Return whether a lane may open one more connection to a receiver that allows a number of them: no more than
        that over all of its lanes, and each that has letters its share."""
        group, most = self._group(lane)
        if not most:
            return True
        mates = self._mates(group)
        return sum(mates.values()) < most and mates.get(lane, 0) < max(1, -(-most // max(1, len(mates))))

    def crowds(self, lane: str, carried: int) -> bool:
        """Return whether a connection of a lane has to make room: another lane of the same receiver has letters and no
        connection, all that it allows are open, and this lane has more than its share, or no letters, or has carried
        its part."""
        group, most = self._group(lane)
        if not most:
            return False
        mates = self._mates(group)
        if sum(mates.values()) < most or 0 not in mates.values():
            return False
        share = max(1, -(-most // len(mates)))
        return mates.get(lane, 0) > share or lane not in self.desk.lanes() or carried >= _ITS_PART

    def _mates(self, group: str) -> dict[str, int]:
        """Return the lanes of a receiver that have letters or connections, and how many connections."""
        found = {name: 0 for name in self.desk.lanes() if self._group(name)[0] == group}
        for owner in self._owners.values():
            name = getattr(owner, "name", "")
            if self._group(name)[0] == group:
                found[name] = found.get(name, 0) + 1
        return found

    def join(self, session: Session, owner: Runner) -> None:
        """Listen to a session that was just opened."""
        self._owners[session] = owner
        self._selector.register(session.channel.sock, _BOTH, session)
        session.listening = (session.channel.sock, _BOTH)

    def listen(self, lane: Runner) -> None:
        """Sweep this lane whenever somebody rings."""
        self._ringing.append(lane)

    def wake(self) -> None:
        """Turn the loop once more; may be called from any thread."""
        with suppress(OSError):
            self._ring.send(b"!")

    def relay_down(self, lane: str, why: Unroutable) -> None:
        """A relay answers nobody: its letters go back. Raises Unreachable where there is no other."""
        if self._alone:
            raise Unreachable(why.diagnostic)
        _log.error("transport.unreachable", lane=lane, reason=why.diagnostic)
        self.desk.give_up(lane, why)

    def watch(self, session: Session) -> None:
        """Keep the selector in step with what the session waits for; forget it once it is closed."""
        if session.phase == CLOSED:
            self._forget(session)
            return
        events = _BOTH if session.channel.wants_write else selectors.EVENT_READ
        sock = session.channel.sock
        if session.listening == (sock, events):
            return
        if session.listening is not None:
            self._selector.unregister(session.listening[0])
        self._selector.register(sock, events, session)
        session.listening = (sock, events)

    def _forget(self, session: Session) -> None:
        owner = self._owners.pop(session, None)
        if owner is None:
            return
        if session.listening is not None:
            self._selector.unregister(session.listening[0])
            session.listening = None
        owner.forget(session)

    # -- the loop --------------------------------------------------------------------------------------------------

    def go(self) -> None:
        """Carry letters until the desk is closed and each letter taken was reported."""
        try:
            while True:
                now = self.timer()
                for name in list(self.desk.lanes()):
                    self._lane(name).hand_out(now)
                if self.desk.closed() and self._at_rest():
                    self._say_goodbye(now)
                    return
                self._wait(now)
        finally:
            for lane in [*self._lanes.values(), *self._leaving]:
                lane.abandon()
            self._selector.close()
            self._bell.close()
            self._ring.close()

    def _lane(self, name: str) -> Runner:
        """Return what carries a lane; a road that was set up anew gets a new one, and the old one takes its leave."""
        ways = self._ways()
        way = ways.get(name.partition("/")[0])
        lane = self._lanes.get(name)
        if lane is not None and (way is None or lane.way is way):
            return lane
        if way is None:
            return _Nowhere(name, self)
        if lane is not None:
            self._leaving.append(lane)
        lane = self._lanes[name] = way.open(name, self)
        return lane

    def _at_rest(self) -> bool:
        return all(lane.at_rest for lane in self._lanes.values()) and all(lane.at_rest for lane in self._leaving)

    def _wait(self, now: float) -> None:
        self.desk.idle()
        for key, mask in self._selector.select(_IDLE_WAIT):
            session: Session | None = key.data
            if session is None:
                self._answer(now)
                continue
            session.event(bool(mask & selectors.EVENT_READ), bool(mask & selectors.EVENT_WRITE), now)
            self.watch(session)
        if now >= self._next_sweep:
            self._next_sweep = now + _SWEEP_EVERY
            self._sweep(now)

    def _answer(self, now: float) -> None:
        """Somebody rang: a lane that works in threads has something to report."""
        with suppress(BlockingIOError):
            self._bell.recv(4096)
        for lane in self._ringing:
            lane.sweep(now)

    def _sweep(self, now: float) -> None:
        for lane in list(self._lanes.values()):
            lane.sweep(now)
        for lane in list(self._leaving):
            lane.sweep(now)
            lane.leave(now)
            if lane.at_rest and lane not in self._owners.values():
                self._leaving.remove(lane)

    def _say_goodbye(self, now: float) -> None:
        for lane in [*self._lanes.values(), *self._leaving]:
            lane.leave(now)
        limit = now + _GOODBYE
        while self._owners and self.timer() < limit:
            for key, _ in self._selector.select(0.1):
                if key.data is not None:
                    key.data.event(True, False, self.timer())
                    self.watch(key.data)


class _Nowhere:
    """A lane of a road that is no more: what is laid out there goes back."""

    def __init__(self, name: str, loop: Loop) -> None:
        self._name, self._loop = name, loop

    way = None
    at_rest = True

    def hand_out(self, now: float) -> None:  # noqa: ARG002 - the port's signature
        self._loop.desk.give_up(self._name, Unroutable("returned", "", "the transport was taken away"))

    def sweep(self, now: float) -> None:
        """Nothing to sweep."""

    def leave(self, now: float) -> None:
        """Nobody to leave."""

    def abandon(self) -> None:
        """Nothing to abandon."""

    def forget(self, session: Session) -> None:
        """There is no session."""
