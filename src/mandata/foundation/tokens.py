"""Tokens that stand for one link in one message: minted by `delivery`, read by `tracking` and `public`.

A token is all that a recipient's click or unsubscription brings back. It says which message of which campaign and which
link of it, and nothing to anybody without the keys: no address, no subject reference, no number that can be counted up.

Format, version 1 (32 bytes, written as 43 characters of base64url without padding, RFC 4648 section 5):

    offset  bytes  content
    0       1      version, 0x01
    1       1      key id, 0 to 255: which keys of the ring minted it
    2       16     reference: one AES-256 block (encrypted singly, which is ECB) under the cipher key over
                       6 bytes  campaign number, big-endian, unique in the installation
                       6 bytes  message number within the campaign, big-endian
                       4 bytes  zero
    18      2      link number, big-endian; numbers from FIRST_RESERVED on are not links of the content
    20      12     tag: BLAKE2b (RFC 7693) keyed with the tag key, 96 bits, over bytes 0 to 19

Why so. A block is encrypted once for a whole message, and each block is different because its campaign and message are:
a permutation of distinct inputs shows nothing but their number. The tag alone decides whether a token is genuine; a
guess succeeds with probability 2**-96. The tag is compared in constant time, before anything is deciphered. The four
zero bytes catch a cipher key that does not belong to its tag key. There is exactly one spelling of each token: 43
characters hold 258 bits, and the two spare ones must be zero.

The first 18 bytes make exactly 24 characters, the same in all tokens of a message; `mint_many` encodes them once.

Keys come as parameters; they are made and kept by `vault`. Nothing here reads a clock, a file or a random source.
"""

import binascii
import hashlib
import hmac
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

VERSION: Final = 1
TOKEN_LENGTH: Final = 43
REFERENCE_BYTES: Final = 16

# Link numbers that mean an act or a page, never a link of the campaign's content.
LINK_UNSUBSCRIBE: Final = 65535
LINK_PREFERENCES: Final = 65534
LINK_OPEN: Final = 65533
LINK_BOUNCE: Final = 65532
LINK_WEB_VERSION: Final = 65531
# A link in each message that no person sees: whoever follows it is a machine.
LINK_TRAP: Final = 65530
# What a click carries on to the controller's own site, where that is wanted.
LINK_VISIT: Final = 65529
FIRST_RESERVED: Final = 65500
MAX_CONTENT_LINK: Final = FIRST_RESERVED - 1

# Numbers of messages begin at 1. A test message to a member has this one; what happens to it is not counted.
TEST_MESSAGE: Final = 0
# Stands for any message where the door keeps counts only and must not tell whose it was.
NOBODYS_MESSAGE: Final = 2**48 - 1

MAX_CAMPAIGN_NO: Final = 2**48 - 1
MAX_MESSAGE_NO: Final = 2**48 - 1

_HEAD_CHARS = 24
_REST_CHARS = TOKEN_LENGTH - _HEAD_CHARS
_TAG_BYTES = 12
_SIGNED_BYTES = 20
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = str.maketrans("-_", "+/")
_LINK = struct.Struct(">H")
_pack_link = _LINK.pack


class BadToken(ValueError):
    """The text is no token of ours: forged, cut short, padded, of another version or under a key we do not hold.

    It says no more than that on purpose: whoever presents a token learns nothing from the reason.
    """


class Parsed(NamedTuple):
    """What a genuine token says: numbers only."""

    campaign_no: int
    message_no: int
    link: int
    key_id: int


@dataclass(frozen=True)
class TokenKeys:
    """One generation of token keys.

    `key_id` is 0 to 255; `cipher_key` 32 bytes (AES-256); `tag_key` 32 to 64 bytes (BLAKE2b key). ValueError otherwise.
    """

    key_id: int
    cipher_key: bytes = field(repr=False)
    tag_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.key_id <= 255:
            raise ValueError("a token key id is a number from 0 to 255")
        if len(self.cipher_key) != 32:
            raise ValueError("a token cipher key has 32 bytes")
        if not 32 <= len(self.tag_key) <= 64:
            raise ValueError("a token tag key has 32 to 64 bytes")

    @cached_property
    def head(self) -> bytes:
        """Version and key id, the first two bytes of each token minted with these keys."""
        return bytes((VERSION, self.key_id))

    @cached_property
    def tagger(self) -> hashlib.blake2b:
        """BLAKE2b that has absorbed the key; copying it is cheaper than keying a new one."""
        return hashlib.blake2b(digest_size=_TAG_BYTES, key=self.tag_key)

    @cached_property
    def cipher(self) -> Any:
        # Each block is encrypted by itself and never repeats, so that ECB is the block cipher as it is (see above).
        return Cipher(algorithms.AES(self.cipher_key), modes.ECB())  # noqa: S305

    @cached_property
    def decryptor(self) -> Any:
        """A context kept open: whole blocks leave no state in it, and making one costs ten times its use."""
        return self.cipher.decryptor()


