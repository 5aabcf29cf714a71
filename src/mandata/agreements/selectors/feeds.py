"""The calendar of obligations behind a secret address. Needs no scope: the token says whose it is."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.utils import translation

from mandata.accounts import selectors as accounts
from mandata.agreements import calendars
from mandata.agreements.language import words
from mandata.agreements.models import Feed
from mandata.agreements.selectors import obligations
from mandata.agreements.selectors.obligations import Obliged
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, scope

MOST: Final = 1_000
"""How many obligations a calendar holds: the late ones and those that come first."""


@dataclass(frozen=True, slots=True)
class Fed:
    """A feed of a user, as its page lists it; ``controller_id`` is the nil id for the operator's."""

    hash: bytes
    controller_id: UUID
    created_at: datetime
    revoked_at: datetime | None


def hashed(token: str) -> bytes:
    """What is kept of a feed's token."""
    return hashlib.sha256(token.encode()).digest()


def feeds(user_id: UUID) -> list[Fed]:
    """The feeds of a user, newest first, without their addresses, which nobody keeps."""
    rows = Feed.objects.filter(user_id=user_id).order_by("-created_at")
    return [Fed(bytes(row.token_hash), row.controller_id, row.created_at, row.revoked_at) for row in rows]


def whose(token: str) -> UUID | None:
    """Whose obligations the calendar behind a token shows; None where the token is unknown or revoked."""
    found = Feed.objects.filter(token_hash=hashed(token), revoked_at=None).values_list("controller_id", flat=True)
    return found.first()


def feed(
    token: str, now: datetime, *, tasks: bool = False, link: Callable[[Obliged], str] | None = None
) -> bytes | None:
    """The calendar (RFC 5545, text/calendar) behind a token, in its user's language.

    None where the token is unknown or revoked, or its user has no seat there any more. A controller's shows all that
    is open at it, the operator's what the processor owes at any. ``tasks``: VTODO in place of VEVENT; ``link``: the
    address of an obligation's page.
    """
    row = Feed.objects.filter(token_hash=hashed(token), revoked_at=None).first()
    if row is None:
        return None
    try:
        user = accounts.user(row.user_id)
    except ObjectDoesNotExist:
        return None
    if not user.is_active:
        return None
    with translation.override(user.language):
        rows = _rows(row.controller_id, user.id, user.is_operator, now)
    if rows is None:
        return None
    host = urlsplit(env().public_url).hostname or "localhost"
    return calendars.calendar(rows, host=host, words=words(user.language), tasks=tasks, link=link)


def _rows(controller_id: UUID, user_id: UUID, operator: bool, now: datetime) -> tuple[Obliged, ...] | None:
    """What a user may see there; None for who has no seat there any more."""
    if controller_id == INSTANCE:
        return obligations.inbox(now, owed_by="processor", count=MOST).rows if operator else None
    with scope(controller_id):
        seated = accounts.membership(user_id) is not None
        return obligations.here(now, count=MOST).rows if seated else None
