"""The SMTP sessions of one lane: which host is tried next, how many connections are kept, when the lane gives up.

A relay that answers nobody is waited for as long as its patience says, then its letters go back to the queue
uncounted: another transport may take them. A domain whose hosts all fail has been tried: its letters are deferred.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from mandata.delivery.transports.channel import Channel
from mandata.delivery.transports.opening import CLOSED, OPENING, READY
from mandata.delivery.transports.port import Letter, Unroutable
from mandata.delivery.transports.session import Session
from mandata.delivery.transports.settings import SmtpSettings

if TYPE_CHECKING:
    from mandata.delivery.transports.loop import Loop

_MAX_PAUSE: Final = 10.0
_AVOIDED_FOR: Final = 60.0
_MOST_AVOIDED: Final = 1800.0
_PLAIN_FOR: Final = 300.0
_RESTS: Final = 60.0
_KEPT_IDLE: Final = 10.0
_LIMITED_FOR: Final = 60.0


class SmtpWay(Protocol):
    """What a lane asks of its road."""

    relay: bool
    connections: int
    down_until: float
    downs: int
    trouble: str

    def targets(self, lane: str) -> Sequence[SmtpSettings] | None:
        """Return where to connect, in order; None while that is looked up."""

    def rest(self, lane: str, why: Unroutable, seconds: float) -> None:
        """Nobody answers there: lay nothing out for a while."""


class SmtpLane:
    """See the module. To its sessions it is the desk."""

    def __init__(self, name: str, way: SmtpWay, loop: "Loop") -> None:
        self.name = name
        self.way = way
        self.sessions: set[Session] = set()
        self._loop = loop
        self._failures = 0
        self._connect_after = 0.0
        self._last_good = loop.timer()
        self._trouble = Unroutable("deferred", "4.4.1", "no connection yet")
        self._avoided: dict[str, tuple[float, int]] = {}
        self._plain: dict[str, float] = {}
        self._limit = (0.0, 0)
        self._empty_since: dict[Session, float] = {}
        self.begin = loop.desk.begin
        self.report = loop.desk.report

    def take(self) -> Letter | None:
        """Return the next letter of the lane."""
        return self._loop.desk.take(self.name)

    @property
    def at_rest(self) -> bool:
        """Whether nothing is under way."""
        return all(session.idle for session in self.sessions)

    # -- the loop's calls ------------------------------------------------------------------------------------------

    def hand_out(self, now: float) -> None:
        """There are letters: give them to idle sessions; where none is idle, open one more."""
        given = False
        for session in [one for one in self.sessions if one.idle]:
            recycle = session.settings.recycle_after
            if (recycle and session.carried >= recycle) or self._loop.crowds(self.name, session.carried):
                session.leave(now)
                self._loop.watch(session)
                continue
            letter = self.take()
            if letter is None:
                return
            while letter is not None:
                session.start(letter, now)
                letter = self.take() if session.idle else None
            given = True
            self._loop.watch(session)
        # Whether that was the last letter shows in the next turn; no connection is opened for nothing.
        if not given and self._may_open(now):
            self._open(now)
        self._give_up_if_hopeless(now)

    def sweep(self, now: float) -> None:
        """Break connections whose answer is overdue; say goodbye on those that a domain needs no more."""
        for session in list(self.sessions):
            session.expire(now)
            if session.idle and not self.way.relay:
                since = self._empty_since.setdefault(session, now)
                if now - since > _KEPT_IDLE or self._loop.crowds(self.name, session.carried):
                    session.leave(now)
            else:
                self._empty_since.pop(session, None)
            self._loop.watch(session)

    def leave(self, now: float) -> None:
        """Say goodbye on every idle connection."""
        for session in list(self.sessions):
            session.leave(now)
            self._loop.watch(session)

    def abandon(self) -> None:
        """Drop every connection and settle what was under way."""
        for session in list(self.sessions):
            session.lose("the sender stopped")

    def forget(self, session: Session) -> None:
        """A session of ours is closed."""
        self.sessions.discard(session)
        self._empty_since.pop(session, None)
        now = self._loop.timer()
        if session.carried:
            self._good(session.settings, now)
        elif session.parted:
            return
        elif session.plain_next:
            self._plain[_place(session.settings)] = now + _PLAIN_FOR
        else:
            self._failed(session, now)

    # -- opening ---------------------------------------------------------------------------------------------------

    def _may_open(self, now: float) -> bool:
        if now < self._connect_after or not self._loop.room() or not self._loop.admits(self.name):
            return False
        opening = sum(session.phase in OPENING for session in self.sessions)
        if opening >= (4 if self.way.relay else max(1, len(self.sessions) - opening)):
            return False
        wanted = self.way.connections
        until, limit = self._limit
        return len(self.sessions) < (min(wanted, limit) if now < until else wanted)

    def _open(self, now: float) -> None:
        targets = self.way.targets(self.name)
        if targets is None:
            return
        target = self._next(targets, now)
        if target is None:
            if not targets:
                self._trouble = self._trouble._replace(diagnostic=self.way.trouble or "nowhere to connect")
                self._count_failure(now)
            return
        try:
            channel = Channel.connecting(target.address or target.host, target.port, target.source)
        except OSError as error:
            self._note(target, f"no connection: {error.strerror or error}", now)
            return
        session = Session(channel, target, self, now)
        self.sessions.add(session)
        self._loop.join(session, self)

    def _next(self, targets: Sequence[SmtpSettings], now: float) -> SmtpSettings | None:
        """Return the first host that did not fail a moment ago; of a relay, the one that failed longest ago."""
        free = [one for one in targets if self._avoided.get(_place(one), (0.0, 0))[0] <= now]
        if not free and self.way.relay and targets:
            free = [min(targets, key=lambda one: self._avoided[_place(one)][0])]
        if not free:
            return None
        return replace(free[0], tls="never") if self._plain.get(_place(free[0]), 0.0) > now else free[0]

    # -- trouble ---------------------------------------------------------------------------------------------------

    def _good(self, target: SmtpSettings, now: float) -> None:
        self._avoided.pop(_place(target), None)
        self._failures = 0
        self._last_good = now

    def _failed(self, session: Session, now: float) -> None:
        place = _place(session.settings)
        others = sum(one.phase == READY and _place(one.settings) == place for one in self.sessions)
        enhanced = "4.7.5" if session.distrusted else session.enhanced.replace("5.", "4.", 1)
        self._trouble = Unroutable("deferred", enhanced or "4.4.1", session.trouble, session.code)
        if others and not self.way.relay:
            # It serves some of our connections and refuses more: that is a limit, no failure.
            self._limit = (now + _LIMITED_FOR, others)
            return
        self._avoid(place, now)

    def _note(self, target: SmtpSettings, trouble: str, now: float) -> None:
        self._trouble = Unroutable("deferred", "4.4.1", trouble)
        self._avoid(_place(target), now)

    def _avoid(self, place: str, now: float) -> None:
        times = self._avoided.get(place, (0.0, 0))[1]
        self._avoided[place] = (now + min(_AVOIDED_FOR * 2**times, _MOST_AVOIDED), times + 1)
        self._count_failure(now)

    def _count_failure(self, now: float) -> None:
        self._failures += 1
        if self.way.relay:
            self._connect_after = now + min(0.05 * 2**self._failures, _MAX_PAUSE)

    def _give_up_if_hopeless(self, now: float) -> None:
        """Nobody answers, or every connection breaks before one letter is through."""
        if any(session.carried for session in self.sessions):
            self._failures = 0
        if self._failures == 0:
            self._last_good = now
            return
        if any(session.phase != CLOSED for session in self.sessions if session.phase not in OPENING):
            return
        if self.way.relay:
            self._give_up_relay(now)
            return
        targets = self.way.targets(self.name) or ()
        if not self.sessions and self._next(targets, now) is None:
            self.way.rest(self.name, self._trouble, _RESTS)
            self._failures = 0
            self._loop.desk.give_up(self.name, self._trouble)

    def _give_up_relay(self, now: float) -> None:
        patience = self._patience()
        if now - self._last_good < patience:
            return
        self.way.downs += 1
        self.way.down_until = now + min(2.0 * 2**self.way.downs, _RESTS)
        self._last_good, self._failures = now, 0
        self._loop.relay_down(self.name, self._trouble._replace(fate="returned", enhanced=""))

    def _patience(self) -> float:
        targets = self.way.targets(self.name) or ()
        return targets[0].patience if targets else self._loop.patience


def _place(target: SmtpSettings) -> str:
    return f"{target.address or target.host}:{target.port}"
