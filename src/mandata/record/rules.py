"""The record's formats: what is hashed, what is signed.

    leaf, version 2 (canonical JSON, hashed as an RFC 6962 leaf)
    {"actor", "at", "body", "clause", "commitment", "holder", "id", "kind", "log", "subject", "v": 2}

`log` is the controller's id (the nil UUID for the installation's own log), `subject` a random reference or null,
`body` ids, codes,
counts and times, never personal data; `commitment` is HMAC-SHA-256(salt, payload) in hexadecimal or null,
`holder` the random reference of the key under which payload and salt are sealed, or null. Version 1 had no `holder`.

    head, as a signed note (C2SP tlog-checkpoint and signed-note, Ed25519)
    mandata/<log>
    <size>
    <root, base64>
    <instant, ISO 8601>
    <empty line>
    — mandata/<log> <base64 of key hash (4) || signature (64)>
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mandata.foundation import canonical
from mandata.foundation.actors import Actor

VERSION = 2


@dataclass(frozen=True, slots=True)
class Commitment:
    """A commitment to a personal payload, and the salted payload sealed under its holder's key."""

    digest: bytes
    holder: UUID
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the verification of a log found wrong: which log, where, and what."""

    log: UUID
    where: str
    what: str


def leaf(
    *,
    log: UUID,
    entry: UUID,
    at: datetime,
    kind: str,
    actor: Actor,
    clause: str,
    subject: UUID | None,
    body: dict[str, object],
    commitment: bytes | None,
    holder: UUID | None = None,
) -> bytes:
    """Return the canonical bytes of an entry, which are what is hashed."""
    return canonical.dumps(
        {
            "v": VERSION,
            "log": log,
            "id": entry,
            "at": at,
            "kind": kind,
            "actor": str(actor),
            "clause": clause,
            "subject": subject,
            "body": body,
            "commitment": commitment,
            "holder": holder,
        }
    )


def head_body(log: UUID, size: int, root: bytes) -> dict[str, object]:
    """Return what the installation's log says of a controller's head."""
    return {"log": log, "size": size, "root": root}


def stamp_body(stamp: UUID, size: int, at: datetime, authority: str, token: bytes) -> dict[str, object]:
    """Return what the log says of a stamp: every column of its row, the token by its hash."""
    digest = hashlib.sha256(token).digest()
    return {"stamp": stamp, "size": size, "stamped_at": at, "authority": authority, "token": digest}


def receipt_body(receipt: UUID, size: int, root: bytes, at: datetime, how: str, to: UUID) -> dict[str, object]:
    """Return what the log says of a head that was handed over: every column of its row."""
    return {"receipt": receipt, "size": size, "root": root, "handed_at": at, "how": how, "to": to}


def public_pem(key: Ed25519PublicKey) -> bytes:
    """Return the public key as PEM, as openssl reads it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def origin(log: UUID) -> str:
    """Return the name of a log in its notes."""
    return f"mandata/{log}"


def sign_head(key: Ed25519PrivateKey, log: UUID, size: int, root: bytes, at: datetime) -> str:
    """Return the signed note of a head."""
    text = f"{origin(log)}\n{size}\n{base64.b64encode(root).decode()}\n{canonical.instant(at)}\n"
    return sign_note(key, origin(log), text)


def sign_note(key: Ed25519PrivateKey, name: str, text: str) -> str:
    """Return a text, whose lines each end with a line feed, as a signed note (C2SP signed-note)."""
    signed = base64.b64encode(key_hash(name, key.public_key()) + key.sign(text.encode())).decode()
    return f"{text}\n— {name} {signed}\n"


def key_hash(name: str, key: Ed25519PublicKey) -> bytes:
    """Return the four bytes by which a signed note names its key (C2SP signed-note)."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:4]


@dataclass(frozen=True, slots=True)
class SignedHead:
    """What the note of a head says; `at` is its instant in ISO 8601."""

    origin: str
    size: int
    root: bytes
    at: str


def read_head(key: Ed25519PublicKey, note: str) -> SignedHead:
    """Return what a note says whose signature holds. Raises ValueError otherwise."""
    try:
        text, _, signatures = note.partition("\n\n")
        text += "\n"
        name, size, root, at = text.splitlines()
        signed = base64.b64decode(signatures.split()[2], validate=True)
        if signed[:4] != key_hash(name, key):
            raise ValueError("signed by another key")
        key.verify(signed[4:], text.encode())
        if note != f"{text}\n— {name} {base64.b64encode(signed).decode()}\n":
            raise ValueError("it is not written as notes are")
        return SignedHead(name, int(size), base64.b64decode(root, validate=True), at)
    except (InvalidSignature, IndexError) as fault:
        raise ValueError("the signature does not hold") from fault
