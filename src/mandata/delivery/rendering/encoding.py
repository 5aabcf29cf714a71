"""Octets of a message: quoted-printable bodies that join without encoding again, and headers nobody can inject into.

Why quoted-printable for both parts. A slot may begin anywhere in a body, and its value has any length. In
quoted-printable (RFC 2045 section 6.7) each slot is put between soft line breaks, so that it starts at column 0 and
what follows it starts at column 0 too: literal segments are encoded once at compile time, values once per message, and
the two join as they are. Base64 would need slots at multiples of three bytes, 8bit a relay that offers 8BITMIME.

Every body line has at most 76 characters. A line never begins with "." or "From ", so that neither dot-stuffing nor
mailbox formats of relays touch it; a signature over the body survives. Values made of a fixed number of safe characters
(tokens) need no break at all: the caller counts their width.
"""

import base64
import binascii
import re

from mandata.delivery.rendering.errors import Unrenderable

LINE = 75  # characters before a soft break; the "=" is the 76th
SOFT = "=\r\n"
_SHORT = LINE // 3  # bytes that fit a line even where each is escaped
_ONE_LINE = re.compile(r"[^\x00-\x1f\x7f]*")
_PLAIN = re.compile(r"[ -<>-~]{0,75}")
_UNSAFE = re.compile(rb"[^ \t!-<>-~]")
_HEX = {bytes((byte,)): b"=%02X" % byte for byte in range(256)}
_BODY_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")

_HEADER_CLEAN = re.compile(r"[!-~]+(?: [!-~]+)*")
_HEADER_CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
HEADER_LIMIT = 500  # characters of a subject or a name; longer ones are cut
_WORD_BYTES = 42  # of UTF-8 in one encoded word: 56 of base64 and 12 around it
_FIRST_WORD_BYTES = 36  # the header's name stands on the same line
_ATEXT = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ADDRESS = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+")


def body_text(value: str) -> str:
    """Return a value as it may stand in a body: line ends as LF, other control characters and lone surrogates gone."""
    if not value.isprintable():
        value = value.replace("\r\n", "\n").replace("\r", "\n")
        value = _BODY_CONTROLS.sub("", value)
        value = value.encode("utf-8", "replace").decode("utf-8")
    return value


def quote_value(text: str) -> str:
    """Return the quoted-printable form of a slot's value: it begins at column 0 and ends with a soft break."""
    if text[:1] != "." and text[:5] != "From ":
        if _PLAIN.fullmatch(text):
            return text + SOFT
        if len(text) <= _SHORT and _ONE_LINE.fullmatch(text):
            data = text.encode("utf-8", "replace")
            if len(data) <= _SHORT:
                return binascii.b2a_qp(data).decode("ascii") + SOFT
    return quote(text, 0)[0] + SOFT


def quote(text: str, column: int) -> tuple[str, int]:
    """Return the quoted-printable form of `text` that goes on at `column`, and the column where it ends."""
    lines = text.split("\n")
    out: list[str] = []
    for number, line in enumerate(lines):
        if number:
            out.append("\r\n")
            column = 0
        encoded, column = _quote_line(line, column, last=number == len(lines) - 1)
        out.append(encoded)
    return "".join(out), column


def _quote_line(line: str, column: int, *, last: bool) -> tuple[str, int]:
    data = _UNSAFE.sub(lambda found: _HEX[found[0]], line.encode("utf-8", "replace"))
    if not last and data[-1:] in (b" ", b"\t"):  # RFC 2045 rule 3: no blank before a line end
        data = data[:-1] + _HEX[data[-1:]]
    encoded = data.decode("ascii")
    out: list[str] = []
    at, end = 0, len(encoded)
    while at < end:
        guarded = "" if column else _guarded(encoded, at)
        at += bool(guarded)
        cut = _cut(encoded, at, LINE - column - len(guarded))
        out += (guarded, encoded[at:cut])
        column += len(guarded) + cut - at
        at = cut
        if at < end:
            out.append(SOFT)
            column = 0
    return "".join(out), column


def _guarded(encoded: str, at: int) -> str:
    """Return the escape that keeps a line from beginning with a dot or with "From "; empty where it does not."""
    if encoded[at] == ".":
        return "=2E"
    return "=46" if encoded.startswith("From ", at) else ""


def _cut(encoded: str, at: int, room: int) -> int:
    """Return the end of what fits into `room` from `at` without tearing an escape."""
    if len(encoded) - at <= room:
        return len(encoded)
    for back in (1, 2):
        if room >= back and encoded[at + room - back] == "=":
            return at + room - back
    return at + max(room, 0)


def header_text(value: str) -> str:
    """Return a value as it may stand in a header: one line, control characters and runs of blanks as one space.

    Whatever a name contains, it cannot begin another header (RFC 5322 section 2.2 ends one at CRLF).
    """
    if _HEADER_CLEAN.fullmatch(value):
        return value[:HEADER_LIMIT].rstrip(" ")
    cleaned = value[: 4 * HEADER_LIMIT].encode("utf-8", "replace").decode("utf-8")
    return _HEADER_CONTROLS.sub(" ", cleaned).strip(" ")[:HEADER_LIMIT].rstrip(" ")


def unstructured(value: str, name_width: int = 9) -> str:
    """Return the body of an unstructured header such as Subject: RFC 2047 where needed, folded to 76 columns."""
    text = header_text(value)
    if text.isascii() and "=?" not in text:
        if len(text) <= 76 - name_width:
            return text
        folded = _fold(text, name_width)
        if folded is not None:
            return folded
    return "\r\n ".join(_encoded_words(text))


def phrase(value: str) -> str:
    """Return a display name (RFC 5322 `phrase`): atoms, a quoted string or encoded words. Empty stays empty."""
    text = header_text(value)
    if text.isascii() and "=?" not in text and len(text) <= 60:
        if not text or _ATEXT.fullmatch(text):
            return text
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "\r\n ".join(_encoded_words(text))


def mailbox(name: str, address: str) -> str:
    """Return `name <address>`, or the address alone. Raises Unrenderable for an address that no header may carry."""
    if not _ADDRESS.fullmatch(address) or len(address) > 320:
        raise Unrenderable("message.address")
    display = phrase(name)
    if not display:
        return address
    return f"{display}\r\n <{address}>" if len(display) + len(address) > 60 else f"{display} <{address}>"


def _fold(text: str, column: int) -> str | None:
    """Fold at single spaces; None where a word is too long for a line."""
    out: list[str] = []
    for word in text.split(" "):
        if len(word) > 74:
            return None
        if out and column + 1 + len(word) > 76:
            out.append("\r\n ")
            column = 1
        elif out:
            out.append(" ")
            column += 1
        out.append(word)
        column += len(word)
    return "".join(out)


def _encoded_words(text: str) -> list[str]:
    """Split at characters, not within one: RFC 2047 section 5 wants each word to decode by itself."""
    words: list[bytes] = [text.encode("utf-8", "replace")]
    if len(words[0]) <= _FIRST_WORD_BYTES:
        return [_encoded_word(words[0])]
    words = [b""]
    for character in text:
        piece = character.encode("utf-8", "replace")
        limit = _FIRST_WORD_BYTES if len(words) == 1 else _WORD_BYTES
        if len(words[-1]) + len(piece) > limit:
            words.append(b"")
        words[-1] += piece
    return [_encoded_word(word) for word in words]


def _encoded_word(word: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(word).decode('ascii')}?="
