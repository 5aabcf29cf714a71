"""Identifiers: UUIDv7 (RFC 9562 §5.7), made from a time and random bytes that the caller supplies."""

from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_MILLISECOND = 1_000_000
_MAX_MILLISECONDS = (1 << 48) - 1


def uuid7(nanoseconds: int, entropy: bytes) -> UUID:
    """Return the UUIDv7 of a Unix time in nanoseconds and eight random bytes (62 of their 64 bits are used).

    The twelve bits after the milliseconds are the part of the millisecond that has gone (RFC 9562 §6.2, method 3), so
    that ids made one after the other sort so. Raises ValueError when the milliseconds do not fit in 48 bits or the
    entropy is not eight bytes.
    """
    milliseconds, rest = divmod(nanoseconds, _MILLISECOND)
    if not 0 <= milliseconds <= _MAX_MILLISECONDS:
        raise ValueError("milliseconds must fit in 48 bits")
    if len(entropy) != 8:
        raise ValueError("eight random bytes are needed")
    part = (rest << 12) // _MILLISECOND
    noise = int.from_bytes(entropy, "big") & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | _VERSION_7 | part << 64 | _VARIANT | noise)
