"""The seal: one envelope for everything that is sealed.

    envelope, version 1
    byte 0        1
    bytes 1-2     version of the holder's key, big-endian (1 until a holder's key is ever replaced)
    bytes 3-18    commitment to the key: HMAC-SHA-256(key, "mandata commit 1"), first 16 bytes
    bytes 19-30   nonce, random
    bytes 31-     AES-256-GCM ciphertext with its 16-byte tag
    associated data: "mandata seal 1" || controller (16) || holder (16) || key version (2) || place, as "table.column"

The commitment is checked before decryption, because GCM alone does not bind a ciphertext to one key; the associated
data binds it
to its place, so that a ciphertext moved to another row, column or customer does not open.

    wrapped key, version 1 (61 bytes)
    byte 0        1
    bytes 1-12    nonce, random
    bytes 13-60   AES-256-GCM of the 32-byte key under the epoch key
    associated data: "mandata wrap 1" || controller (16) || owner's name
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mandata.vault.errors import DoesNotOpen

KEY_BYTES = 32
NONCE_BYTES = 12
INDEX_BYTES = 16
KEY_VERSION = 1
_VERSION = 1
_HEADER = bytes([_VERSION]) + KEY_VERSION.to_bytes(2, "big")
_COMMITMENT_END = 3 + 16
_BODY = _COMMITMENT_END + NONCE_BYTES


def place_data(controller_id: UUID, place: str) -> tuple[bytes, bytes]:
    """Return the parts of the associated data before and after the holder, for a whole run of seals in one place."""
    return b"mandata seal 1" + controller_id.bytes, KEY_VERSION.to_bytes(2, "big") + place.encode()


def commitment(key: bytes) -> bytes:
    """Return the 16-byte commitment to a key."""
    return hmac.digest(key, b"mandata commit 1", "sha256")[:16]


def seal(key: bytes, data: tuple[bytes, bytes], holder: UUID, plaintext: bytes, nonce: bytes) -> bytes:
    """Return the envelope of a plaintext. The nonce must be fresh for the key."""
    before, after = data
    return b"".join(
        (_HEADER, commitment(key), nonce, AESGCM(key).encrypt(nonce, plaintext, before + holder.bytes + after))
    )


def unseal(key: bytes, data: tuple[bytes, bytes], holder: UUID, envelope: bytes) -> bytes:
    """Return the plaintext of an envelope. Raises DoesNotOpen when version, key, place or content do not fit."""
    before, after = data
    if envelope[:3] != _HEADER:
        raise DoesNotOpen("the envelope has a version that this program does not know")
    if not hmac.compare_digest(envelope[3:_COMMITMENT_END], commitment(key)):
        raise DoesNotOpen("the envelope was sealed under another key")
    try:
        return AESGCM(key).decrypt(envelope[_COMMITMENT_END:_BODY], envelope[_BODY:], before + holder.bytes + after)
    except InvalidTag:
        raise DoesNotOpen("the envelope was changed, or comes from another place") from None


def wrap(epoch_key: AESGCM, controller_id: UUID, owner: bytes, key: bytes, nonce: bytes) -> bytes:
    """Return a key wrapped under an epoch key (61 bytes for a 32-byte key)."""
    return b"".join((b"\x01", nonce, epoch_key.encrypt(nonce, key, b"mandata wrap 1" + controller_id.bytes + owner)))


def unwrap(epoch_key: AESGCM, controller_id: UUID, owner: bytes, wrapped: bytes) -> bytes:
    """Return the key from its wrapping. Raises DoesNotOpen."""
    if wrapped[:1] != b"\x01":
        raise DoesNotOpen("the wrapped key has a version that this program does not know")
    try:
        return epoch_key.decrypt(wrapped[1:13], wrapped[13:], b"mandata wrap 1" + controller_id.bytes + owner)
    except InvalidTag:
        raise DoesNotOpen("the wrapped key does not open under this epoch's key") from None


def rewrap_many(
    left: Mapping[int, AESGCM],
    epoch_key: AESGCM,
    controller_id: UUID,
    rows: Sequence[tuple[UUID, int, bytes]],
    noise: bytes,
) -> list[bytes]:
    """Return the keys of rows (holder, epoch, wrapped) wrapped anew under an epoch key. `left`: epoch -> the key that
    opens it; `noise`: 12 random bytes for each row. Raises DoesNotOpen."""
    prefix, encrypt = b"mandata wrap 1" + controller_id.bytes, epoch_key.encrypt
    fresh = []
    try:
        for at, (holder, epoch, wrapped) in zip(range(0, NONCE_BYTES * len(rows), NONCE_BYTES), rows, strict=True):
            if wrapped[0] != 1:
                raise DoesNotOpen("the wrapped key has a version that this program does not know")
            data, nonce = prefix + holder.bytes, noise[at : at + NONCE_BYTES]
            key = left[epoch].decrypt(wrapped[1:13], wrapped[13:], data)
            fresh.append(b"".join((b"\x01", nonce, encrypt(nonce, key, data))))
    except InvalidTag:
        raise DoesNotOpen("a wrapped key does not open under its epoch's key") from None
    return fresh


def blind_index(secret: bytes, normalised: str) -> bytes:
    """Return the 16-byte keyed index of a normalised value, by which it is found without being readable."""
    return hmac.digest(secret, normalised.encode(), hashlib.sha256)[:INDEX_BYTES]


def indexer(secret: bytes) -> Callable[[str], bytes]:
    """Return `blind_index` under one secret, for many values: the keyed state is made once and copied, three times as
    fast."""
    keyed = hmac.new(secret, digestmod=hashlib.sha256)

    def index(normalised: str) -> bytes:
        state = keyed.copy()
        state.update(normalised.encode())
        return state.digest()[:INDEX_BYTES]

    return index


def fingerprint(key: bytes) -> bytes:
    """Return what names a key in a log after its death, and tells nothing about it."""
    return hmac.digest(key, b"mandata fingerprint 1", hashlib.sha256)[:16]
