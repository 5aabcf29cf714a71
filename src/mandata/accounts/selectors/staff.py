"""The operator's staff: who is fit for access (installation's scope), and who looked where (the controller's)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mandata.accounts.models import Commitment, StaffAccess, User


@dataclass(frozen=True, slots=True)
class Committed:
    """What somebody has signed or learned. `until`: the day on which training lapses, its last day included."""

    id: UUID
    user_id: UUID
    name: str
    kind: str
    on: date
    until: date | None
    evidence: str
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Fitness:
    """What a person's access rests on: confidentiality since when, last training, and its last day."""

    confidential_on: date | None = None
    trained_on: date | None = None
    trained_until: date | None = None


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody of the operator's staff, and what an access of theirs rests on."""

    user_id: UUID
    name: str
    email: str
    fitness: Fitness


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody of the operator's looked, or may look, at the scope's controller, and why."""

    id: UUID
    user_id: UUID
    name: str
    reason: str
    ticket: str
    country: str
    opened_at: datetime
    until: datetime
    closed_at: datetime | None
    closed_by: str = ""
    seen_at: datetime | None = None
    product: str = ""

    def is_open(self, at: datetime) -> bool:
        """Say whether it still lets anybody in. Once something was looked at, a clock that was set back opens nothing
        again: the latest look counts."""
        return self.closed_at is None and self.opened_at <= at and max(at, self.seen_at or at) < self.until


def commitments(user_id: UUID | None = None) -> list[Committed]:
    """Return what the staff, or one person, has signed and learned, the newest first. Installation's scope."""
    rows = list(Commitment.objects.filter(**({"user_id": user_id} if user_id else {})).order_by("-on", "-at"))
    names = _names({row.user_id for row in rows})
    return [
        Committed(
            row.id, row.user_id, names.get(row.user_id, ""), row.kind, row.on, row.until, row.evidence, row.by, row.at
        )
        for row in rows
    ]


def staff() -> list[StaffMember]:
    """Return the operator's people who can log in, by name. Installation's scope."""
    rows = User.objects.filter(is_operator=True, is_active=True).order_by("name", "email")
    return [StaffMember(row.id, row.name or row.email, row.email, fitness(row.id)) for row in rows]


def fitness(user_id: UUID) -> Fitness:
    """Return what a person's access rests on. Installation's scope."""
    rows = list(Commitment.objects.filter(user_id=user_id))
    signed = [row.on for row in rows if row.kind == "confidentiality"]
    trained = [row for row in rows if row.kind == "training"]
    latest = max(trained, key=lambda row: (row.until or row.on, row.on), default=None)
    return Fitness(min(signed, default=None), latest.on if latest else None, latest.until if latest else None)


def lapsing(until: date) -> list[Committed]:
    """Return each person's last training where it lapses by a day, soonest first. Installation's scope."""
    last: dict[UUID, Committed] = {}
    for one in commitments():
        known = last.get(one.user_id)
        if one.kind == "training" and one.until and (known is None or one.until > (known.until or one.until)):
            last[one.user_id] = one
    due = [one for one in last.values() if one.until and one.until <= until]
    return sorted(due, key=lambda one: (one.until or one.on, one.id))


def accesses(limit: int = 100) -> list[Access]:
    """Return who of the operator's opened an access here, the newest first: what the controller sees."""
    rows = list(StaffAccess.objects.order_by("-opened_at")[:limit])
    names = _names({row.user_id for row in rows})
    return [_access(row, names.get(row.user_id, "")) for row in rows]


def access(user_id: UUID, *, at: datetime) -> Access | None:
    """Return the access that a person has here at an instant, or None."""
    row = StaffAccess.objects.filter(user_id=user_id, closed_at=None, opened_at__lte=at, until__gt=at)
    found = row.order_by("-until").first()
    one = None if found is None else _access(found, _names({user_id}).get(user_id, ""))
    return one if one is not None and one.is_open(at) else None


def _access(row: StaffAccess, name: str) -> Access:
    return Access(
        row.id, row.user_id, name, row.reason, row.ticket, row.country, row.opened_at, row.until, row.closed_at,
        row.closed_by, row.seen_at, row.product,
    )  # fmt: skip


def _names(user_ids: set[UUID]) -> dict[UUID, str]:
    rows = User.objects.filter(id__in=user_ids).values_list("id", "name", "email")
    return {user_id: name or email for user_id, name, email in rows}
