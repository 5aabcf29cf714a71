"""Controllers: founding, details, state."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mandata.accounts import rules, selectors
from mandata.accounts.models import Controller, Directory, Member, Seat
from mandata.accounts.services import addresses
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Refused
from mandata.infra.clock import new_id
from mandata.infra.tenancy import current_controller, scope
from mandata.record.services import append
from mandata.vault import services as vault


@dataclass(frozen=True, slots=True)
class Founded:
    """A new controller and its first owner."""

    controller_id: UUID
    member_id: UUID


def found(
    *,
    owner_id: UUID,
    name: str,
    legal_name: str,
    postal_address: str,
    contact: str,
    at: datetime,
    country: str = "CZ",
    time_zone: str = "Europe/Prague",
    language: str = "en",
    privacy_contact: str = "",
    controller_id: UUID | None = None,
) -> Founded:
    """Make a controller with its vault keys, its owner's seat and its first entry in the record (SVC-1).

    Opens the new controller's scope itself, or works inside it when `controller_id` is given and its scope is open. The
    agreement is accepted by the caller, in the same scope, because agreements stand above accounts.
    """
    fresh = controller_id or new_id()
    with scope(fresh):
        Directory.objects.create(controller_id=fresh, created_at=at)
        Controller.objects.create(
            controller_id=fresh,
            name=name.strip(),
            legal_name=legal_name.strip(),
            postal_address=postal_address.strip(),
            country=country,
            time_zone=time_zone,
            language=language,
            contact=contact.strip(),
            privacy_contact=privacy_contact.strip(),
            created_at=at,
        )
        vault.begin(at=at)
        member = Member.objects.create(user_id=owner_id, role=rules.OWNER, joined_at=at)
        Seat.objects.create(user_id=owner_id, controller_id=fresh)
        append(kind="controller.founded", body={"owner": member.id}, actor=Actor("member", member.id), at=at)
    return Founded(fresh, member.id)


def correct(*, actor: Actor, at: datetime, **details: str) -> None:
    """Keep the controller's details as corrected (SVC-1: kept current). `details`: columns of `selectors.Card`.

    Where notices now go elsewhere, the old and the new contacts are told (AGR-7).
    """
    row = Controller.objects.get()
    changed = sorted(column for column, value in details.items() if getattr(row, column) != value)
    if not changed:
        return
    before, reached = selectors.controller(), selectors.book()
    Controller.objects.update(**{column: details[column] for column in changed})
    addresses.contacts_changed(before=before, reached=reached, actor=actor, at=at)
    append(kind="controller.corrected", body={"fields": changed}, actor=actor, at=at)


def move(*, state: str, reason: str, actor: Actor, at: datetime) -> None:
    """Suspend, reactivate or end the scope's controller, with a reason that is recorded as given (SVC-4).

    Raises Refused where that state cannot follow.
    """
    row = Directory.objects.select_for_update().get(controller_id=current_controller())
    if not rules.may_move(row.state, state):
        raise Refused(
            f"A controller that is {row.state} cannot become {state}.",
            code="accounts.state",
            remedy="Reload the page: somebody else may have changed it.",
        )
    Directory.objects.filter(controller_id=row.controller_id).update(state=state)
    append(kind=f"controller.{state}", body={"before": row.state, "reason": reason}, actor=actor, at=at)
