"""What the vault holds of one person, for `holdings`: the key that everything about the person is sealed under."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mandata.infra import bulk
from mandata.vault import rules
from mandata.vault.errors import DoesNotOpen
from mandata.vault.services import Vault


@dataclass(frozen=True, slots=True)
class KeyMark:
    """What names a key in a log after its death: fingerprint (16 bytes) and the epoch under which it lies wrapped."""

    fingerprint: bytes
    epoch: int


def count(holders: Sequence[UUID]) -> dict[UUID, int]:
    """Return 1 for each of the holders that has a key."""
    return bulk.tally("select holder, 1::int8 from vault_subject_key where holder = any(%b)", holders)


def marks(holders: Sequence[UUID]) -> dict[UUID, KeyMark]:
    """Return what names the keys of those holders that have one (still)."""
    epochs = bulk.tally("select holder, epoch from vault_subject_key where holder = any(%b)", holders)
    prints = _prints(list(epochs)) if epochs else {}
    return {holder: KeyMark(prints.get(holder, b""), epoch) for holder, epoch in epochs.items()}


def _prints(holders: Sequence[UUID]) -> dict[UUID, bytes]:
    """Fingerprints in bulk; a key that does not open any more has none, and is destroyed all the same."""
    try:
        return {holder: rules.fingerprint(key) for holder, key in Vault.open().keys(holders).items()}
    except DoesNotOpen:
        middle = len(holders) // 2
        return _prints(holders[:middle]) | _prints(holders[middle:]) if middle else {}


def destroy_each(holders: Sequence[UUID]) -> dict[UUID, int]:
    """Destroy the keys of the holders; return 1 for each that had one."""
    return bulk.tally(
        "with gone as (delete from vault_subject_key where holder = any(%b) returning holder)"
        " select holder, 1::int8 from gone",
        holders,
    )


def destroy(*holders: UUID) -> int:
    """Destroy the keys of the holders; return how many there were."""
    return len(Vault.open().destroy(list(holders)))
