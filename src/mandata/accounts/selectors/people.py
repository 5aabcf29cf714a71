"""Controllers, users, members, invitations.

Reads marked *directory* run before a controller's scope is open; all others inside one.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from mandata.accounts.models import (
    AccessAlert,
    Controller,
    Directory,
    Invitation,
    InvitationKey,
    Member,
    Seat,
    StaffAccess,
    User,
)
from mandata.accounts.rules import same_address
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, current_controller, scope


@dataclass(frozen=True, slots=True)
class Card:
    """A controller's own details, as recipients, the agreement and mails need them."""

    id: UUID
    name: str
    legal_name: str
    postal_address: str
    country: str
    time_zone: str
    language: str
    contact: str
    privacy_contact: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """What a user is at the scope's controller."""

    controller_id: UUID
    controller_name: str
    controller_state: str
    member_id: UUID
    user_id: UUID
    role: str
    time_zone: str
    seats: int
    watched: int = 0  # accesses of the staff that are open, and unusual ones that nobody has looked at


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member as the page of members shows it."""

    id: UUID
    user_id: UUID
    name: str
    email: str
    role: str
    state: str
    joined_at: datetime
    last_login: datetime | None


@dataclass(frozen=True, slots=True)
class Invited:
    """An open invitation."""

    id: UUID
    controller_id: UUID
    controller_name: str
    email: str
    name: str
    role: str
    invited_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """A controller in the operator's list, or in a user's choice (then with the user's role)."""

    id: UUID
    name: str
    state: str
    created_at: datetime
    members: int
    role: str = ""


def controller() -> Card:
    """Return the scope's controller."""
    row = Controller.objects.get()
    return Card(
        row.controller_id,
        row.name,
        row.legal_name,
        row.postal_address,
        row.country,
        row.time_zone,
        row.language,
        row.contact,
        row.privacy_contact,
        row.created_at,
    )


def holder() -> Card:
    """Return whose the open scope is: the controller, or in the installation's scope the operator itself."""
    if current_controller() != INSTANCE:
        return controller()
    said = env()
    return Card(
        id=INSTANCE,
        name=said.operator_name,
        legal_name=said.operator_name,
        postal_address="",
        country="CZ",
        time_zone="UTC",
        language="en",
        contact=said.operator_contact,
        privacy_contact="",
        created_at=datetime.min.replace(tzinfo=UTC),
    )


def state() -> str:
    """Return the state of the scope's controller: active, suspended or ended."""
    return Directory.objects.values_list("state", flat=True).get(controller_id=current_controller())


def membership(user_id: UUID) -> Membership | None:
    """Return what the user is here; None for who has no active seat, so that nothing is told."""
    member = Member.objects.filter(user_id=user_id, state="active").values("id", "role").first()
    if member is None:
        return None
    name, zone = Controller.objects.values_list("name", "time_zone").get()
    seats = Seat.objects.filter(user_id=user_id).count()
    watched = AccessAlert.objects.filter(settled_at=None).count() + StaffAccess.objects.filter(closed_at=None).count()
    return Membership(current_controller(), name, state(), member["id"], user_id, member["role"], zone, seats, watched)


def members() -> list[Colleague]:
    """Return the members, owners first, then by name."""
    rows = Member.objects.select_related("user").order_by("user__name", "user__email")
    people = [
        Colleague(
            row.id, row.user_id, row.user.name, row.user.email, row.role, row.state, row.joined_at, row.user.last_login
        )
        for row in rows
    ]
    return sorted(people, key=lambda person: person.role != "owner")


def owners() -> list[Colleague]:
    """Return the active owners."""
    return [person for person in members() if person.role == "owner" and person.state == "active"]


def invitations(*, at: datetime) -> list[Invited]:
    """Return the invitations that can still be accepted, newest first."""
    name = Controller.objects.values_list("name", flat=True).get()
    rows = Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=at).order_by("-created_at")
    names = _names([row.invited_by for row in rows])
    return [_invited(row, name, names.get(row.invited_by, "")) for row in rows]


