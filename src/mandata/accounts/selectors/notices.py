"""The fate of the mails in the outbox of the open scope; never their contents."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from mandata.accounts.models import Notice


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a mail. `state`: queued, sent, failed; `digest`: SHA-256 of the exact bytes, once settled."""

    id: UUID
    kind: str
    state: str
    attempts: int
    host: str
    server: str
    reply: str
    digest: bytes
    created_at: datetime
    next_at: datetime | None
    sent_at: datetime | None
    returned_at: datetime | None
    returned_status: str


@dataclass(frozen=True, slots=True)
class NoticeCounts:
    """How many mails of the scope wait, left, failed and came back."""

    queued: int
    sent: int
    failed: int
    returned: int


_COLUMNS = (
    *("id", "kind", "state", "attempts", "host", "server", "reply", "created_at", "next_at", "sent_at"),
    *("returned_at", "returned_status"),
)


def notices(limit: int = 50) -> list[dict[str, Any]]:
    """Return the fate of the newest notices: id, kind, state, attempts, host, reply, created_at, next_at, sent_at,
    returned_at, returned_status; no contents."""
    return list(Notice.objects.order_by("-created_at").values(*_COLUMNS)[:limit])


def notice(notice_id: UUID) -> Sent | None:
    """Return the fate of one mail, or None where there is none."""
    return fates([notice_id]).get(notice_id)


def fates(notice_ids: Collection[UUID]) -> dict[UUID, Sent]:
    """Return the fate of mails by their ids; those that are not there are left out."""
    rows = Notice.objects.filter(id__in=list(notice_ids)).values(*_COLUMNS, "digest")
    return {row["id"]: Sent(**{**row, "digest": bytes(row["digest"] or b"")}) for row in rows}


def notice_counts(*, legal: bool | None = None) -> NoticeCounts:
    """Return the counts of the scope; `legal` counts only notices under an agreement, or only the others."""
    rows = Notice.objects.all() if legal is None else Notice.objects.filter(legal=legal)
    return NoticeCounts(
        **rows.aggregate(
            queued=Count("id", filter=Q(state="queued")),
            sent=Count("id", filter=Q(state="sent")),
            failed=Count("id", filter=Q(state="failed")),
            returned=Count("id", filter=~Q(returned_at=None)),
        )
    )
