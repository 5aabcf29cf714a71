"""What the vault holds of one person, for `holdings`: the key that everything about the person is sealed under."""

from dataclasses import dataclass
from uuid import UUID

from mandata.vault import rules
from mandata.vault.models import SubjectKey
from mandata.vault.services import Vault


@dataclass(frozen=True, slots=True)
class KeyMark:
    """What names a key in a log after its death: fingerprint (16 bytes) and the epoch under which it lies wrapped."""

    fingerprint: bytes
    epoch: int


def count(holder: UUID) -> int:
    """Return 1 where the holder has a key, else 0."""
    return SubjectKey.objects.filter(holder=holder).count()


def mark(holder: UUID) -> KeyMark | None:
    """Return what names the holder's key, None where there is none (any more)."""
    epoch = SubjectKey.objects.filter(holder=holder).values_list("epoch", flat=True).first()
    return None if epoch is None else KeyMark(rules.fingerprint(Vault.open().key(holder)), epoch)


def destroy(*holders: UUID) -> int:
    """Destroy the keys of the holders; return how many there were."""
    return len(Vault.open().destroy(list(holders)))
