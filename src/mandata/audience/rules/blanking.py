"""Blanking out the lines of an uploaded file in which an address stands, without moving anything else. Pure.

Offsets into the file stay right, because a line keeps its length; the number of rows does, because it is filled with
something that is no white space: an import that goes on behind so many rows would else leave out somebody's. It refuses
the row.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from mandata.foundation.addresses import AddressError, parse

_WIDE: Final = {"utf-16-le": (b"\n\x00", b"x\x00"), "utf-16-be": (b"\x00\n", b"\x00x")}


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written: its encoding, and how a line end and what a line is filled with look in it."""

    encoding: str
    newline: bytes
    filler: bytes


def form_of(start: bytes, encoding: str) -> Form:
    """Return the form of a file from its first bytes and its encoding as sniffed."""
    name = encoding.lower().replace("_", "-")
    if name == "utf-16":
        name = "utf-16-be" if start[:2] == b"\xfe\xff" else "utf-16-le"
    if name in _WIDE:
        return Form(name, *_WIDE[name])
    if not name or name.startswith("utf-8"):  # utf-8-sig would write its mark each time
        name = "utf-8"
    return Form(name, b"\n", b"x")


@dataclass(frozen=True, slots=True)
class Needles:
    """Addresses made ready to be looked for in files of one form.

    `by_rest`: length of "@" and domain in bytes -> "@" and domain -> length of the local part -> local part -> whose.
    """

    form: Form
    by_rest: dict[int, dict[bytes, dict[int, dict[bytes, str]]]] = field(repr=False)


def needles(addresses: Collection[str], form: Form) -> Needles:
    """Make addresses (look-up forms) ready; what has no "@" is left out, because it is no address."""
    found: dict[int, dict[bytes, dict[int, dict[bytes, str]]]] = defaultdict(dict)
    for address in addresses:
        for spelling in _spellings(address):
            local, at, domain = spelling.rpartition("@")
            try:
                name, rest = (part.encode(form.encoding).lower() for part in (local, at + domain))
            except UnicodeEncodeError:  # what cannot be written in this encoding does not stand in the file
                continue
            if at:
                found[len(rest)].setdefault(rest, {}).setdefault(len(name), {})[name] = address
    return Needles(form, dict(found))


def lines(window: bytes | bytearray, wanted: Needles, *, last: bool) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, address) of each whole line of the window with one of the addresses, in any case.

    Once for each hit. A line without its end is given only in the `last` window of a file. The window is gone through
    once, however many addresses are looked for.
    """
    form, lowered = wanted.form, bytes(window).lower()
    sign, hit = "@".encode(form.encoding), -1
    while (hit := lowered.find(sign, hit + 1)) >= 0:
        for address in _at(lowered, hit, wanted):
            start = lowered.rfind(form.newline, 0, hit)
            start = 0 if start < 0 else start + len(form.newline)
            end = lowered.find(form.newline, hit)
            if end >= 0 or last:
                yield start, len(window) if end < 0 else end, address


def _at(lowered: bytes, hit: int, wanted: Needles) -> Iterator[str]:
    """The addresses whose "@" stands at a place; not those that are only a part of a longer one, another's."""
    unit = len(wanted.form.filler)
    for length, rests in wanted.by_rest.items():
        locals_ = rests.get(lowered[hit : hit + length])
        if locals_ is None or _goes_on(_text(lowered[hit + length : hit + length + 2 * unit], wanted.form)):
            continue
        for size, names in locals_.items():
            address = names.get(lowered[hit - size : hit]) if size <= hit else None
            before = _text(lowered[max(hit - size - unit, 0) : max(hit - size, 0)], wanted.form)
            if address is not None and not ((before.isalnum() and before.isascii()) or before in _JOINS):
                yield address


_JOINS: Final = frozenset("._%+-")


def _goes_on(after: str) -> bool:
    return after[:1].isalnum() or after[:1] == "-" or (after[:1] == "." and after[1:2].isalnum())


def _text(part: bytes, form: Form) -> str:
    return part.decode(form.encoding, "replace")


def blank_out(window: bytearray, wanted: Needles, *, last: bool) -> list[str]:
    """Overwrite each whole line with one of the addresses by a filler of the same length.

    Returns whose lines these were, an address once for each line that it stood in.
    """
    found = set(lines(window, wanted, last=last))
    for start, end, _ in found:
        window[start:end] = (wanted.form.filler * (end - start))[: end - start]
    return [address for _, _, address in found]


def _spellings(address: str) -> set[str]:
    """The look-up form has its domain in ASCII; files may hold it in Unicode, with accents in either case.

    The case of ASCII letters does not matter: the window is searched in lower case, which bytes know of these alone.
    """
    try:
        spelled = {address.lower(), parse(address).normal.lower()}
    except AddressError:
        spelled = {address.lower()} if address else set()
    return spelled | {"".join(one if one.isascii() else one.upper() for one in text) for text in spelled}
