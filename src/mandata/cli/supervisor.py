"""The processes of an installation: started in order, restarted when they die, stopped in reverse order.

One thread, no Django, no database driver: it must be the last thing that still works. A child that dies is restarted
after a pause that doubles from half a second to half a minute, and starts again at half a second once a child has lived
for a minute.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from mandata.cli.lifeline import SUPERVISOR

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
SETTLED = 60.0
TEND_EVERY = 1.0
PATIENCE = 60.0
"""Seconds that a child has to finish what it has in flight."""


@dataclass(frozen=True, slots=True)
class Service:
    """A process to keep running: its name, and the arguments after `mandata`'s own interpreter."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Child:
    service: Service
    process: "subprocess.Popen[bytes] | None" = None
    began: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0


class Supervisor:
    """Keeps services alive between `start()` and `stop()`. Signals SIGINT and SIGTERM end `watch()`.

    `say` gets one line of words for each thing that happens; `tend` is called every second or so while watching.
    """

    def __init__(
        self, services: Iterable[Service], *, say: Callable[[str], None], tend: Callable[[], None] | None = None
    ) -> None:
        self._children = [_Child(service) for service in services]
        self._say = say
        self._tend = tend
        self._tended = 0.0
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._signals = 0

    def start(self) -> None:
        """Start every service, and take over the signals."""
        signal.set_wakeup_fd(self._wake_write)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # only to be woken
        for child in self._children:
            _start(child)

    @property
    def asked_to_stop(self) -> bool:
        """Tell whether a signal has asked for the end."""
        return self._signals > 0

    def watch(self, until: Callable[[], bool] | None = None, *, every: float = 0.1) -> None:
        """Restart what dies, until a signal asks for the end, or `until()` (asked `every` so many seconds) says so."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            while not self.asked_to_stop:
                self._tend_in_time()
                self._restart_the_dead()
                if until is not None and until():
                    return
                if selector.select(self._wait(None if until is None else every)):
                    self._drain()

    def stop(self) -> None:
        """Stop the services, the last started first, giving each time to finish; a second signal hurries."""
        for child in reversed(self._children):
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
                self._await_end(child.service.name, child.process)

    def pids(self) -> dict[str, int]:
        """Return the number of each living child by its service's name."""
        return {child.service.name: child.process.pid for child in self._children if child.process is not None}

    def _await_end(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        deadline, already = time.monotonic() + PATIENCE, self._signals
        while process.poll() is None:
            if time.monotonic() > deadline or self._signals > max(already, 1):
                self._say(f"{name} does not end by itself and is killed.")
                process.kill()
                process.wait()
                return
            time.sleep(0.02)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _restart_the_dead(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.process is not None and (status := child.process.poll()) is not None:
                child.process = None
                child.pause = FIRST_PAUSE if now - child.began > SETTLED else min(child.pause * 2, LONGEST_PAUSE)
                child.due = now + child.pause
                how = f"signal {-status}" if status < 0 else f"exit code {status}"
                self._say(f"{child.service.name} ended ({how}); it is started again in {child.pause:.0f} s.")
            if child.process is None and child.due <= now:
                _start(child)

    def _tend_in_time(self) -> None:
        if self._tend is not None and time.monotonic() - self._tended >= TEND_EVERY:
            self._tend()
            self._tended = time.monotonic()

    def _wait(self, limit: float | None) -> float | None:
        now = time.monotonic()
        waits = [max(child.due - now, 0.01) for child in self._children if child.process is None]
        waits += [limit] if limit is not None else []
        waits += [TEND_EVERY] if self._tend is not None else []
        return min(waits, default=None)

    def _drain(self) -> None:
        try:
            while os.read(self._wake_read, 512):
                pass
        except BlockingIOError:
            pass


def _start(child: _Child) -> None:
    child.began = time.monotonic()
    child.process = subprocess.Popen(
        child.service.command,
        env={**os.environ, **child.service.environment, SUPERVISOR: str(os.getpid())},
        stdin=subprocess.DEVNULL,
        stdout=2,  # standard output belongs to the command that supervises
        # A session of its own: the terminal's Ctrl-C reaches the supervisor alone, which then ends all in order.
        start_new_session=True,
    )
