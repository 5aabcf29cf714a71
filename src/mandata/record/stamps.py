"""Time-stamps of RFC 3161: what is asked of an authority, and whether what it answered holds. No network here.

The stamp is over the exact bytes of a head's signed note, so that `openssl ts -verify -data NOTE -in STAMP` checks it.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

_SHA256: Final = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a stamp: its bytes (DER), and the number that the answer must repeat."""

    data: bytes
    nonce: int | None


def request(note: bytes) -> Request:
    """Return a request for a stamp over a note, with the authority's certificate in the answer."""
    builder = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True)
    made = builder.cert_request(cert_request=True).build()
    return Request(made.as_bytes(), made.nonce)


def verify(token: bytes, note: bytes, certificates: bytes, *, nonce: int | None = None) -> datetime:
    """Return the time that an authority's answer states for a note.

    `certificates`: PEM with the authority's root and, where it has them, intermediate certificates; empty compares only
    what the stamp is over. Raises ValueError, saying what does not hold.
    """
    answer = _decode(token)
    imprint = answer.tst_info.message_imprint
    if imprint.hash_algorithm != _SHA256 or imprint.message != sha256(note).digest():
        raise ValueError("it is over something else")
    if nonce is not None and answer.tst_info.nonce != nonce:
        raise ValueError("it answers another request")
    if certificates:
        _verify_chain(answer, note, certificates)
    return answer.tst_info.gen_time


def _decode(token: bytes) -> TimeStampResponse:
    try:
        answer = decode_timestamp_response(_ordered(token))
    except Exception as fault:
        raise ValueError("it is no time-stamp") from fault
    if answer.status != 0:
        raise ValueError(f"the authority refused ({answer.status})")
    return answer


def _ordered(token: bytes) -> bytes:
    """Return an answer with its certificates in the order that DER demands of a set.

    `openssl ts` writes them as they come, and the decoder takes none such. They are not signed as a set, each stands
    for itself; the same bytes in another order have the same length, so nothing else changes.
    """
    at = _inside(token, 0)  # TimeStampResp: status, token
    at = _inside(token, _after(token, at))  # ContentInfo: type, [0] content
    at = _inside(token, _inside(token, _after(token, at)))  # SignedData: version, digests, content, [0] certificates
    for _ in range(3):
        at = _after(token, at)
    if token[at] != 0xA0:
        return token
    start, end, found = _inside(token, at), _after(token, at), []
    at = start
    while at < end:
        found.append(token[at : _after(token, at)])
        at = _after(token, at)
    return token[:start] + b"".join(sorted(found)) + token[end:]


def _inside(data: bytes, at: int) -> int:
    """Return where the contents of the DER element begin."""
    return at + 2 + (data[at + 1] & 0x7F if data[at + 1] & 0x80 else 0)


def _after(data: bytes, at: int) -> int:
    """Return where the DER element ends."""
    start = _inside(data, at)
    return start + (int.from_bytes(data[at + 2 : start]) if start > at + 2 else data[at + 1])


def _verify_chain(answer: TimeStampResponse, note: bytes, certificates: bytes) -> None:
    builder = VerifierBuilder()
    for certificate in x509.load_pem_x509_certificates(certificates):
        if certificate.issuer == certificate.subject:
            builder = builder.add_root_certificate(certificate)
        else:
            builder = builder.add_intermediate_certificate(certificate)
    try:
        builder.build().verify_message(answer, note)
    except (VerificationError, ValueError) as fault:
        raise ValueError(f"the authority's signature does not hold ({fault})") from fault
