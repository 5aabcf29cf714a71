"""Reads that begin with a link's token, before a scope is open."""

import hashlib
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.infra.tenancy import scope
from mandata.rights.errors import BadLink
from mandata.rights.models import Answer, Case, CaseKey
from mandata.rights.selectors import listing, reading
from mandata.rights.selectors.shapes import Linked


def portal(controller_id: UUID) -> accounts.Card:
    """Return whose page of requests this is; opens the scope itself. Raises BadLink for a controller that is not
    here.
    """
    with scope(controller_id):
        try:
            return accounts.controller()
        except ObjectDoesNotExist:
            raise BadLink(_("There is no such page."), remedy=_("Look at the address again.")) from None


def portal_kinds(controller_id: UUID, *, at: datetime) -> tuple[str, ...]:
    """Return what can be asked on a controller's page; opens the scope itself."""
    with scope(controller_id):
        return reading.offered(at)


def hashed(token: str) -> bytes:
    """Return what is kept of a link's token."""
    return hashlib.sha256(token.encode()).digest()


def key(token: str, purposes: tuple[str, ...], *, at: datetime) -> CaseKey:
    """Return what a link's token stands for. Raises BadLink, alike for what never was and what has expired."""
    found = CaseKey.objects.filter(token_hash=hashed(token), purpose__in=purposes, expires_at__gt=at).first()
    if found is None:
        raise BadLink(_("This link is not valid, or it has expired."), remedy=_("Ask again; you will get a new one."))
    return found


def linked(token: str, *purposes: str, at: datetime) -> Linked:
    """Return the case behind a link (`confirm`, `progress`, `download`, `proof`). Raises BadLink."""
    found = key(token, purposes, at=at)
    with scope(found.controller_id):
        row = Case.objects.get(id=found.case_id)
        size = Answer.objects.filter(id=row.id, expires_at__gt=at).values_list("size", flat=True).first()
        return Linked(
            controller=accounts.controller(),
            case_id=row.id,
            number=row.number,
            kind=row.kind,
            state=row.state,
            language=row.language,
            received_at=row.received_at,
            due_at=row.due_at,
            confirmed_at=row.confirmed_at,
            closed_at=row.closed_at,
            outcome=row.outcome,
            expires_at=found.expires_at,
            answer_size=size or 0,
            waits=listing.waits_for(row),
            asked=row.asked,
        )
