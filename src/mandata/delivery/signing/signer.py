"""Signs messages: `DKIM-Signature` fields in front, one for each key (RFC 6376; Ed25519 by RFC 8463).

Header fields are canonicalised *relaxed*, the body *simple*. Relays fold and re-case header fields, which relaxed
outlives. Of a body, relaxed outlives only blanks changed at the ends of lines or between words; ours has short ASCII
lines of quoted-printable without blanks at their ends, so there is nothing for a relay to change, and simple needs no
copy of 36 KB: the body is hashed as it lies there, once for all keys. A footer breaks both.

A state of the hash over what is the same for everybody would save nothing: the first part of a newsletter is its text,
whose salutation stands in the first line.

What is signed: every field of `SIGNED` that the message has, and each of `OVERSIGNED` once more than it has it, so that
nobody can add a second Subject or a Reply-To and keep the signature (section 8.15). Not signed are fields that relays
write (Received, Return-Path) and those nobody knows. There is no `l=`: with it, anybody could add to the body.

`t=` is the time of signing, `x=` a week later: a relay tries for five days (RFC 5321 section 4.5.4.1), and each attempt
of ours signs anew; a signature that holds for ever serves those who send a captured message again.
"""

import hashlib
import re
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from mandata.delivery.signing.keys import SigningKey

LIFE: Final = 7 * 24 * 3600

OVERSIGNED: Final = tuple(
    b"from to cc subject date message-id reply-to mime-version content-type content-transfer-encoding list-id "
    b"list-unsubscribe list-unsubscribe-post feedback-id".split()
)
SIGNED: Final = frozenset((*OVERSIGNED, b"sender", b"in-reply-to", b"references"))

_LINE = 76
_FOLD = b"\r\n\t"
_BLANKS = re.compile(rb"[ \t]+")
_EMPTY_LINES = re.compile(rb"(?:\r\n)*\Z")
_MOST_KNOWN = 500
_PADDING = PKCS1v15()
_HASHED = Prehashed(SHA256())


class _Hand(NamedTuple):
    """One key at work: the tags that never change, and how it signs a hash."""

    head: bytes
    sign: Callable[[bytes], bytes]


class _Tags(NamedTuple):
    """What stands before the body's hash in one signature during one second, as written and as it is hashed."""

    written: bytes
    relaxed: bytes
    sign: Callable[[bytes], bytes]


class Signer:
    """Signs with each of its keys. Immutable for its callers; for one thread at a time."""

    def __init__(self, keys: Sequence[SigningKey], *, life: int = LIFE) -> None:
        self.keys = tuple(keys)
        self._life = life
        self._hands = tuple(_hand(key) for key in keys)
        self._second = -1
        self._tags: dict[tuple[tuple[bytes, ...], frozenset[bytes]], tuple[_Tags, ...]] = {}
        self._known: dict[bytes, tuple[bytes, bytes]] = {}  # most fields are the same in every message of a campaign

    def sign(self, message: bytes, at: int, spared: frozenset[bytes] = frozenset()) -> bytes:
        """Return a message with its signatures in front.

        `message`: RFC 5322 with CRLF as line ends throughout; `at`: seconds of the Unix epoch. `spared`: fields not to
        sign, in small letters, because the road writes them anew. No keys, no change.
        """
        if not self._hands:
            return message
        cut = message.find(b"\r\n\r\n") + 2
        if cut < 2:
            cut = len(message)
        names, text = self._signed(message[:cut], spared)
        digest = b2a_base64(hashlib.sha256(simple_body(message, cut + 2)).digest(), newline=False)
        out = [_written(tags, text, digest) for tags in self._now(names, at, spared)]
        out.append(message)
        return b"".join(out)

    def _signed(self, head: bytes, spared: frozenset[bytes]) -> tuple[tuple[bytes, ...], bytes]:
        """Return the names of the fields to sign as `h=` lists them, the last field first (of equal names that is the
        order of section 5.4.2), and their relaxed forms."""
        names, forms, known = [], [], self._known
        lines = _unfolded(head).split(b"\r\n")
        lines.reverse()
        for line in lines:
            field = known.get(line)
            if field is None:
                field = known[line] = _field(line)
            name, form = field
            if name in SIGNED and name not in spared:
                names.append(name)
                forms.append(form)
        if len(known) > _MOST_KNOWN:
            known.clear()
        forms.append(b"")
        return tuple(names), b"\r\n".join(forms)

    def _now(self, names: tuple[bytes, ...], at: int, spared: frozenset[bytes]) -> tuple[_Tags, ...]:
        if at != self._second:
            self._second = at
            self._tags.clear()
        key = (names, spared)
        found = self._tags.get(key)
        if found is None:
            listed = (*names, *(name for name in OVERSIGNED if name not in spared))
            found = self._tags[key] = tuple(self._made(hand, listed, at) for hand in self._hands)
        return found

    def _made(self, hand: _Hand, listed: tuple[bytes, ...], at: int) -> _Tags:
        times = b"t=%d; x=%d;" % (at, at + self._life)
        written = b"%s%s%s%sh=%s;%sbh=" % (hand.head, _FOLD, times, _FOLD, _listed(listed), _FOLD)
        return _Tags(written, relaxed_fields(written)[0][1], hand.sign)


