"""The envelope sender of one notice: it says which notice of which controller came back, and cannot be forged.

Format, version 1: 40 bytes, written as exactly 64 characters of lower-case base32 without padding (RFC 4648 section 6)

    offset  bytes  content
    0       16     controller
    16      16     notice
    32      8      tag: BLAKE2b (RFC 7693) keyed with the installation's key, 64 bits, over both ids

Sixty-four octets are what every mail server must take as a local part (RFC 5321, section 4.5.3.1.1). Servers on the
way may fold case, which base32 survives, unlike the tokens of messages (base64url, 43 characters); the two never look
alike. Both ids are random references that lead to nobody. The tag binds them to each other: a notice of one controller
cannot be presented as another's. A guess succeeds with probability 2**-64, and costs an SMTP command each; what a
right guess would bring about is one repetition of one notice to a second address.

The key comes as a parameter; `vault` makes and keeps it.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final, NamedTuple
from uuid import UUID

LENGTH: Final = 64
KEY_BYTES: Final = 32
_TAG_BYTES: Final = 8
_PERSON: Final = b"mandata return 1"


class Returning(NamedTuple):
    """What a genuine envelope sender names."""

    controller_id: UUID
    notice_id: UUID


def mint(key: bytes, controller_id: UUID, notice_id: UUID) -> str:
    """Return the local part of a notice's envelope sender, 64 characters. `key` has 32 bytes, else ValueError."""
    named = controller_id.bytes + notice_id.bytes
    return base64.b32encode(named + _tag(key, named)).decode("ascii").lower()


def read(key: bytes, local_part: str) -> Returning | None:
    """Return what a local part names, in whatever case it came; None when it is not one that `mint` made."""
    if len(local_part) != LENGTH or not local_part.isascii():
        return None
    try:
        raw = base64.b32decode(local_part.upper())
    except (binascii.Error, ValueError):
        return None
    named, tag = raw[:32], raw[32:]
    if not hmac.compare_digest(_tag(key, named), tag):
        return None
    return Returning(UUID(bytes=named[:16]), UUID(bytes=named[16:]))


def _tag(key: bytes, named: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key of envelope senders has {KEY_BYTES} bytes")
    return hashlib.blake2b(named, digest_size=_TAG_BYTES, key=key, person=_PERSON).digest()
