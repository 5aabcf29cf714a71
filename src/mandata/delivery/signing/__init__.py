"""DKIM signatures (RFC 6376) with RSA-2048 and Ed25519 (RFC 8463): pure, no database, no clock, no randomness.

`keys` says what a key is, `signer` signs.
"""

from mandata.delivery.signing.keys import Algorithm, SigningKey, public_record
from mandata.delivery.signing.signer import LIFE, Signer

__all__ = ["LIFE", "Algorithm", "Signer", "SigningKey", "public_record"]
