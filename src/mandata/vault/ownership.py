"""A store belongs to one installation: whoever prunes would take what is another's for left over.

The first one to keep something there leaves the fingerprint of the key that signs its record. A restored installation
has that key again; a copy for trying things out needs a place of its own.
"""

import hashlib
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mandata.foundation.errors import Fault
from mandata.infra.stores import Missing, Store, store
from mandata.vault.services import record_signer

NAME: Final = "installation"
_mine: set[tuple[str, str]] = set()


def own(url: str) -> Store:
    """Return the store of `url` for keeping and deleting; the first one to ask makes it its own.

    Raises Fault where another installation has it, Away where it does not answer.
    """
    kept, me = store(url), _fingerprint()
    if (url, me) not in _mine:
        if (owner := _owner(kept)) == "":
            kept.put(NAME, [me.encode()])
            owner = _owner(kept)  # of two who begin at once, the later one has it
        if owner != me:
            raise Fault(
                f"The store {url} belongs to another installation: both would delete what the other one keeps.",
                remedy="Name a folder or a prefix of its own in MANDATA_BACKUP_STORE. Where this installation lost "
                "its keys for good and the store is its own, move what lies there away first.",
            )
        _mine.add((url, me))
    return kept


def _owner(kept: Store) -> str:
    try:
        return b"".join(kept.get(NAME)).decode("ascii", "replace").strip()
    except Missing:
        return ""


def _fingerprint() -> str:
    raw = record_signer().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:32]
