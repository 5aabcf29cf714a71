"""Cutting e-mail addresses out of texts that others wrote: diagnostics of mail servers, remarks of people.

A text is cut as it stands and as it reads once its encodings are undone: percent (`%40`), quoted-printable (`=40`,
RFC 2045 6.7), character references (`&#64;`), escapes (`\\u0040`), encoded words (RFC 2047), UTF-7's at sign, letters
of another width, base64 and hexadecimal runs. Cut is what has the shape of an address, quoted local parts (RFC 5321
4.1.2) and non-ASCII ones (RFC 6531) too, and every address that the caller knows: whole, its local part alone, and
as VERP writes it (`name=domain`). What is left says what happened, not to whom.
"""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from email.header import decode_header, make_header
from typing import Final
from urllib.parse import unquote_to_bytes

CUT: Final = "<address>"
_ROUNDS: Final = 3
"""How often one encoding may lie inside another."""
_SHORT: Final = 5
"""A local part shorter than this is cut only where it stands alone, so that "info" leaves "information" alone."""

_AT = r"(?:@|\(at\)|\[at\])"
_SHAPE: Final = re.compile(
    r"<[^<>\s]*>"  # a path, empty ones too: what stands in angles is never told
    rf"|\"(?:[^\"\\]|\\.){{1,128}}\"\s?{_AT}\s?[^\s<>\"'(),;]+"
    rf"|(?:\\.|[^\s<>\"'(),;:\[\]\\@]){{1,128}}+\s?{_AT}\s?[^\s<>\"'(),;]+",
    re.IGNORECASE,
)
_NESTED: Final = re.compile(rf"<[^<>\s]*(?:{CUT}[^<>\s]*)+>")
_WORD: Final = re.compile(r"=\?[\w.+*-]+\?[BbQq]\?[^?\s]*\?=")
_OCTETS: Final = re.compile(r"(?:[%=][0-9A-Fa-f]{2})+")
_SOFT: Final = re.compile(r"=[ \t]*\r?\n")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")
_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2}[ :]?){6,}")
_CODED: Final = re.compile(r"[%=&\\+?]|[^\x00-\x7f]")
"""Without one of these nothing is encoded but runs."""


def without_addresses(text: str, *known: str) -> str:
    """Return the text with everything cut that is or may be an address, and the addresses that are known.

    Blanks are joined. Cutting twice changes nothing that names nobody.
    """
    plain = unicodedata.normalize("NFC", text)
    secrets = tuple(_secrets(known))
    cut = _cut(plain, secrets)
    if _CODED.search(plain):
        read = _read(plain)
        if read != plain and _names_somebody(read, plain, secrets):
            cut = _cut(read, secrets)
    return " ".join(_without_runs(cut, secrets).split())


class _Secret:
    """A part of a known address: looked for as plain text first, because expressions are dear and mostly in vain."""

    def __init__(self, text: str, *, alone: bool = False) -> None:
        self.text, self.alone = text.lower(), alone

    def _pattern(self) -> re.Pattern[str]:
        text = re.escape(self.text)
        return re.compile(rf"(?<!\w){text}(?!\w)" if self.alone else text, re.IGNORECASE)

    def sub(self, by: str, text: str) -> str:
        return self._pattern().sub(by, text) if self.text in text.lower() else text

    def count(self, text: str) -> int:
        return len(self._pattern().findall(text)) if self.text in text.lower() else 0


def _cut(text: str, secrets: tuple[_Secret, ...]) -> str:
    for secret in secrets:
        text = secret.sub(CUT, text)
    return _SHAPE.sub(CUT, _NESTED.sub(CUT, text))


def _names_somebody(read: str, plain: str, secrets: tuple[_Secret, ...]) -> bool:
    """Whether undoing encodings brings something to light that is cut: more of it than stood there in clear."""
    more = any(secret.count(read) > secret.count(plain) for secret in secrets)
    return more or len(_SHAPE.findall(read)) > len(_SHAPE.findall(plain)) or "@" in _cut(read, secrets)


def _secrets(known: tuple[str, ...]) -> Iterator[_Secret]:
    """What to look for of each known address, the longest first."""
    for address in known:
        local, at, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
        if not at or not local:
            continue
        name = local.strip('"')
        for whole in dict.fromkeys((f"{local}@{domain}", f"{local}={domain}", *_mangled(f"{local}@{domain}"))):
            yield _Secret(whole)
        for part in dict.fromkeys((local, name, name.partition("+")[0])):
            if len(part) > 1:
                yield _Secret(part, alone=len(part) < _SHORT)


def _mangled(address: str) -> Iterator[str]:
    """An address whose UTF-8 was read as something else, and with its domain in ASCII."""
    local, _, domain = address.rpartition("@")
    if not address.isascii():
        yield address.encode().decode("latin-1")
        yield address.encode().decode("cp1252", "replace")
        yield address.encode("ascii", "replace").decode("ascii")
        try:
            yield f"{local}@{domain.encode('idna').decode('ascii')}"
        except UnicodeError:
            return


def _read(text: str) -> str:
    """Undo every encoding that a text has, as long as there is one."""
    for _ in range(_ROUNDS):
        read = _SOFT.sub("", text)
        read = _WORD.sub(_decoded_word, read)
        read = html.unescape(read)
        read = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), read)
        read = read.replace("+AEA-", "@").replace("+AEA", "@")
        read = unicodedata.normalize("NFKC", _OCTETS.sub(_decoded_octets, read))
        if read == text:
            break
        text = read
    return text


def _decoded_word(found: re.Match[str]) -> str:
    try:
        return str(make_header(decode_header(found[0])))
    except (ValueError, LookupError, binascii.Error):
        return CUT


def _decoded_octets(found: re.Match[str]) -> str:
    return unquote_to_bytes(found[0].replace("=", "%")).decode("utf-8", "replace")


def _without_runs(text: str, secrets: tuple[_Secret, ...]) -> str:
    """Cut runs of base64 or hexadecimal digits that hold an address."""
    text = _HEX.sub(lambda found: CUT if _holds(_from_hex(found[0]), secrets) else found[0], text)
    return _RUN.sub(lambda found: CUT if any(_holds(one, secrets) for one in _from_run(found[0])) else found[0], text)


def _holds(content: bytes, secrets: tuple[_Secret, ...]) -> bool:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        read = content.decode(encoding, "ignore")
        if any(secret.count(read) for secret in secrets) or re.search(r"[\w.+-]@[\w-]+\.\w", read):
            return True
    return False


def _from_hex(run: str) -> bytes:
    return bytes.fromhex(re.sub(r"[ :]", "", run))


def _from_run(run: str) -> Iterator[bytes]:
    """What a run reads as in base64, from each of the four places at which a group may begin."""
    digits = run.rstrip("=").replace("-", "+").replace("_", "/")
    for skip in range(4):
        part = digits[skip:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        yield base64.b64decode(part + "=" * (-len(part) % 4))
