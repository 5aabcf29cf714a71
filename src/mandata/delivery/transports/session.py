"""One SMTP connection as a state machine: greeting, EHLO, TLS, log-in, then one letter after another.

With PIPELINING (RFC 2920) the envelope of the next letter leaves right behind the final dot of the present one, so a
letter costs one round trip:

    us    content of k, ".", MAIL k+1, RCPT k+1, DATA          (one write)
    them  reply to ".", replies to MAIL, RCPT and DATA of k+1  (one read)

Where CHUNKING is offered too (RFC 3030), BDAT takes the place of DATA: no dots to double, no answer to wait for between
envelope and content, and nothing to take back from a receiver that would take a message for nobody.

Two letters may be under way: `letter`, whose content leaves or has left, and `upcoming`, whose envelope has left. When
the connection breaks, `letter` is unknown if its final dot was handed to the system and deferred if it was not;
`upcoming` goes back: of its content nothing has left.
"""

import base64
import re
import socket
import ssl
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from mandata.delivery.rules.outcomes import Outcome, Stage, enhanced_status, refused, without_addresses
from mandata.delivery.transports import dane
from mandata.delivery.transports.channel import Channel, Closed
from mandata.delivery.transports.port import Letter, NotBegun
from mandata.delivery.transports.replies import Garbage, Replies
from mandata.delivery.transports.settings import SmtpSettings

GREETING, EHLO, HELO, STARTTLS, AUTH, MAIL, RCPT, DATA, DOT, VOID, RSET, QUIT = range(12)
CONNECTING, HANDSHAKE, TALKING, READY, LEAVING, CLOSED = range(6)
OPENING: Final = frozenset((CONNECTING, HANDSHAKE, TALKING))

_PATH = re.compile(r"[^\x00-\x20<>\x7f]{1,255}@[^\x00-\x20<>\x7f@]{1,255}")
_SIZE = re.compile(r"SIZE ([0-9]{1,20})")
_STAGES: Final[dict[int, Stage]] = {MAIL: "mail", RCPT: "rcpt", DATA: "data", DOT: "content"}
_ENVELOPE = (MAIL, RCPT, DATA)
_CHUNKED = (MAIL, RCPT)


