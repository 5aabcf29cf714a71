"""SMTP over kept connections: one loop, up to N sessions, each pipelined (RFC 5321, RFC 2920, RFC 3207, RFC 4954)."""

import selectors
import time
from collections.abc import Callable

from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.transports.channel import Channel
from mandata.delivery.transports.port import Desk, Letter, Unreachable
from mandata.delivery.transports.session import CLOSED, CONNECTING, HANDSHAKE, TALKING, Session
from mandata.delivery.transports.settings import SmtpSettings

_IDLE_WAIT = 0.01
_SWEEP_EVERY = 0.25
_MAX_PAUSE = 10.0
_OPENING = frozenset((CONNECTING, HANDSHAKE, TALKING))


class SmtpTransport:
    """Carries letters to one SMTP receiver. `timer` counts seconds and may be replaced in tests."""

    def __init__(self, settings: SmtpSettings, timer: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._timer = timer

    def send(self, desk: Desk) -> None:
        """Carry letters until the desk is closed and each letter taken was reported. Raises Unreachable."""
        _Run(self.settings, desk, self._timer).go()


class _Run:
    """One call of `send`: the sessions, the selector, and the letter that waits for a free session."""

    def __init__(self, settings: SmtpSettings, desk: Desk, timer: Callable[[], float]) -> None:
        self.settings = settings
        self.desk = desk
        self.timer = timer
        self.selector = selectors.DefaultSelector()
        self.sessions: set[Session] = set()
        self.waiting: Letter | None = None
        self.failures = 0
        self.connect_after = 0.0
        self.last_good = timer()
        self.next_sweep = 0.0
        self.trouble = ""

    # -- the desk as the sessions see it: the waiting letter goes first ---------------------------------------------

    def take(self) -> Letter | None:
        letter, self.waiting = self.waiting, None
        return letter if letter is not None else self.desk.take()

    def closed(self) -> bool:
        return self.waiting is None and self.desk.closed()

    def begin(self, key: int) -> None:
        self.desk.begin(key)

    def report(self, outcome: Outcome) -> None:
        self.desk.report(outcome)

    def idle(self) -> None:
        self.desk.idle()

    # -- the loop --------------------------------------------------------------------------------------------------

    def go(self) -> None:
        try:
            while True:
                now = self.timer()
                self._hand_out(now)
                if self.closed() and all(s.idle for s in self.sessions):
                    self._say_goodbye(now)
                    return
                self._give_up_if_hopeless(now)
                self._wait(now)
        finally:
            for session in list(self.sessions):
                session.lose("the sender stopped")
            self.selector.close()

    def _hand_out(self, now: float) -> None:
        """Give letters to idle sessions; where none is idle, open one more."""
        for session in [s for s in self.sessions if s.idle]:
            if self.settings.recycle_after and session.carried >= self.settings.recycle_after:
                session.leave(now)
                self._watch(session)
                continue
            while session.idle and (letter := self.take()) is not None:
                session.start(letter, now)
            self._watch(session)
        if not self._may_open(now):
            return
        if self.waiting is None:
            self.waiting = self.desk.take()
        if self.waiting is not None:
            self._open(now)

    def _may_open(self, now: float) -> bool:
        opening = sum(s.phase in _OPENING for s in self.sessions)
        room = len(self.sessions) < self.settings.connections and opening < 4
        return room and now >= self.connect_after

    def _open(self, now: float) -> None:
        try:
            channel = Channel.connecting(self.settings.host, self.settings.port)
        except OSError as error:
            self._failed(f"the receiver's name does not resolve: {error.strerror}", now)
            return
        session = Session(channel, self.settings, self, now)
        self.sessions.add(session)
        self.selector.register(channel.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, session)

    def _wait(self, now: float) -> None:
        self.desk.idle()
        busy = any(not s.idle for s in self.sessions)
        for key, mask in self.selector.select(_SWEEP_EVERY if busy and self.waiting is None else _IDLE_WAIT):
            session: Session = key.data
            session.event(bool(mask & selectors.EVENT_READ), bool(mask & selectors.EVENT_WRITE), now)
            self._watch(session)
        if now >= self.next_sweep:
            self.next_sweep = now + _SWEEP_EVERY
            for session in list(self.sessions):
                session.expire(now)
                self._watch(session)

    def _watch(self, session: Session) -> None:
        """Keep the selector in step with what the session waits for; forget it once it is closed."""
        if session.phase == CLOSED:
            self._forget(session)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if session.channel.wants_write else 0)
        sock = session.channel.sock
        key = self.selector.get_map().get(sock.fileno())
        if key is None or key.fileobj is not sock or key.events != events:
            if key is not None:
                self.selector.unregister(key.fileobj)
            self.selector.register(sock, events, session)

    def _forget(self, session: Session) -> None:
        if session not in self.sessions:
            return
        self.sessions.discard(session)
        for key in list(self.selector.get_map().values()):
            if key.data is session:
                self.selector.unregister(key.fileobj)
        now = self.timer()
        if session.carried:
            self.failures = 0
            self.last_good = now
        else:
            self._failed(session.trouble, now)

    def _failed(self, trouble: str, now: float) -> None:
        self.trouble = trouble
        self.failures += 1
        self.connect_after = now + min(0.05 * 2**self.failures, _MAX_PAUSE)

    def _give_up_if_hopeless(self, now: float) -> None:
        """Nobody answers, or every connection breaks before one letter is through: give back and say so."""
        if any(s.carried for s in self.sessions):
            self.failures = 0
        if self.failures == 0:
            self.last_good = now
            return
        still_trying = any(s.phase not in _OPENING for s in self.sessions)
        if still_trying or now - self.last_good < self.settings.patience:
            return
        if self.waiting is not None:
            self.desk.report(Outcome(self.waiting.key, "returned", 0, "", self.trouble))
            self.waiting = None
        raise Unreachable(self.trouble)

    def _say_goodbye(self, now: float) -> None:
        for session in list(self.sessions):
            session.leave(now)
            self._watch(session)
        limit = now + 2.0
        while self.sessions and self.timer() < limit:
            for key, _ in self.selector.select(0.1):
                session = key.data
                session.event(True, False, self.timer())
                self._watch(session)
