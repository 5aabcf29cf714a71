"""Secret addresses under which a calendar program reads the obligations; only a hash of each is kept."""

import secrets
from datetime import datetime
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.agreements.errors import NotYours
from mandata.agreements.models import Feed
from mandata.agreements.rules.words import mark as _
from mandata.agreements.selectors import reader
from mandata.agreements.selectors.feeds import hashed
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append

_NO_SEAT = _("Only who has a seat there can have this calendar.")
_TOKEN_BYTES = 32


def create(*, user_id: UUID, at: datetime, controller_id: UUID = INSTANCE) -> str:
    """Make a calendar address for a user and return its token, which nobody can read again. Opens the scope itself.

    ``controller_id``: of a controller at which the user has a seat; the nil id is the operator. Raises NotYours.
    """
    actor = _entitled(user_id, controller_id)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with scope(controller_id):
        Feed.objects.create(token_hash=hashed(token), controller_id=controller_id, user_id=user_id, created_at=at)
        append(kind="feed.created", body={"feed": hashed(token)[:8]}, actor=actor, at=at)
    return token


def revoke(*, user_id: UUID, token_hash: bytes, at: datetime) -> bool:
    """Shut a calendar address of a user at once; False where there is none that works. Opens the scope itself."""
    row = Feed.objects.filter(token_hash=token_hash, user_id=user_id, revoked_at=None).first()
    if row is None:
        return False
    with scope(row.controller_id):
        Feed.objects.filter(token_hash=token_hash).update(revoked_at=at)
        append(kind="feed.revoked", body={"feed": token_hash[:8]}, actor=_holder(row, user_id), at=at)
    return True


def _holder(row: Feed, user_id: UUID) -> Actor:
    if row.controller_id == INSTANCE:
        return Actor("operator", user_id)
    found = accounts.membership(user_id)  # None for who has left meanwhile
    return SYSTEM if found is None else Actor("member", found.member_id)


def _entitled(user_id: UUID, controller_id: UUID) -> Actor:
    user = accounts.user(user_id)
    if controller_id == INSTANCE:
        if user.is_active and user.is_operator:
            return Actor("operator", user_id)
    elif user.is_active:
        with scope(controller_id):
            found = accounts.membership(user_id)
            if found is not None:
                return Actor("member", found.member_id)
    raise NotYours(reader().gettext(_NO_SEAT))