def references(keys: TokenKeys, numbers: Iterable[tuple[int, int]]) -> list[bytes]:
    """The opaque 16-byte references of (campaign number, message number), in order, ciphered in one call.

    ValueError when a number is negative or does not fit 48 bits.
    """
    plain = bytearray()
    for campaign_no, message_no in numbers:
        if not (0 <= campaign_no <= MAX_CAMPAIGN_NO and 0 <= message_no <= MAX_MESSAGE_NO):
            raise ValueError("campaign and message numbers are unsigned numbers of 48 bits")
        plain += (((campaign_no << 48) | message_no) << 32).to_bytes(REFERENCE_BYTES, "big")
    blocks: bytes = keys.cipher.encryptor().update(bytes(plain))
    return [blocks[at : at + REFERENCE_BYTES] for at in range(0, len(blocks), REFERENCE_BYTES)]


def mint(keys: TokenKeys, reference: bytes, link: int) -> str:
    """The token of one link of the message that `reference` stands for; 43 characters.

    `link` is 0 to 65535. ValueError when the reference is not 16 bytes or the link number does not fit.
    """
    return mint_many(keys, reference, (link,))[0]


def mint_many(keys: TokenKeys, reference: bytes, links: Sequence[int]) -> list[str]:
    """The tokens of several links of one message, in order: what the engine calls once per message.

    ValueError as for `mint`.
    """
    if len(reference) != REFERENCE_BYTES:
        raise ValueError("a reference has 16 bytes")
    signed = keys.head + reference
    message = keys.tagger.copy()
    message.update(signed)
    start = _to_text(signed)
    rests = []
    for number in _packed(tuple(links)):
        tagger = message.copy()
        tagger.update(number)
        rests.append(number + tagger.digest())
    # Fourteen bytes and a zero are twenty characters, of which the last says nothing: all tokens are encoded at once.
    rests.append(b"")
    text = _to_text(b"\0".join(rests))
    return [start + text[at : at + _REST_CHARS] for at in range(0, len(text), _REST_CHARS + 1)]


@lru_cache(maxsize=256)
def _packed(links: tuple[int, ...]) -> tuple[bytes, ...]:
    try:
        return tuple(_pack_link(link) for link in links)
    except struct.error as error:
        raise ValueError("a link number is an unsigned number of 16 bits") from error


def parse(keyring: Mapping[int, TokenKeys], token: str) -> Parsed:
    """What the token says, if one of the ring's keys minted it. BadToken otherwise, and no other exception.

    `keyring` maps key ids to keys. The tag is compared in constant time.
    """
    raw = _to_bytes(token)
    keys = keyring.get(raw[1])
    if raw[0] != VERSION or keys is None:
        raise BadToken
    tagger = keys.tagger.copy()
    tagger.update(raw[:_SIGNED_BYTES])
    if not hmac.compare_digest(tagger.digest(), raw[_SIGNED_BYTES:]):
        raise BadToken
    plain: bytes = keys.decryptor.update(raw[2:18])
    if plain[12:] != b"\0\0\0\0":
        raise BadToken
    return Parsed(
        int.from_bytes(plain[:6], "big"),
        int.from_bytes(plain[6:12], "big"),
        (raw[18] << 8) | raw[19],
        keys.key_id,
    )


def _to_text(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).translate(_TO_URL).decode("ascii")


def _to_bytes(token: str) -> bytes:
    """The 32 bytes of a token in its one spelling; anything else is a BadToken."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        raise BadToken
    try:
        raw = binascii.a2b_base64(token.translate(_FROM_URL) + "=")
    except binascii.Error:
        raise BadToken from None
    # Encoding again refuses the other alphabet, stray characters that base64 skips, and spare bits that are not zero.
    if len(raw) != 32 or _to_text(raw)[:TOKEN_LENGTH] != token:
        raise BadToken
    return raw
