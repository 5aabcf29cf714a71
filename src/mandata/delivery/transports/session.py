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

import re
import ssl
from functools import partial
from typing import Final

from mandata.delivery.rules.outcomes import Outcome, Stage, refused, without_addresses
from mandata.delivery.transports import dane
from mandata.delivery.transports.channel import Closed
from mandata.delivery.transports.opening import (
    CLOSED,
    CONNECTING,
    DATA,
    DOT,
    HANDSHAKE,
    LEAVING,
    MAIL,
    QUIT,
    RCPT,
    READY,
    RSET,
    VOID,
    Opening,
    lost,
)
from mandata.delivery.transports.port import Letter, NotBegun
from mandata.delivery.transports.replies import Garbage

_PATH = re.compile(r"[^\x00-\x20<>\x7f]{1,255}@[^\x00-\x20<>\x7f@]{1,255}")
_STAGES: Final[dict[int, Stage]] = {MAIL: "mail", RCPT: "rcpt", DATA: "data", DOT: "content"}
_ENVELOPE = (MAIL, RCPT, DATA)
_CHUNKED = (MAIL, RCPT)


def _stuffed(content: bytes) -> bytes:
    content = content.replace(b"\r\n.", b"\r\n..")
    return b"." + content if content[:1] == b"." else content


class Session(Opening):
    """One connection. The loop calls `event`, `start`, `expire` and `leave`; everything else follows from replies."""

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
            self.lose(lost(error))
        self.deadline = now + self._patience()

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

    # -- letters ---------------------------------------------------------------------------------------------------

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
