"""Reads of archives, in the controller's scope."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.retention.errors import NoSuchReturn
from mandata.retention.models import Return


@dataclass(frozen=True, slots=True)
class ReturnView:
    """An archive as pages show it; `with_passphrase`: a small key file goes with it. See the model."""

    id: UUID
    number: int
    end: UUID | None
    state: str
    how: str
    recipient: str
    place: str
    part: str
    progress: dict[str, int]
    size: int
    digest: str
    error: str
    asked_at: datetime
    made_at: datetime | None
    delivered_at: datetime | None
    expires_at: datetime | None
    fetched_at: datetime | None
    gone_at: datetime | None
    with_passphrase: bool

    @property
    def is_working(self) -> bool:
        """Whether it is being made."""
        return self.state in ("queued", "making")

    @property
    def rows(self) -> int:
        """How many rows it has (so far)."""
        return sum(self.progress.values())


def returns(limit: int = 20) -> list[ReturnView]:
    """Return the newest archives, newest first."""
    return [view(row) for row in Return.objects.order_by("-number")[:limit]]


def one(return_id: UUID) -> ReturnView:
    """Return an archive. Raises NoSuchReturn."""
    row = Return.objects.filter(id=return_id).first()
    if row is None:
        raise NoSuchReturn(_("There is no such archive."))
    return view(row)


def view(row: Return) -> ReturnView:
    """Return a row as a value."""
    names = [name for name in ReturnView.__slots__ if name not in ("digest", "with_passphrase")]
    values = {name: getattr(row, name) for name in names}
    return ReturnView(**values, digest=bytes(row.digest).hex(), with_passphrase=bool(bytes(row.identity)))
