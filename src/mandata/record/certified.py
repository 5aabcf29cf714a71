"""Certificates: entries of a log with their proofs against one signed head, as one JSON file, written and verified.

    {"format": "mandata-certificates-1", "log": ..., "size": ..., "root": hex, "head": the signed note, "key": PEM,
     "certificates": [
       {"leaf": the exact text of the entry, "index": ..., "path": [hex, ...]},
       ...
     ]}

One certificate on a line. `leaf` is what is hashed (RFC 6962), `path` leads from it to `root`, and `head` is the note
in which the installation's key signed that root. An entry that waits for its place has neither index nor path.
Verifying needs no database: `mandata verify FILE [--key PEM]`.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from mandata.foundation import merkle
from mandata.record import rules

if TYPE_CHECKING:  # verifying needs neither Django nor a database
    from mandata.record.models import Head
    from mandata.record.selectors import Proven

FORMAT: Final = "mandata-certificates-1"
FAULTS: Final = (ValueError, KeyError, TypeError, OSError)
"""What `verify` raises where a file is none that can be read."""


def pieces(log: UUID, head: "Head", key: Ed25519PublicKey, entries: "Iterable[Proven]") -> Iterator[str]:
    """Yield the file piece by piece, one certificate on a line."""
    start = {
        "format": FORMAT,
        "log": str(log),
        "size": head.size,
        "root": bytes(head.root).hex(),
        "head": head.note,
        "key": rules.public_pem(key).decode(),
    }
    yield json.dumps(start, ensure_ascii=False)[:-1] + ', "certificates": ['
    before = "\n"
    for one in entries:
        proof = {"index": one.index, "path": [node.hex() for node in one.path]} if one.index is not None else {}
        yield before + json.dumps({"leaf": one.leaf.decode(), **proof}, ensure_ascii=False)
        before = ",\n"
    yield "\n]}\n"


def verify(path: Path, key: bytes | None = None) -> dict[str, Any]:
    """Verify a file of certificates: the head's signature, and each entry's way to it.

    `key`: PEM of the key that is known to be the installation's; without it the one in the file is believed. Returns
    log, size, how many, and the findings. Raises one of `FAULTS` for what is no such file.
    """
    told = json.loads(path.read_text("utf-8"))
    if told["format"] != FORMAT:
        raise ValueError("it is of another format")
    known = load_pem_public_key(key or told["key"].encode())
    if not isinstance(known, Ed25519PublicKey):
        raise ValueError("the key is no Ed25519 key")
    findings = [*_head(told, known)]
    for number, one in enumerate(told["certificates"], 1):
        findings += [{"where": f"certificate {number}", "what": what} for what in _wrong(one, told)]
    return {
        "log": told["log"],
        "size": told["size"],
        "certificates": len(told["certificates"]),
        "holds": not findings,
        "findings": findings,
    }


def _head(told: dict[str, Any], key: Ed25519PublicKey) -> Iterator[dict[str, str]]:
    try:
        head = rules.read_head(key, told["head"])
    except ValueError as fault:
        yield {"where": "head", "what": f"is not signed by the key ({fault})"}
        return
    if (head.origin, head.size, head.root.hex()) != (f"mandata/{told['log']}", told["size"], told["root"]):
        yield {"where": "head", "what": "is not the head that the file says"}


def _wrong(one: dict[str, Any], told: dict[str, Any]) -> Iterator[str]:
    if json.loads(one["leaf"])["log"] != told["log"]:
        yield "belongs to another log"
    if "index" not in one:
        yield "waits for its place in the log; take the file again in some seconds"
        return
    path, root = [bytes.fromhex(node) for node in one["path"]], bytes.fromhex(told["root"])
    if not merkle.verify_inclusion(merkle.leaf_hash(one["leaf"].encode()), one["index"], told["size"], path, root):
        yield "is not in the log of that head"
