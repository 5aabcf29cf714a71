"""The catcher's SMTP side: pipelining, 8-bit and internationalised addresses, and no opinion on anything else."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final

from mandata.delivery.catcher.script import Line, verdict

SIZE_LIMIT: Final = 64 * 1024 * 1024
_END = b"\r\n.\r\n"
_ADDRESS = re.compile(rb"^(?:MAIL FROM|RCPT TO):\s*<([^>]*)>", re.IGNORECASE)
_OFFERS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", f"SIZE {SIZE_LIMIT}")

Keep = Callable[[str, str, bytes, Line | None], None]


class Attempts:
    """How often an address was tried, for lines that refuse the first attempts only; remembers the latest 100,000."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, int] = OrderedDict()

    def count(self, address: str) -> int:
        """Return how often the address was tried, this time included."""
        seen = self._seen.pop(address, 0) + 1
        self._seen[address] = seen
        if len(self._seen) > 100_000:
            self._seen.popitem(last=False)
        return seen


class Conversation(asyncio.Protocol):
    """One SMTP connection."""

    def __init__(self, host: str, script: Callable[[], tuple[Line, ...]], attempts: Attempts, keep: Keep) -> None:
        self._host = host
        self._script = script
        self._attempts = attempts
        self._keep = keep
        self._buffer = bytearray()
        self._scanned = 0
        self._in_content = False
        self._answers: list[str] = []
        self._reset()

    def _reset(self) -> None:
        self._sender: str | None = None
        self._recipients: list[tuple[str, Line | None]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(f"220 {self._host} ESMTP Mandata catcher\r\n".encode())

    def data_received(self, data: bytes) -> None:
        """Take bytes, act on every complete command or content in them, answer once."""
        self._buffer += data
        while self._content() if self._in_content else self._command():
            pass
        if self._answers:
            self._transport.write("".join(f"{answer}\r\n" for answer in self._answers).encode())
            self._answers.clear()

    def _command(self) -> bool:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > 8192:
                self._answers.append("500 5.5.2 Line too long")
                self._transport.close()
            return False
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        self._act(line[:4].upper(), line)
        return True

    def _act(self, verb: bytes, line: bytes) -> None:
        if verb == b"MAIL":
            self._mail(line)
        elif verb == b"RCPT":
            self._rcpt(line)
        elif verb == b"DATA":
            self._data()
        elif verb == b"EHLO":
            self._reset()
            lines = [self._host, *_OFFERS]
            self._answers += [f"250-{text}" for text in lines[:-1]] + [f"250 {lines[-1]}"]
        elif verb in (b"HELO", b"RSET", b"NOOP"):
            self._reset()
            self._answers.append("250 2.0.0 Ok")
        elif verb == b"QUIT":
            self._transport.write("".join(f"{text}\r\n" for text in (*self._answers, "221 2.0.0 Bye")).encode())
            self._answers.clear()
            self._transport.close()
        else:
            self._answers.append("502 5.5.2 Command not recognised")

    def _mail(self, line: bytes) -> None:
        found = _ADDRESS.match(line)
        if found is None or self._sender is not None:
            self._answers.append("503 5.5.1 MAIL FROM:<address> is expected once")
            return
        self._sender = found.group(1).decode("utf-8", "replace")
        self._answers.append("250 2.1.0 Ok")

    def _rcpt(self, line: bytes) -> None:
        found = _ADDRESS.match(line)
        if found is None or self._sender is None:
            self._answers.append("503 5.5.1 RCPT TO:<address> is expected after MAIL")
            return
        address = found.group(1).decode("utf-8", "replace")
        decided = verdict(self._script(), address)
        if decided is not None and decided.stage == "rcpt" and self._refuses(decided, address):
            self._answers.append(decided.reply)
            return
        self._recipients.append((address, decided))
        self._answers.append("250 2.1.5 Ok")

    def _refuses(self, line: Line, address: str) -> bool:
        return line.times == 0 or self._attempts.count(address) <= line.times

    def _data(self) -> None:
        if not self._recipients:
            self._answers.append("554 5.5.1 No valid recipients")
            return
        self._answers.append("354 End data with <CR><LF>.<CR><LF>")
        self._in_content = True
        self._scanned = 0
        # The end may stand right at the beginning: an empty content is a lone dot.
        self._buffer[:0] = b"\r\n"

    def _content(self) -> bool:
        end = self._buffer.find(_END, max(0, self._scanned - len(_END)))
        if end < 0:
            self._scanned = len(self._buffer)
            if self._scanned > SIZE_LIMIT:
                self._answers.append("552 5.3.4 Message too big")
                self._transport.close()
            return False
        content = bytes(self._buffer[: end + 2])
        del self._buffer[: end + len(_END)]
        self._in_content = False
        self._finish(content.replace(b"\r\n..", b"\r\n.")[2:])
        return True

    def _finish(self, content: bytes) -> None:
        refused = next((line for _, line in self._recipients if line is not None and line.stage == "content"), None)
        if refused is not None:
            self._answers.append(refused.reply)
        else:
            try:
                for address, line in self._recipients:
                    self._keep(self._sender or "", address, content, line)
                self._answers.append("250 2.0.0 Ok: caught")
            except OSError:
                self._answers.append("452 4.3.1 The catcher's disk is full")
        self._reset()


async def serve(
    host: str,
    port: int,
    *,
    name: str,
    script: Callable[[], tuple[Line, ...]],
    keep: Callable[[str, str, bytes, Line | None, datetime], None],
    clock: Callable[[], datetime],
) -> asyncio.Server:
    """Listen and return the server; port 0 takes a free one."""
    attempts = Attempts()

    def kept(sender: str, recipient: str, content: bytes, line: Line | None) -> None:
        keep(sender, recipient, content, line, clock())

    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Conversation(name, script, attempts, kept), host, port, backlog=512)
