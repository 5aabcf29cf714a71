"""Whether a server's certificates are those that its TLSA records know (RFC 6698, RFC 7671, RFC 7672).

Of the four usages SMTP knows two: 3, the server's own certificate or key (then neither its names nor its dates count),
and 2, an authority that stands behind it (then the certificate must name the host). Records of other usages, selectors
or digests are not usable; where none is, the connection must be encrypted, and any certificate will do.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from mandata.infra import clock

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

TRUST_ANCHOR: Final = 2
END_ENTITY: Final = 3
_DIGESTS: Final = {1: hashlib.sha256, 2: hashlib.sha512}


class Known(NamedTuple):
    """A usable TLSA record: usage 2 or 3, selector 0 (certificate) or 1 (key), matching 0, 1 or 2, and the data."""

    usage: int
    selector: int
    matching: int
    data: bytes


class Unknown(Exception):
    """No record knows the certificate."""


def usable(records: Iterable[Known]) -> tuple[Known, ...]:
    """Return the records that SMTP can use, those of the server's own certificate first."""
    found = [
        one
        for one in records
        if one.usage in (TRUST_ANCHOR, END_ENTITY)
        and one.selector in (0, 1)
        and (one.matching == 0 or one.matching in _DIGESTS)
        and one.data
    ]
    return tuple(sorted(found, key=lambda one: -one.usage))


def check(records: Sequence[Known], chain: Sequence[bytes], host: str, *, now: datetime | None = None) -> None:
    """See that the chain a server showed (DER, its own certificate first) is one that the records know.

    Raises Unknown.
    """
    from cryptography import x509  # here, because most processes never meet a TLSA record
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        certificates = [x509.load_der_x509_certificate(one) for one in chain]
        if any(_knows(record, certificates, host, now or clock.now()) for record in records):
            return
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise Unknown("a certificate that cannot be read") from error
    raise Unknown("its certificate is none that its TLSA records know")


def _knows(record: Known, chain: "Sequence[Certificate]", host: str, now: datetime) -> bool:
    if not chain:
        return False
    return _matches(record, chain[0]) if record.usage == END_ENTITY else _anchored(record, chain, host, now)


def _matches(record: Known, certificate: "Certificate") -> bool:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if record.selector == 0:
        data = certificate.public_bytes(Encoding.DER)
    else:
        data = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return (_DIGESTS[record.matching](data).digest() if record.matching else data) == record.data


def _anchored(record: Known, chain: "Sequence[Certificate]", host: str, now: datetime) -> bool:
    from cryptography.x509 import DNSName
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    for anchor in chain[1:]:
        if not _matches(record, anchor):
            continue
        policy = PolicyBuilder().store(Store([anchor])).time(now)
        try:
            policy.build_server_verifier(DNSName(host)).verify(chain[0], list(chain[1:]))
        except (VerificationError, ValueError):
            continue
        return True
    return False
