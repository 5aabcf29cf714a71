"""What a token in a link stands for. *Directory*: read before a controller's scope is open."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from mandata.infra.tenancy import current_controller
from mandata.retention.errors import Gone
from mandata.retention.models import Link


@dataclass(frozen=True, slots=True)
class Linked:
    """Whose thing a link leads to."""

    controller_id: UUID
    thing: UUID
    expires_at: datetime | None


def token_hash(token: str) -> bytes:
    """Return what is kept of a link's token."""
    return hashlib.sha256(token.encode()).digest()


def linked(token: str, purpose: str, *, at: datetime) -> Linked:
    """Return what a token stands for. Raises Gone, alike for a wrong one and one that has had its time."""
    lasting = Q(expires_at=None) | Q(expires_at__gt=at)
    row = Link.objects.filter(lasting, token_hash=token_hash(token), purpose=purpose).first()
    if row is None:
        raise Gone(_("This link leads nowhere (any more)."), remedy=_("Ask for a new archive in the console."))
    return Linked(row.controller_id, row.thing, row.expires_at)


def is_made(purpose: str, thing: UUID) -> bool:
    """Say whether a link to a thing of the open scope was made."""
    return Link.objects.filter(controller_id=current_controller(), purpose=purpose, thing=thing).exists()
