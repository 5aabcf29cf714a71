"""What there is of keys: epochs and counts, never a value."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Min, Q

from mandata.infra import bulk
from mandata.infra.environment import env
from mandata.infra.tenancy import current_controller, scope
from mandata.vault.errors import DoesNotOpen, KeysMissing
from mandata.vault.models import Epoch
from mandata.vault.providers import provider

_COUNT = (
    "select count(*), count(*) filter (where epoch < %(epoch)s) from vault_subject_key"
    " where controller_id = %(controller)s"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A controller's keys: the epoch in use and when it is due to turn; how many keys there are; `turning`: how many of
    them lie under an epoch that was left, None where no turn is under way; `copied_at`: since when recovery copies have
    the epoch's key; `opens`: whether its key is there."""

    controller_id: UUID
    epoch: int
    began_at: datetime
    due_at: datetime
    copied_at: datetime | None
    keys: int
    turning: int | None
    opens: bool


@dataclass(frozen=True, slots=True)
class Turns:
    """The epochs of all controllers at a glance: how many are in use, when the oldest of these began and when it is due
    to turn, when the last turn was over, how many were left and wait for their end, how many no copy has."""

    living: int
    oldest_at: datetime | None
    due_at: datetime | None
    turned_at: datetime | None
    left: int
    uncopied: int


def span(number: int) -> tuple[datetime, datetime | None] | None:
    """Return when an epoch of the scope's controller began and was left (None: in use), or None without such an epoch.

    Whoever had its value could open what was sealed until it was left.
    """
    row: tuple[datetime, datetime | None] | None = (
        Epoch.objects.filter(controller_id=current_controller(), number=number)
        .values_list("began_at", "left_at")
        .first()
    )
    return row


def turns() -> Turns:
    """Return how the epochs stand; one statement, however many controllers there are. Needs no scope."""
    used = Q(left_at=None)
    found = Epoch.objects.aggregate(
        living=Count("number", filter=used),
        oldest_at=Min("began_at", filter=used),
        turned_at=Max("destroyed_at"),
        left=Count("number", filter=Q(left_at__isnull=False, destroyed_at=None)),
        uncopied=Count("number", filter=Q(copied_at=None, destroyed_at=None)),
    )
    oldest = found["oldest_at"]
    return Turns(due_at=oldest + timedelta(days=env().epoch_days) if oldest else None, **found)


def controllers() -> list[UUID]:
    """Return every controller that has keys, the installation itself (the nil UUID) among them."""
    found = Epoch.objects.filter(left_at=None).order_by("controller_id")
    return list(found.values_list("controller_id", flat=True))


def living_epochs() -> list[int]:
    """Return the numbers of the scope's controller's epochs whose key was not destroyed, oldest first."""
    living = Epoch.objects.filter(controller_id=current_controller(), destroyed_at=None)
    return list(living.order_by("number").values_list("number", flat=True))


def standings() -> Iterator[Standing]:
    """Yield how each controller's keys stand."""
    begun = Epoch.objects.filter(destroyed_at=None).exclude(left_at=None).values_list("controller_id", flat=True)
    turning = set(begun)
    for epoch in Epoch.objects.filter(left_at=None).order_by("controller_id"):
        with scope(epoch.controller_id):
            values = {"controller": epoch.controller_id, "epoch": epoch.number}
            keys, left = bulk.execute(_COUNT, values, prepare=True)[0]
        yield Standing(
            controller_id=epoch.controller_id,
            epoch=epoch.number,
            began_at=epoch.began_at,
            due_at=epoch.began_at + timedelta(days=env().epoch_days),
            copied_at=epoch.copied_at,
            keys=keys,
            turning=left if epoch.controller_id in turning else None,
            opens=_opens(epoch.controller_id, epoch.number),
        )


def _opens(controller_id: UUID, number: int) -> bool:
    try:
        provider().epoch_key(controller_id, number)
    except (KeysMissing, DoesNotOpen):
        return False
    return True
