"""The death of all keys of one controller: whatever was sealed for it, in any copy of any age, opens for nobody.

    (a) rows     the wrapped keys of its holders and its index secrets are deleted
    (b) copied   a recovery copy without its epochs takes the place of all others, where copies are kept
    (c) gone     the values of all its epochs are destroyed, then the epochs are marked so

Whoever is killed at any of these leaves a state from which the same call goes on.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mandata.infra import bulk
from mandata.infra.tenancy import scope
from mandata.vault import recovery
from mandata.vault.errors import KeysMissing
from mandata.vault.models import Epoch, Secret
from mandata.vault.providers import provider

_CHUNK = 20_000
_KEYS = (
    "delete from vault_subject_key where ctid = any(array("
    "select ctid from vault_subject_key where controller_id = %s limit %s))"
)


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What died: keys of holders, secrets of indexes, epochs (their numbers)."""

    keys: int
    secrets: int
    epochs: tuple[int, ...]


def destroy_holders(controller_id: UUID) -> int:
    """Delete one chunk of the wrapped keys of a controller's holders; return how many, 0 once none is left."""
    with scope(controller_id):
        return len(bulk.execute(f"{_KEYS} returning 1", [controller_id, _CHUNK]))


def destroy_all(controller_id: UUID, *, at: datetime) -> Destroyed:
    """Destroy every key of a controller. Open no scope around it. Raises Fault where the store takes no recovery copy,
    KeysMissing where the keys are not there to be destroyed: the epochs stay then, and the same call goes on."""
    if not provider().complete():
        raise KeysMissing(
            "The keys of the installation are not where they should be, so nothing says that they are destroyed.",
            remedy="Put the folder of the keys in its place; the same call then goes on.",
        )
    keys = 0
    while done := destroy_holders(controller_id):
        keys += done
    with scope(controller_id):
        secrets = Secret.objects.all().delete()[0]
    with recovery.alone():
        left = {(whose, number) for whose, number in provider().epochs() if whose == controller_id}
        if left and recovery.configured():
            recovery.keep(at=at, without=left)
        for whose, number in sorted(left):
            provider().destroy_epoch_key(whose, number)
    with scope(controller_id):
        rows = Epoch.objects.filter(controller_id=controller_id)
        rows.filter(left_at=None).update(left_at=at)
        rows.filter(destroyed_at=None).update(destroyed_at=at)
        numbers = tuple(rows.order_by("number").values_list("number", flat=True))
    return Destroyed(keys, secrets, numbers)


def is_destroyed(controller_id: UUID) -> bool:
    """Say whether the keys of a controller were destroyed on purpose: every epoch that it had is marked so, and no
    value of one is left in the provider. A folder of keys that is not there destroys nothing. Needs no scope."""
    mine = Epoch.objects.filter(controller_id=controller_id)
    if not mine.exists() or mine.filter(destroyed_at=None).exists():
        return False
    return all(whose != controller_id for whose, _number in provider().epochs())
