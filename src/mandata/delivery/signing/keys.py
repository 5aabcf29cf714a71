"""A key that signs for a domain, and the record by which receivers know it."""

import base64
from dataclasses import dataclass, field
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Algorithm = Literal["rsa-2048", "ed25519"]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and where its public half is published: `<selector>._domainkey.<domain>`, both in ASCII."""

    domain: str
    selector: str
    algorithm: Algorithm
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        wanted = RSAPrivateKey if self.algorithm == "rsa-2048" else Ed25519PrivateKey
        if not isinstance(self.private, wanted):
            raise ValueError(f"a key of algorithm {self.algorithm} is a {wanted.__name__}")
        if not (self.domain.isascii() and self.selector.isascii()):
            raise ValueError("domain and selector of a signing key are ASCII (A-labels)")


def public_record(key: RSAPublicKey | Ed25519PublicKey) -> str:
    """Return the TXT record of a public key: RSA as SubjectPublicKeyInfo (RFC 6376 section 3.6.1), Ed25519 bare
    (RFC 8463 section 4.2)."""
    if isinstance(key, Ed25519PublicKey):
        kind, data = "ed25519", key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    else:
        kind, data = "rsa", key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k={kind}; p={base64.b64encode(data).decode('ascii')}"
