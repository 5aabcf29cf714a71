"""An SMTP connection until letters can be taken: greeting, EHLO, TLS, log-in; and how it ends.

`Session` is made of this and of what it does with letters.
"""

import base64
import re
import socket
import ssl
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from mandata.delivery.rules.outcomes import Outcome, enhanced_status, without_addresses
from mandata.delivery.transports import dane
from mandata.delivery.transports.channel import Channel
from mandata.delivery.transports.port import Letter
from mandata.delivery.transports.replies import Garbage, Replies
from mandata.delivery.transports.settings import SmtpSettings

GREETING, EHLO, HELO, STARTTLS, AUTH, MAIL, RCPT, DATA, DOT, VOID, RSET, QUIT = range(12)
CONNECTING, HANDSHAKE, TALKING, READY, LEAVING, CLOSED = range(6)
OPENING: Final = frozenset((CONNECTING, HANDSHAKE, TALKING))

_SIZE = re.compile(r"SIZE ([0-9]{1,20})")


def lost(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the receiver is not who it says: {error.verify_message}"
    return f"connection lost: {error.strerror or error.__class__.__name__}"


class Feed(Protocol):
    """Where a session gets its letters and tells what became of them: a desk, seen from one lane."""

    def take(self) -> Letter | None:
        """Return the next letter, or None while nothing is at hand."""

    def begin(self, key: int) -> None:
        """The content of this letter leaves next. Raises NotBegun."""

    def report(self, outcome: Outcome) -> None:
        """One letter's end."""


class Opening:
    """One connection from the first byte to the last; what letters need of it stands in `Session`."""

    def __init__(self, channel: Channel, settings: SmtpSettings, desk: Feed, now: float) -> None:
        self.channel = channel
        self.settings = settings
        self.desk = desk
        self.phase = CONNECTING
        self.deadline = now + settings.connect_timeout
        self.carried = 0
        self.trouble = ""
        self.code = 0  # of the reply that refused the connection, with its finer status
        self.enhanced = ""
        self.parted = False  # we said goodbye
        self.distrusted = False  # the protection that was demanded could not be had
        self.plain_next = False  # STARTTLS failed where it was only wanted
        self._replies = Replies()
        self._expected: deque[int] = deque()
        self._todo: deque[tuple[int, bytes]] = deque()
        self._letter: Letter | None = None
        self._upcoming: Letter | None = None
        self._fault: Outcome | None = None
        self._behind_dot = 0
        self._offers: frozenset[str] = frozenset()
        self._pipelining = False
        self._chunking = False
        self._quiet: tuple[int, ...] = ()  # what is asked where 250 changes nothing
        self._behind = 0  # replies that arrived together with the one in hand, behind it
        self._most = 0
        self._auth: deque[bytes] = deque()
        self._secured = False
        self.listening: tuple[socket.socket, int] | None = None  # on what and for what the loop listens

    def _patience(self) -> float:
        if self.phase in OPENING:
            return min(self.settings.opening_timeout, self.settings.reply_timeout)
        waits_for_dot = bool(self._expected) and self._expected[0] == DOT
        return self.settings.content_timeout if waits_for_dot else self.settings.reply_timeout

    def lose(self, why: str) -> None:
        """The connection is gone: settle what was under way."""
        if self.phase == CLOSED:
            return
        self.parted = self.phase == LEAVING
        self.phase = CLOSED
        self.trouble = self.trouble or why
        letter, upcoming, fault = self._letter, self._upcoming, self._fault
        self._letter = self._upcoming = self._fault = None
        dot_left = self.channel.left <= self._behind_dot
        self.channel.close()
        if letter is not None:
            self.desk.report(Outcome(letter.key, "unknown" if dot_left else "deferred", 0, "", why, "content"))
        if upcoming is not None:
            self.desk.report(fault or Outcome(upcoming.key, "returned", 0, "", why))

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (OSError, ssl.SSLError) as error:
            self.lose(lost(error))

    def _command(self, kind: int, line: bytes) -> None:
        self._expected.append(kind)
        self.channel.write(line)

    # -- opening ---------------------------------------------------------------------------------------------------

    def _connected(self) -> None:
        self.channel.check_connected()
        if self.settings.tls == "implicit":
            self._secure()
        else:
            self.phase = TALKING
            self._expected.append(GREETING)

    def _secure(self) -> None:
        if self._replies.unread:
            # What came in the clear behind the answer to STARTTLS would pass for what comes under TLS.
            raise Garbage("words in the clear behind the answer to STARTTLS")
        self._secured = True
        self.phase = HANDSHAKE
        self.channel.start_tls(self.settings.context(), self.settings.host)
        self._handshake()

    def _handshake(self) -> None:
        self.plain_next = self.settings.tls == "may"
        if not self.channel.handshake():
            return
        self.plain_next = False
        if self.settings.tls == "dane":
            dane.check(self.settings.known, self.channel.chain(), self.settings.host)
        self.phase = TALKING
        if self.settings.tls == "implicit":
            self._expected.append(GREETING)
        else:
            self._hello()

    def _hello(self) -> None:
        self._command(EHLO, f"EHLO {self.settings.helo}\r\n".encode("ascii"))

    def _opening(self, kind: int, code: int, text: bytes) -> None:
        """Handle replies up to the point where letters can be taken."""
        good = 200 <= code <= 299
        if kind == GREETING and good:
            self._hello()
        elif kind == EHLO and good:
            self._hear_offers(text)
        elif kind == EHLO and 500 <= code <= 599:
            self._command(HELO, f"HELO {self.settings.helo}\r\n".encode("ascii"))
        elif kind == HELO and good and not (self.settings.demands_tls and not self._secured):
            self._authenticate()
        elif kind == STARTTLS and good:
            self._secure()
        elif kind == STARTTLS and not self.settings.demands_tls and code != 421:
            self._secured = True  # it was offered and is refused: go on in the clear, as where it is not offered
            self._authenticate()
        elif kind == AUTH and (good or code == 334):
            self._authenticate_on(code)
        else:
            said = without_addresses(text.decode("utf-8", "replace"))
            self.code, self.enhanced = code, enhanced_status(text)
            self.lose(f"the receiver refused the connection: {code} {said}")

    def _hear_offers(self, text: bytes) -> None:
        offers = [line.decode("ascii", "replace").upper().strip() for line in text.split(b"\n")[1:]]
        self._offers = frozenset(offers)
        words = {offer.split(" ")[0] for offer in offers}
        self._most = max((int(found[1]) for offer in offers if (found := _SIZE.fullmatch(offer))), default=0)
        self._pipelining = "PIPELINING" in words and self.settings.pipelining
        self._chunking = "CHUNKING" in words and self._pipelining and self.settings.chunking
        if self._pipelining:
            self._quiet = (MAIL,) if self._chunking else (MAIL, RCPT)
        if self.settings.wants_tls and not self._secured:
            if "STARTTLS" in words:
                self._command(STARTTLS, b"STARTTLS\r\n")
                return
            if self.settings.demands_tls:
                self.distrusted = True
                self.lose("the receiver offers no STARTTLS, which the settings demand")
                return
        self._authenticate()

    def _authenticate(self) -> None:
        if not self.settings.user:
            self.phase = READY
            return
        user, password = self.settings.user.encode(), self.settings.password.encode()
        methods = next((offer.split(" ")[1:] for offer in self._offers if offer.startswith("AUTH ")), [])
        if "PLAIN" in methods:
            response = base64.b64encode(b"\0" + user + b"\0" + password)
            self._command(AUTH, b"AUTH PLAIN " + response + b"\r\n")
        elif "LOGIN" in methods:
            self._auth.extend(base64.b64encode(word) + b"\r\n" for word in (user, password))
            self._command(AUTH, b"AUTH LOGIN\r\n")
        else:
            self.lose("the receiver offers neither AUTH PLAIN nor AUTH LOGIN, and the settings name a user")

    def _authenticate_on(self, code: int) -> None:
        if code != 334:
            self.phase = READY
        elif self._auth:
            self._command(AUTH, self._auth.popleft())
        else:
            self.lose("the receiver asks for more than user and password")
