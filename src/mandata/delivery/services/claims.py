"""Whose a proven name is, across controllers: used for nothing else (DLV-1). Rows of a scope-free table."""

from datetime import datetime, timedelta
from uuid import UUID

from mandata.delivery.models import Claim, Watch
from mandata.infra.tenancy import current_controller


def claim(*, name: str, kind: str, owner_id: UUID) -> bool:
    """Claim a name for the scope's controller; return whether it is its own now. First come, first served."""
    values = {"kind": kind, "controller_id": current_controller(), "owner_id": owner_id}
    row, _made = Claim.objects.get_or_create(name=name, defaults=values)
    return row.owner_id == owner_id


def is_taken(name: str) -> bool:
    """Say whether a name is another controller's."""
    return Claim.objects.filter(name=name).exclude(controller_id=current_controller()).exists()


def let_go(owner_id: UUID) -> None:
    """Give up the name that a domain or a host holds."""
    Claim.objects.filter(owner_id=owner_id).delete()


def watch(*, owner_id: UUID, kind: str, at: datetime, after: timedelta = timedelta(0)) -> None:
    """Have a domain or a host looked at after a while, whatever was planned before."""
    values = {"kind": kind, "controller_id": current_controller(), "next_at": at + after}
    Watch.objects.update_or_create(id=owner_id, defaults=values)


def unwatch(owner_id: UUID) -> None:
    """Look at it no more."""
    Watch.objects.filter(id=owner_id).delete()