def _hand(key: SigningKey) -> _Hand:
    private = key.private
    algorithm = "ed25519-sha256" if isinstance(private, Ed25519PrivateKey) else "rsa-sha256"
    head = f"DKIM-Signature: v=1; a={algorithm}; c=relaxed/simple;\r\n\td={key.domain}; s={key.selector};"
    if isinstance(private, Ed25519PrivateKey):
        return _Hand(head.encode("ascii"), private.sign)
    return _Hand(head.encode("ascii"), lambda digest: private.sign(digest, _PADDING, _HASHED))


def _written(tags: _Tags, text: bytes, digest: bytes) -> bytes:
    """Return one signature, its own field hashed last, with an empty `b=` and no line end (section 3.7)."""
    signed = hashlib.sha256(b"%s%s%s; b=" % (text, tags.relaxed, digest)).digest()
    value = b2a_base64(tags.sign(signed), newline=False)
    folded = _FOLD.join([value[start : start + _LINE] for start in range(0, len(value), _LINE)])
    return b"%s%s;%sb=%s\r\n" % (tags.written, digest, _FOLD, folded)


def _listed(names: Sequence[bytes]) -> bytes:
    """Return the names with colons between them, in lines of at most 78 characters."""
    lines, line = [], names[0]
    for name in names[1:]:
        if len(line) + len(name) > _LINE - 4:
            lines.append(line)
            line = name
        else:
            line += b":" + name
    return (b":" + _FOLD).join([*lines, line])


def relaxed_fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """Return name in small letters and relaxed form, without line end, of each field of a header, in its order (section
    3.4.2); `head` ends before the empty line."""
    return [field for line in _unfolded(head).split(b"\r\n") if (field := _field(line))[0]]


def _unfolded(head: bytes) -> bytes:
    """Return a header with each field on one line and each run of blanks as one space."""
    head = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    return _BLANKS.sub(b" ", head) if b"  " in head or b"\t" in head else head


def _field(line: bytes) -> tuple[bytes, bytes]:
    """Return name and relaxed form of an unfolded field; both empty for what is none."""
    name, colon, value = line.partition(b":")
    if not colon:
        return b"", b""
    name = name.rstrip(b" ").lower()
    return name, name + b":" + value.strip(b" ")


def simple_body(message: bytes, start: int) -> bytes | memoryview:
    """Return the body from `start` as *simple* has it: empty lines at its end ignored, a line end there (3.4.3)."""
    if message.endswith(b"\r\n") and not message.endswith(b"\r\n\r\n") and len(message) > start + 2:
        return memoryview(message)[start:]
    return _EMPTY_LINES.sub(b"", message[start:], count=1) + b"\r\n"
