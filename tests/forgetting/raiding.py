"""What a thief does who has everything that there is: opens every file, tries every key that could be one.

Knows nothing of how keys are kept but their length: each window of 32 bytes in whatever was opened is tried as a key.
"""

import gzip
import json
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mandata.infra import age
from mandata.vault import rules
from mandata.vault.errors import DoesNotOpen

_PLACE = "audience_subscriber.identity"
_FOLDER = "keys"


def known(controller: str, person: str) -> dict[str, object]:
    """What lies in the live database of somebody, before: the sealed identity, the wrapped key; and the address in it,
    as whoever has the live keys reads it. A process of the installation."""
    from mandata.audience import selectors as audience
    from mandata.infra import bulk
    from mandata.infra.tenancy import scope

    with scope(UUID(controller)):
        wrapped, epoch = bulk.execute(
            "select wrapped, epoch from vault_subject_key where holder = %b::uuid", [UUID(person)]
        )[0]
        ((sealed,),) = bulk.execute("select identity from audience_subscriber where id = %b::uuid", [UUID(person)])
        identity = audience.identities([UUID(person)])[UUID(person)]
    return {"wrapped": wrapped.hex(), "epoch": epoch, "sealed": sealed.hex(), "address": identity["email"]}


def live_keys() -> list[str]:
    """Every epoch key that the installation's provider still gives. A process of the installation."""
    from mandata.vault.providers import provider

    return [provider().epoch_key(who, number).hex() for who, number in provider().epochs()]


class Loot:
    """The objects of a store as they ever lay there, opened with every identity."""

    def __init__(self, folder: Path, identities: Sequence[Path]) -> None:
        self._folder = folder
        self._identities = age.identities("\n".join(path.read_text() for path in identities))

    def data(self) -> Iterator[bytes]:
        """Yield the contents of everything but the copies of keys: backups, write-ahead log, outside log."""
        for path in self._files():
            if path.relative_to(self._folder).parts[0] != _FOLDER:
                yield self._opened(path)

    def keys(self, only: Iterable[str] | None = None) -> Iterator[bytes]:
        """Yield the contents of copies of keys: of all that ever lay there, or of those `only`."""
        wanted = None if only is None else set(only)
        for path in self._files():
            if path.relative_to(self._folder).parts[0] == _FOLDER and (wanted is None or path.name in wanted):
                yield self._opened(path)

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.rglob("*") if path.is_file())

    def _opened(self, path: Path) -> bytes:
        data = path.read_bytes()
        if path.name.endswith(".age") or data.startswith(b"age-encryption.org/"):
            data = b"".join(age.decrypt([data], self._identities))
        return _unpacked(data)


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, zlib.error):  # a part of a larger one
        return zlib.decompressobj(31).decompress(data)


def opens(known: dict[str, str], person: str, controller: str, contents: Iterable[bytes], keys: Iterable[str]) -> str:
    """Return the identity that opens with some key in hand, or nothing: each given key, each window of the contents."""
    for candidate in (*(bytes.fromhex(key) for key in keys), *_windows(contents)):
        try:
            key = rules.unwrap(AESGCM(candidate), UUID(controller), UUID(person).bytes, bytes.fromhex(known["wrapped"]))
        except DoesNotOpen:
            continue
        place = rules.place_data(UUID(controller), _PLACE)
        return rules.unseal(key, place, UUID(person), bytes.fromhex(known["sealed"])).decode()
    return ""


def _windows(contents: Iterable[bytes]) -> Iterator[bytes]:
    for content in contents:
        yield from (content[at : at + 32] for at in range(len(content) - 31))


if __name__ == "__main__":
    from mandata.cli.installation import connected, django

    with connected():
        django()
        answer = globals()[sys.argv[1]](**json.loads(sys.argv[2]))
    sys.stdout.write(json.dumps(answer) + "\n")
