"""Every way in which a text can lie in a file: what a scan looks for.

A needle is a piece of bytes with a name that says what it is. Needles are whole only where a text stands whole: of
base64 the scan knows the inside at each of the three alignments, so that a text is found in the middle of a longer one.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from urllib.parse import quote

CHARSETS = ("utf-8", "cp1250", "iso-8859-2", "utf-16-le", "utf-16-be")
_DIGESTS = ("md5", "sha1", "sha256")
_SHORTEST = 6
"""Fewer bytes are found by chance in megabytes of random ones."""


def spellings(text: str) -> dict[bytes, str]:
    """Return needle -> name of every spelling of a text, in its own case, in lower case, in upper case."""
    found: dict[bytes, str] = {}
    for cased in dict.fromkeys((text, text.lower(), text.upper())):
        for needle, name in _spelled(cased):
            if len(needle) >= _SHORTEST:
                found.setdefault(needle, name)
    return found


def exactly(text: str) -> dict[bytes, str]:
    """Return what only a whole text has: unkeyed digests, the address of a domain in ASCII, the number as an integer.

    A digest of an address or a telephone number without a key is that address or number to whoever tries them all.
    """
    found: dict[bytes, str] = {}
    local, at, domain = text.rpartition("@")
    wire = f"{local}@{domain.encode('idna').decode()}" if at else text
    for kind in _DIGESTS:
        for form in dict.fromkeys((text.lower(), wire.lower())):
            digest = hashlib.new(kind, form.encode()).digest()
            found |= {digest: kind, digest.hex().encode(): f"{kind} hex"}
    if wire != text:
        found[wire.encode()] = "idna"
    if (digits := text.strip("+")).isdecimal():
        found |= {
            struct.pack(order, int(digits))[cut : cut + 5]: f"integer {order}" for order, cut in (("<q", 0), (">q", 3))
        }
    return found


def needles(fragments: Mapping[str, str], whole: Mapping[str, str]) -> dict[bytes, str]:
    """Return needle -> name of several texts: `fragments` are found as parts, too, `whole` only as they stand."""
    found: dict[bytes, str] = {}
    for sought, make in ((fragments, spellings), (whole, exactly)):
        for label, text in sought.items():
            for needle, name in make(text).items():
                found.setdefault(needle, f"{label}: {name}")
    return found


def _spelled(text: str) -> Iterator[tuple[bytes, str]]:
    for charset in CHARSETS:
        try:
            raw = text.encode(charset)
        except UnicodeEncodeError:
            continue
        yield from ((needle, f"{charset} {name}") for needle, name in _of_bytes(raw))
    yield from _escaped(text)


def _of_bytes(raw: bytes) -> Iterator[tuple[bytes, str]]:
    yield raw, "plain"
    yield raw.hex().encode(), "hex"
    yield raw.hex().upper().encode(), "HEX"
    for pad in range(3):
        inside = base64.b64encode(b"\0" * pad + raw).rstrip(b"=")
        # The first characters mix with what stands before the text, the last one with what stands behind it.
        inside = inside[(0, 2, 3)[pad] : len(inside) if (pad + len(raw)) % 3 == 0 else -1]
        yield inside, f"base64+{pad}"
        yield inside.translate(bytes.maketrans(b"+/", b"-_")), f"base64url+{pad}"


def _escaped(text: str) -> Iterator[tuple[bytes, str]]:
    escaped = json.dumps(text)[1:-1]
    yield escaped.encode(), "json"
    yield "".join(f"\\u{ord(one):04X}" if ord(one) > 127 else one for one in text).encode(), "JSON"
    yield "".join(f"&#{ord(one)};" if ord(one) > 127 or one in "@+" else one for one in text).encode(), "html"
    yield "".join(f"&#x{ord(one):x};" if ord(one) > 127 or one in "@+" else one for one in text).encode(), "html hex"
    for safe, name in (("", "percent"), ("@+", "percent but @")):
        percent = quote(text, safe=safe)
        yield percent.encode(), name
        yield _lower_hex(percent, "%").encode(), f"{name}, small"
    for also in ("", "@", "@+"):
        printable = "".join(_printable(one, also) for one in text)
        yield printable.encode(), "quoted-printable"
        yield _lower_hex(printable, "=").encode(), "quoted-printable, small"


def _printable(one: str, also: str) -> str:
    if one.isascii() and one not in "=" and one not in also:
        return one
    return "".join(f"={byte:02X}" for byte in one.encode())


def _lower_hex(text: str, mark: str) -> str:
    first, *rest = text.split(mark)
    return first + "".join(f"{mark}{part[:2].lower()}{part[2:]}" for part in rest)
