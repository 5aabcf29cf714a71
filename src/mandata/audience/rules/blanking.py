"""Blanking out the lines of an uploaded file in which an address stands, without moving anything else. Pure.

Offsets into the file stay right, because a line keeps its length; the import finds an empty row and refuses it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mandata.foundation.addresses import AddressError, parse

_WIDE: Final = {"utf-16-le": (b"\n\x00", b" \x00"), "utf-16-be": (b"\x00\n", b"\x00 ")}


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written: its encoding, and how a line end and a blank look in it."""

    encoding: str
    newline: bytes
    blank: bytes


def form_of(start: bytes, encoding: str) -> Form:
    """Return the form of a file from its first bytes and its encoding as sniffed; all but UTF-16 are alike for us."""
    wide = encoding.lower().replace("_", "-")
    if wide == "utf-16":
        wide = "utf-16-be" if start[:2] == b"\xfe\xff" else "utf-16-le"
    if wide in _WIDE:
        return Form(wide, *_WIDE[wide])
    return Form("utf-8", b"\n", b" ")


def lines(window: bytes | bytearray, address: str, form: Form, *, last: bool) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each whole line of the window with the address, in any case.

    A line without its end is given only in the `last` window of a file.
    """
    lowered = bytes(window).lower()
    for spelling in _spellings(address):
        needle, at = spelling.encode(form.encoding), 0
        while (hit := lowered.find(needle, at)) >= 0:
            start = lowered.rfind(form.newline, 0, hit)
            start = 0 if start < 0 else start + len(form.newline)
            end = lowered.find(form.newline, hit)
            at = hit + len(needle) if end < 0 else end
            if end >= 0 or last:
                yield start, len(window) if end < 0 else end


def blank_out(window: bytearray, address: str, form: Form, *, last: bool) -> int:
    """Overwrite each whole line with the address by blanks of the same length; return how many lines."""
    found = set(lines(window, address, form, last=last))
    for start, end in found:
        window[start:end] = (form.blank * (end - start))[: end - start]
    return len(found)


def _spellings(address: str) -> set[str]:
    """The look-up form has its domain in ASCII; files may hold it in Unicode."""
    try:
        return {address.lower(), parse(address).normal.lower()}
    except AddressError:
        return {address.lower()} if address else set()
