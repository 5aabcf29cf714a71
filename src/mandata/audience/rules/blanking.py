"""Blanking out the lines of an uploaded file in which an address stands, without moving anything else. Pure.

Offsets into the file stay right, because a line keeps its length; the import finds an empty row and refuses it.
"""

from collections.abc import Iterator
from typing import Final

from mandata.foundation.addresses import AddressError, parse

_FORMS: Final = (
    ("utf-8", b"\n", b" "),
    ("utf-16-le", b"\n\x00", b" \x00"),
    ("utf-16-be", b"\x00\n", b"\x00 "),
)


def lines(window: bytes | bytearray, address: str, *, last: bool) -> Iterator[tuple[int, int, bytes]]:
    """Yield (start, end, blank) of each whole line of the window with the address, in any case, as ASCII or UTF-16.

    A line without its end is given only in the `last` window of a file.
    """
    lowered = bytes(window).lower()
    for spelling in _spellings(address):
        for encoding, newline, blank in _FORMS:
            needle, at = spelling.encode(encoding), 0
            while (hit := lowered.find(needle, at)) >= 0:
                start = lowered.rfind(newline, 0, hit)
                start = 0 if start < 0 else start + len(newline)
                end = lowered.find(newline, hit)
                at = hit + len(needle) if end < 0 else end
                if end >= 0 or last:
                    yield start, len(window) if end < 0 else end, blank


def blank_out(window: bytearray, address: str, *, last: bool) -> int:
    """Overwrite each whole line with the address by blanks of the same length; return how many lines."""
    found = sorted(set(lines(window, address, last=last)))
    for start, end, blank in found:
        window[start:end] = (blank * (end - start))[: end - start]
    return len({(start, end) for start, end, _ in found})


def _spellings(address: str) -> set[str]:
    """The look-up form has its domain in ASCII; files may hold it in Unicode."""
    try:
        return {address.lower(), parse(address).normal.lower()}
    except AddressError:
        return {address.lower()} if address else set()
