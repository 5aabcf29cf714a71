"""Members and invitations (SVC-2, PPL-3: the controller documents who holds access; nobody shares credentials)."""

import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts import rules, selectors
from mandata.accounts.errors import AlreadyMember, InvitationGone, LastOwner, NotForYou
from mandata.accounts.models import Invitation, InvitationKey, Member, Seat
from mandata.accounts.services.notices import send_notice
from mandata.accounts.services.users import create
from mandata.foundation.actors import Actor
from mandata.foundation.errors import NotFound
from mandata.infra.tenancy import current_controller, scope
from mandata.record.services import append


def invite(
    *,
    email: str,
    name: str,
    role: str,
    invited_by: UUID,
    at: datetime,
    link: Callable[[str], str],
    language: str = "en",
) -> UUID:
    """Invite a person by name and address and send the link. `invited_by`: a member; `link`: token -> page address.

    Raises AlreadyMember. An earlier open invitation to the address is revoked: one link works at a time.
    """
    if any(rules.same_address(person.email, email) for person in selectors.members()):
        raise AlreadyMember("This person is a member already.", remedy="Change the role of the member instead.")
    Invitation.objects.filter(email__iexact=email.strip(), accepted_at=None, revoked_at=None).update(revoked_at=at)
    expires = at + rules.INVITATION_LASTS
    row = Invitation.objects.create(
        email=email.strip(), name=name.strip(), role=role, invited_by=invited_by, created_at=at, expires_at=expires
    )
    token = secrets.token_urlsafe(24)
    InvitationKey.objects.create(
        token_hash=selectors.token_hash(token),
        controller_id=current_controller(),
        invitation_id=row.id,
        expires_at=expires,
    )
    append(kind="member.invited", body={"invitation": row.id, "role": role}, actor=Actor("member", invited_by), at=at)
    _tell(row, link(token), at=at, language=language)
    invitation_id: UUID = row.id
    return invitation_id


def _tell(row: Invitation, address: str, *, at: datetime, language: str) -> None:
    card = selectors.controller()
    with translation.override(language):
        subject = _("Invitation to %(controller)s") % {"controller": card.name}
        text = _(
            "Hello %(name)s,\n\nyou are invited to work for %(controller)s. Open this link, check your name, and "
            "choose your own password:\n\n%(link)s\n\nThe link works until %(until)s and for you only. If you do "
            "not know what this is about, do nothing: no account is made.\n"
        ) % {
            "name": row.name,
            "controller": card.name,
            "link": address,
            "until": f"{row.expires_at:%Y-%m-%d %H:%M} UTC",
        }
    send_notice(
        to=row.email, to_name=row.name, subject=subject, text=text, kind="invitation", at=at, reply_to=card.contact
    )


def revoke(*, invitation_id: UUID, actor: Actor, at: datetime) -> None:
    """Take an open invitation back. Raises InvitationGone."""
    if not Invitation.objects.filter(id=invitation_id, accepted_at=None, revoked_at=None).update(revoked_at=at):
        raise InvitationGone("This invitation is open no more.", remedy="Reload the page.")
    InvitationKey.objects.filter(invitation_id=invitation_id).delete()
    append(kind="member.invitation_revoked", body={"invitation": invitation_id}, actor=actor, at=at)


def join(*, token: str, user_id: UUID, at: datetime) -> UUID:
    """Accept an invitation for an account with the invited address; open to nobody else. Returns the controller's id.

    Raises InvitationGone and NotForYou. Opens the controller's scope itself.
    """
    found = selectors.invitation(token, at=at)
    if found is None:
        raise InvitationGone("This invitation is open no more.", remedy="Ask for a new one.")
    if not selectors.user_has_address(user_id, found.email):
        raise NotForYou(
            "This invitation was made out to another address.",
            clause="PPL-3: invitations name their person",
            remedy="Log in with the invited address, or ask for an invitation to yours.",
        )
    with scope(found.controller_id):
        if not Invitation.objects.filter(id=found.id, accepted_at=None, revoked_at=None).update(accepted_at=at):
            raise InvitationGone("This invitation is open no more.", remedy="Ask for a new one.")
        member, _created = Member.objects.update_or_create(
            user_id=user_id, defaults={"role": found.role, "state": "active", "joined_at": at}
        )
        Seat.objects.get_or_create(user_id=user_id, controller_id=found.controller_id)
        InvitationKey.objects.filter(invitation_id=found.id).delete()
        body: dict[str, object] = {"member": member.id, "invitation": found.id, "role": found.role}
        append(kind="member.joined", body=body, actor=Actor("member", member.id), at=at)
    return found.controller_id


def join_anew(*, token: str, name: str, password: str, language: str, at: datetime) -> UUID:
    """Accept an invitation with a new account for the invited address, proven by the link; return the account's id.

    Raises InvitationGone, and AddressTaken where an account appeared meanwhile. All or nothing.
    """
    found = selectors.invitation(token, at=at)
    if found is None:
        raise InvitationGone("This invitation is open no more.", remedy="Ask for a new one.")
    with scope(found.controller_id):
        user_id = create(email=found.email, name=name, password=password, language=language, verified=True)
        join(token=token, user_id=user_id, at=at)
    return user_id


def change_role(*, member_id: UUID, role: str, actor: Actor, at: datetime) -> None:
    """Give a member another role. Raises NotFound and LastOwner."""
    member = _locked(member_id)
    if member.role == role:
        return
    if member.role == rules.OWNER:
        _needs_another_owner(member_id)
    body: dict[str, object] = {"member": member_id, "before": member.role, "role": role}
    Member.objects.filter(id=member_id).update(role=role)
    append(kind="member.role_changed", body=body, actor=actor, at=at)


def suspend(*, member_id: UUID, actor: Actor, at: datetime) -> None:
    """Close a member's seat at once (PPL-3, PPL-4). Raises NotFound and LastOwner."""
    member = _locked(member_id)
    if member.role == rules.OWNER:
        _needs_another_owner(member_id)
    Member.objects.filter(id=member_id).update(state="suspended")
    append(kind="member.suspended", body={"member": member_id}, actor=actor, at=at)


def restore(*, member_id: UUID, actor: Actor, at: datetime) -> None:
    """Open a suspended seat again. Raises NotFound."""
    _locked(member_id)
    Member.objects.filter(id=member_id).update(state="active")
    append(kind="member.restored", body={"member": member_id}, actor=actor, at=at)


def _locked(member_id: UUID) -> Member:
    # every member's row, so that two owners cannot step down at the same moment
    rows = {row.id: row for row in Member.objects.select_for_update().order_by("id")}
    if member_id not in rows:
        raise NotFound("There is no such member.", remedy="Reload the page.")
    found: Member = rows[member_id]
    return found


def _needs_another_owner(member_id: UUID) -> None:
    active = Member.objects.filter(role=rules.OWNER, state="active").values_list("id", flat=True)
    if not rules.owners_left(frozenset(str(one) for one in active), str(member_id)):
        raise LastOwner(
            "This is the last owner.",
            clause="PPL-3: somebody must answer for the controller",
            remedy="Make somebody else an owner first.",
        )
