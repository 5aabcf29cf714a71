"""Cuts the bytes that a server sends into SMTP replies (RFC 5321 section 4.2), however they arrive."""

from typing import Final

LINE_LIMIT: Final = 8192
LINES_LIMIT: Final = 200
_CODES: Final = {b"%d" % code: code for code in range(200, 600)}


class Garbage(Exception):
    """What arrived is no SMTP reply; the connection cannot be trusted any more."""


class Replies:
    """Collects bytes; gives complete replies as (code, text), the lines of a long reply joined by newlines."""

    __slots__ = ("_lines", "_rest", "broken")

    def __init__(self) -> None:
        self.broken = ""
        self._rest = b""
        self._lines: list[bytes] = []

    @property
    def unread(self) -> bool:
        """Whether the beginning of a reply is kept whose end has not arrived."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take bytes and return the replies completed by them, up to where what arrived is `broken`."""
        found: list[tuple[int, bytes]] = []
        try:
            self._cut(data, found)
        except Garbage as error:
            self.broken = str(error)  # what was answered before still holds
        return found

    def _cut(self, data: bytes, found: list[tuple[int, bytes]]) -> None:
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            code = _CODES.get(line[:3])
            if code is None:
                raise Garbage("a line without a reply code")
            mark = line[3:4]
            text = line[4:].rstrip(b"\r")
            if mark == b" " and not self._lines:
                found.append((code, text))
                continue
            if mark == b"-":
                self._lines.append(text)
                if len(self._lines) > LINES_LIMIT:
                    raise Garbage("a reply of too many lines")
                continue
            if mark not in (b" ", b"\r", b""):
                raise Garbage("a reply code followed by something else")
            if self._lines:
                text = b"\n".join([*self._lines, text])
                self._lines.clear()
            found.append((code, text))
        if len(self._rest) > LINE_LIMIT:
            raise Garbage("a reply line without end")