def _lost(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the receiver is not who it says: {error.verify_message}"
    return f"connection lost: {error.strerror or error.__class__.__name__}"


def _stuffed(content: bytes) -> bytes:
    content = content.replace(b"\r\n.", b"\r\n..")
    return b"." + content if content[:1] == b"." else content


class Feed(Protocol):
    """Where a session gets its letters and tells what became of them: a desk, seen from one lane."""

    def take(self) -> Letter | None:
        """Return the next letter, or None while nothing is at hand."""

    def begin(self, key: int) -> None:
        """The content of this letter leaves next. Raises NotBegun."""

    def report(self, outcome: Outcome) -> None:
        """One letter's end."""


class Session:
    """One connection. The loop calls `event`, `start`, `expire` and `leave`; everything else follows from replies."""

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

    @property
    def idle(self) -> bool:
        """Whether a letter could be given to this connection."""
        return self.phase == READY and self._letter is None and self._upcoming is None and not self._expected

    def event(self, readable: bool, writable: bool, now: float) -> None:
        """The socket can be read or written."""
        try:
            if self.phase == CONNECTING:
                self._connected()
            elif self.phase == HANDSHAKE:
                self._handshake()
            else:
                if writable and self.channel.left:
                    self.channel.flush()
                if readable:
                    self._read()
        except Closed:
            self.lose("the receiver closed the connection")
        except Garbage as error:
            self.lose(f"the receiver broke the protocol: {error}")
        except NotBegun as error:
            self.lose(str(error))
        except dane.Unknown as error:
            self.distrusted = True
            self.lose(f"the receiver is not who it says: {error}")
        except (OSError, ssl.SSLError) as error:
            self.distrusted = isinstance(error, ssl.SSLCertVerificationError)
            self.lose(_lost(error))
        self.deadline = now + self._patience()

    def _patience(self) -> float:
        if self.phase in OPENING:
            return min(self.settings.opening_timeout, self.settings.reply_timeout)
        waits_for_dot = bool(self._expected) and self._expected[0] == DOT
        return self.settings.content_timeout if waits_for_dot else self.settings.reply_timeout

    def start(self, letter: Letter, now: float) -> None:
        """Take a letter on an idle connection."""
        self.deadline = now + self.settings.reply_timeout
        problem = self._unsendable(letter)
        if problem is not None:
            self.desk.report(problem)
            return
        self._upcoming = letter
        self._guarded(self._propose)

    def expire(self, now: float) -> None:
        """Break the connection if an answer is overdue."""
        if now > self.deadline and not self.idle and self.phase != CLOSED:
            self.lose("the receiver did not answer in time")

    def leave(self, now: float) -> None:
        """Say goodbye on an idle connection."""
        if self.phase == READY:
            self.phase = LEAVING
            self.deadline = now + 2.0
            self._guarded(partial(self._command, QUIT, b"QUIT\r\n"))

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
            self.lose(_lost(error))

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

    # -- letters ---------------------------------------------------------------------------------------------------

    def _command(self, kind: int, line: bytes) -> None:
        self._expected.append(kind)
        self.channel.write(line)

    def _unsendable(self, letter: Letter) -> Outcome | None:
        """Return the failure of a letter that no server may be shown, or None."""
        if not (_PATH.fullmatch(letter.recipient) and _PATH.fullmatch(letter.sender)):
            return Outcome(letter.key, "failed", 0, "5.1.3", "the address cannot stand in an SMTP command", "rcpt")
        if not (letter.recipient.isascii() and letter.sender.isascii()) and "SMTPUTF8" not in self._offers:
            return Outcome(letter.key, "failed", 0, "5.6.7", "no internationalised addresses are taken", "rcpt")
        if not (letter.plain or letter.content.isascii()) and "8BITMIME" not in self._offers:
            return Outcome(letter.key, "failed", 0, "5.6.3", "the receiver takes no 8-bit content", "content")
        if 0 < self._most < len(letter.content):  # RFC 1870
            return Outcome(letter.key, "failed", 0, "5.3.4", "the receiver takes no letter as large as this", "content")
        return None

    def _lines(self, letter: Letter) -> tuple[str, str]:
        options = "" if letter.plain or letter.content.isascii() else " BODY=8BITMIME"
        if not (letter.recipient.isascii() and letter.sender.isascii()):
            options += " SMTPUTF8"
        return f"MAIL FROM:<{letter.sender}>{options}\r\n", f"RCPT TO:<{letter.recipient}>\r\n"

    def _next(self) -> Letter | None:
        """Take the next letter that can be sent; what cannot be is reported."""
        if self.settings.recycle_after and self.carried + 1 >= self.settings.recycle_after:
            return None
        while (letter := self.desk.take()) is not None:
            problem = self._unsendable(letter)
            if problem is None:
                return letter
            self.desk.report(problem)
        return None

    def _propose(self) -> None:
        """Send the envelope of `upcoming` on a connection with nothing before it."""
        assert self._upcoming is not None
        mail, rcpt = self._lines(self._upcoming)
        if self._chunking:
            self._expected.extend(_CHUNKED)
            self.channel.write((mail + rcpt).encode())
            return
        if self._pipelining:
            self._expected.extend(_ENVELOPE)
            self.channel.write((mail + rcpt + "DATA\r\n").encode())
            return
        self._todo.extend(((RCPT, rcpt.encode()), (DATA, b"DATA\r\n")))
        self._command(MAIL, mail.encode())

    def _content(self) -> None:
        """The receiver is ready: send the content, and behind it the next envelope."""
        letter = self._upcoming
        assert letter is not None
        if self._behind or self._replies.unread or self._replies.broken:
            # It would pass for the answer to a letter that has not even left.
            raise Garbage("a reply before the letter")
        following = self._next() if self._pipelining else None
        try:
            self.desk.begin(letter.key)
        except NotBegun as error:
            if following is not None:
                self.desk.report(Outcome(following.key, "returned", 0, "", str(error)))
            raise
        self._upcoming = following
        self._letter = letter
        behind = b""
        self._expected.append(DOT)
        if following is not None and self._chunking:
            behind = "".join(self._lines(following)).encode()
            self._expected.extend(_CHUNKED)
        elif following is not None:
            behind = "".join((*self._lines(following), "DATA\r\n")).encode()
            self._expected.extend(_ENVELOPE)
        self._behind_dot = len(behind)
        if self._chunking:
            content = letter.content if letter.content.endswith(b"\r\n") else letter.content + b"\r\n"
            self.channel.write(b"BDAT %d LAST\r\n" % len(content), content, behind)
            return
        content = letter.content if letter.plain else _stuffed(letter.content)
        end = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
        self.channel.write(content, end + behind)

    def _read(self) -> None:
        replies = self._replies.feed(self.channel.read())
        self._behind = len(replies)
        for code, text in replies:
            self._behind -= 1
            if self.phase == CLOSED:
                return
            if not self._expected:
                if code == 421:
                    self.lose(f"the receiver closes: {without_addresses(text.decode('utf-8', 'replace'))}")
                    return
                raise Garbage("a reply to nothing")
            kind = self._expected.popleft()
            if code == 250 and kind in self._quiet:
                continue
            self._reply(kind, code, text)
        if self._replies.broken:
            raise Garbage(self._replies.broken)

    def _reply(self, kind: int, code: int, text: bytes) -> None:
        if kind == DATA:
            self._data_reply(code, text)
        elif kind == DOT:
            self._dot_reply(code, text)
        elif kind in (MAIL, RCPT):
            self._envelope_reply(kind, code, text)
        elif kind == QUIT:
            self.lose("said goodbye")
        elif kind == RSET:
            if code != 250:
                self.lose(f"the receiver refused RSET: {code}")
        elif kind != VOID:
            self._opening(kind, code, text)
        if code == 421:
            self.lose(f"the receiver closes: 421 {without_addresses(text.decode('utf-8', 'replace'))}")

    def _envelope_reply(self, kind: int, code: int, text: bytes) -> None:
        assert self._upcoming is not None
        if not 200 <= code <= 299:
            if self._fault is None:
                self._fault = self._refusal(self._upcoming, kind, code, text)
            if self._todo:
                self._todo.clear()
                self._give_up()
        elif self._todo:
            self._command(*self._todo.popleft())
        if kind == RCPT and self._chunking:
            if self._fault is None:
                self._content()
            else:
                self._give_up(closing=code == 421)

    def _refusal(self, letter: Letter, kind: int, code: int, text: bytes) -> Outcome:
        if 300 <= code <= 399:
            raise Garbage("a reply of the wrong kind")
        return refused(letter.key, code, text, letter.recipient, _STAGES[kind])

    def _data_reply(self, code: int, text: bytes) -> None:
        assert self._upcoming is not None
        if code == 354:
            if self._fault is None:
                self._content()
                return
            # The receiver would take a message for nobody: RFC 2920 section 3.1 has us end it at once.
            self._command(VOID, b".\r\n")
        elif code <= 399:
            raise Garbage("a reply of the wrong kind")
        elif self._fault is None:
            self._fault = self._refusal(self._upcoming, DATA, code, text)
        self._give_up(closing=code == 421)

    def _give_up(self, *, closing: bool = False) -> None:
        """Report the refused letter and go on with the next, behind a RSET that ends the transaction."""
        fault, self._fault, self._upcoming = self._fault, None, None
        assert fault is not None
        self.desk.report(fault)
        self.carried += 1
        if closing or fault.code == 421:
            return
        self._command(RSET, b"RSET\r\n")
        if self._pipelining:
            self._upcoming = self._next()
            if self._upcoming is not None:
                self._propose()

    def _dot_reply(self, code: int, text: bytes) -> None:
        letter = self._letter
        assert letter is not None
        if 300 <= code <= 399:
            raise Garbage("a reply of the wrong kind")
        self._letter = None
        self.carried += 1
        if code <= 299:
            self.desk.report(Outcome(letter.key, "sent", code, "", "", "content"))
        else:
            self.desk.report(refused(letter.key, code, text, letter.recipient, "content"))
