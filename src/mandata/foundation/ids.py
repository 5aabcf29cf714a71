"""Identifiers: UUIDv7 (RFC 9562 §5.7), made from a time and random bytes that the caller supplies."""

from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_MAX_MILLISECONDS = (1 << 48) - 1


def uuid7(milliseconds: int, entropy: bytes) -> UUID:
    """Return the UUIDv7 of a Unix time in milliseconds and ten random bytes (74 of their 80 bits are used).

    Raises ValueError when the time does not fit in 48 bits or the entropy is not ten bytes.
    """
    if not 0 <= milliseconds <= _MAX_MILLISECONDS:
        raise ValueError("milliseconds must fit in 48 bits")
    if len(entropy) != 10:
        raise ValueError("ten random bytes are needed")
    noise = int.from_bytes(entropy, "big")
    rand_a = (noise >> 62) & 0xFFF
    rand_b = noise & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | _VERSION_7 | rand_a << 64 | _VARIANT | rand_b)
