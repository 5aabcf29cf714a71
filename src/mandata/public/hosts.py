"""Under which names the door answers: the operator's, and the tracking hosts that controllers have proven.

    a name that is neither      404, so that nobody's link can be dressed up as somebody else's
    a controller's own host     is good for tokens of that controller's campaigns only (the door compares `owner`)
    while nothing can be told   (the database is away, and was so since the start) genuine tokens are answered, because
                                nobody is to be kept on a list; redirects need the database anyway

It also hands the answers to an ACME server's challenges (RFC 8555, 8.3). All in memory, asked for again when a name is
not there, at most once in a while. Imports no Django.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg

FRESH_SECONDS: Final = 60.0
ABSENT_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 1.0
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_HOSTS: Final = "select name, controller_id::text from delivery_claim where kind = 'host'"
_ANSWERS: Final = "select token, answer from delivery_challenge where expires_at > now()"
_PATIENCE: Final = "set local statement_timeout = '3s'"


@dataclass(frozen=True, slots=True)
class Known:
    """What was read: hosts with their controllers' ids, tokens of challenges with their answers."""

    hosts: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


class Register:
    """Reads hosts, challenges and campaigns' owners over one kept connection, as the application's role."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.Connection[Any] | None = None

    def known(self) -> Known:
        """Return the hosts and the answers. Raises psycopg.Error where the database does not answer."""
        try:
            return self._read()
        except psycopg.OperationalError:
            if self._connection is not None:  # it may have died with the server long ago: once more over a fresh one
                self._connection.close()
            return self._read()

    def _read(self) -> Known:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._conninfo, connect_timeout=3, application_name="mandata-door-hosts", prepare_threshold=None
            )
        with self._connection.transaction():
            self._connection.execute(_PATIENCE)
            hosts = self._connection.execute(_HOSTS).fetchall()
            return Known(dict(hosts), dict(self._connection.execute(_ANSWERS).fetchall()))


class Hosts:
    """The names the door answers under. Safe to share between threads."""

    def __init__(self, register: Register, own: Iterable[str] = ()) -> None:
        self._register = register
        self._own = frozenset(own) | set(LOOPBACK)
        self._known: Known | None = None
        self._read_at = -FRESH_SECONDS
        self._paused_until = 0.0
        self._lock = threading.Lock()

    def answers(self, host_header: str) -> bool:
        """Say whether the door answers under the name of a Host header."""
        host = name(host_header)
        if host in self._own:
            return True
        known = self._find(lambda known: host in known.hosts)
        return known is None or host in known.hosts

    def owner(self, host_header: str) -> str:
        """Return the id of the controller whose tracking host it is; empty for the operator's own, and for others."""
        host = name(host_header)
        known = None if host in self._own else self._find(lambda known: host in known.hosts)
        return known.hosts.get(host, "") if known else ""

    def challenge(self, token: str) -> str:
        """Return the answer to an ACME server's challenge, empty for a token that is none."""
        known = self._find(lambda known: token in known.answers)
        return known.answers.get(token, "") if known else ""

    def _find(self, there: Callable[[Known], bool]) -> Known | None:
        """Return what is known, read again where it is old or does not hold what is looked for."""
        age = time.monotonic() - self._read_at
        if self._known is None or age > FRESH_SECONDS or (age > ABSENT_SECONDS and not there(self._known)):
            self._read()
        return self._known

    def _read(self) -> None:
        with self._lock:
            now = time.monotonic()
            if now < self._paused_until or now - self._read_at <= ABSENT_SECONDS:
                return
            try:
                self._known, self._read_at = self._register.known(), time.monotonic()
            except (psycopg.Error, OSError):
                self._paused_until = time.monotonic() + PAUSE_SECONDS


def name(host_header: str) -> str:
    """Return the name of a Host header: lower case, without port and final dot."""
    host = host_header.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def own(*urls: str) -> list[str]:
    """Return the operator's names, from addresses of the settings."""
    return [found for url in urls if (found := urlsplit(url).hostname)]