def invitation(token: str, *, at: datetime) -> Invited | None:
    """*Directory.* Return the open invitation that a link's token stands for, or None."""
    key = InvitationKey.objects.filter(token_hash=token_hash(token), expires_at__gt=at).first()
    if key is None:
        return None
    with scope(key.controller_id):
        row = Invitation.objects.filter(
            id=key.invitation_id, accepted_at=None, revoked_at=None, expires_at__gt=at
        ).first()
        if row is None:
            return None
        name = Controller.objects.values_list("name", flat=True).get()
        return _invited(row, name, _names([row.invited_by]).get(row.invited_by, ""))


def token_hash(token: str) -> bytes:
    """Return what the directory keeps of an invitation's token."""
    return hashlib.sha256(token.encode()).digest()


def _names(member_ids: list[UUID]) -> dict[UUID, str]:
    rows = Member.objects.filter(id__in=member_ids).values_list("id", "user__name", "user__email")
    return {member: name or email for member, name, email in rows}


def _invited(row: Invitation, controller_name: str, inviter: str) -> Invited:
    return Invited(
        row.id,
        row.controller_id,
        controller_name,
        row.email,
        row.name,
        row.role,
        inviter,
        row.created_at,
        row.expires_at,
    )


def user_by_email(email: str) -> UUID | None:
    """*Directory.* Return the id of the account with an address, in any case, or None."""
    return User.objects.filter(email__iexact=email.strip()).values_list("id", flat=True).first()


def user_has_address(user_id: UUID, email: str) -> bool:
    """*Directory.* Say whether an account has the address."""
    known = User.objects.filter(id=user_id).values_list("email", flat=True).first()
    return known is not None and same_address(known, email)


def seats(user_id: UUID) -> list[UUID]:
    """*Directory.* Return the controllers where a user has a seat, oldest first."""
    return list(Seat.objects.filter(user_id=user_id).order_by("id").values_list("controller_id", flat=True))


def choices(user_id: UUID) -> list[Listed]:
    """*Directory.* Return the controllers a user may enter, each read in its own scope, by name."""
    found = []
    for controller_id in seats(user_id):
        with scope(controller_id):
            here = membership(user_id)
            if here is not None:
                found.append(_listed(controller_id, here.role))
    return sorted(found, key=lambda one: one.name.casefold())


def directory(*, start: int = 0, count: int = 50) -> tuple[int, list[Listed]]:
    """*Directory.* Return how many controllers there are, and one page of them, newest first."""
    ids = Directory.objects.order_by("-created_at").values_list("controller_id", flat=True)
    page = []
    for controller_id in ids[start : start + count]:
        with scope(controller_id):
            page.append(_listed(controller_id))
    return ids.count(), page


def ids() -> list[UUID]:
    """*Directory.* Return the id of every controller."""
    return list(Directory.objects.order_by("controller_id").values_list("controller_id", flat=True))


def newest(count: int) -> list[UUID]:
    """*directory* Return the controllers founded last, whatever their state."""
    rows = Directory.objects.order_by("-created_at", "controller_id")
    return list(rows.values_list("controller_id", flat=True)[:count])


def ids_after(after: UUID | None, count: int) -> list[UUID]:
    """*Directory.* Return the next ids of controllers in their order, so that all of them are seen page by page."""
    rows = Directory.objects.order_by("controller_id")
    rows = rows.filter(controller_id__gt=after) if after else rows
    return list(rows.values_list("controller_id", flat=True)[:count])


def exists(controller_id: UUID) -> bool:
    """*Directory.* Say whether there is such a controller."""
    return Directory.objects.filter(controller_id=controller_id).exists()


def user(user_id: UUID) -> User:
    """*Directory.* Return the account itself, for log-in only."""
    return User.objects.get(id=user_id)


def states() -> dict[str, int]:
    """*Directory.* Return how many controllers are in each state."""
    counts = {"active": 0, "suspended": 0, "ended": 0}
    for value in Directory.objects.values_list("state", flat=True):
        counts[value] += 1
    return counts


def _listed(controller_id: UUID, role: str = "") -> Listed:
    entry = Directory.objects.get(controller_id=controller_id)
    name = Controller.objects.values_list("name", flat=True).get()
    return Listed(controller_id, name, entry.state, entry.created_at, Member.objects.count(), role)
