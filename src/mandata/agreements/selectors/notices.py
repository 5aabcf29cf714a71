"""Legal notices as pages show them: kind, clause, party, when deemed, what the server said, what came back (AGR-7).

In a scope, but for those marked *directory*. No contents: those are `accounts.services.notices.contents`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from mandata.accounts import selectors as accounts
from mandata.agreements.models import Served
from mandata.infra.tenancy import scope


@dataclass(frozen=True, slots=True)
class LegalNotice:
    """One notice.

    `state`: queued, sent, failed, or letter for what never was a mail; `next_at`: when a queued one is tried again;
    `digest`: SHA-256 of the exact bytes; `host` and `reply`: who took it and with which words; `second_of`: the notice
    that came back and that this one repeats; `second`: the one that repeats this; `deemed_by`: a code of
    `rules.deemed.By`.
    """

    id: UUID
    kind: str
    party: str
    clause: str
    about_kind: str
    about: UUID | None
    rank: int
    second_of: UUID | None
    second: UUID | None
    served_at: datetime
    sent_at: datetime | None
    confirmed_at: datetime | None
    way: str
    posted_at: datetime | None
    received_at: datetime | None
    evidence: str
    deemed_at: datetime | None
    deemed_by: str
    returned_at: datetime | None
    returned_status: str
    notice: UUID | None
    state: str
    attempts: int
    next_at: datetime | None
    host: str
    reply: str
    digest: bytes

    @property
    def undelivered(self) -> bool:
        """Say whether it came back or was refused and nothing else made it count as delivered."""
        return self.returned_at is not None and self.deemed_at is None


@dataclass(frozen=True, slots=True)
class NoticeTotals:
    """How many notices there are, wait to be sent, count as delivered, and reached nobody by any address."""

    all: int = 0
    waiting: int = 0
    deemed: int = 0
    undelivered: int = 0


@dataclass(frozen=True, slots=True)
class AtController:
    """A controller in the operator's view of notices."""

    controller_id: UUID
    name: str
    state: str
    totals: NoticeTotals


def legal_notices(
    *, about: UUID | None = None, kind: str = "", undelivered: bool = False, start: int = 0, count: int = 50
) -> tuple[int, list[LegalNotice]]:
    """Return how many notices there are and one page of them, the newest first.

    `about`: of one thing; `kind`: a code or its beginning; `undelivered`: those that reached nobody.
    """
    rows = _undelivered() if undelivered else Served.objects.all()
    if about is not None:
        rows = rows.filter(about=about)
    if kind:
        rows = rows.filter(kind__startswith=kind)
    return rows.count(), _told(list(rows.order_by("-served_at", "-id")[start : start + count]))


def legal_notice(served_id: UUID) -> LegalNotice | None:
    """Return one notice, or None where there is none."""
    found = _told(list(Served.objects.filter(id=served_id)))
    return found[0] if found else None


def notice_totals() -> NoticeTotals:
    """Return the scope's counts."""
    rows = Served.objects.all()
    return NoticeTotals(
        all=rows.count(),
        waiting=rows.filter(~Q(notice=None), sent_at=None, returned_at=None).count(),
        deemed=rows.exclude(deemed_at=None).count(),
        undelivered=_undelivered().count(),
    )


def notices_by_controller(*, start: int = 0, count: int = 50) -> tuple[int, list[AtController]]:
    """*Directory.* Return how many controllers there are, and the counts of one page of them, the newest first."""
    total, page = accounts.directory(start=start, count=count)
    found = []
    for one in page:
        with scope(one.id):
            found.append(AtController(one.id, one.name, one.state, notice_totals()))
    return total, found


def _undelivered() -> "QuerySet[Served]":
    """First notices that came back, and whose repetition (if any) does not count as delivered either."""
    reached = Served.objects.filter(second_of=OuterRef("id")).exclude(deemed_at=None)
    rows = Served.objects.filter(second_of=None, deemed_at=None).exclude(returned_at=None)
    return rows.exclude(Exists(reached))


def _told(rows: Sequence[Served]) -> list[LegalNotice]:
    fates = accounts.fates([row.notice for row in rows if row.notice])
    seconds = dict(Served.objects.filter(second_of__in=[row.id for row in rows]).values_list("second_of", "id"))
    return [_one(row, fates.get(row.notice) if row.notice else None, seconds.get(row.id)) for row in rows]


def _one(row: Served, fate: accounts.Sent | None, second: UUID | None) -> LegalNotice:
    return LegalNotice(
        id=row.id,
        kind=row.kind,
        party=row.party,
        clause=row.clause,
        about_kind=row.about_kind,
        about=row.about,
        rank=row.rank,
        second_of=row.second_of,
        second=second,
        served_at=row.served_at,
        sent_at=row.sent_at,
        confirmed_at=row.confirmed_at,
        way=row.way,
        posted_at=row.posted_at,
        received_at=row.received_at,
        evidence=row.evidence,
        deemed_at=row.deemed_at,
        deemed_by=row.deemed_by,
        returned_at=row.returned_at,
        returned_status=row.returned_status,
        notice=row.notice,
        state=fate.state if fate else "letter",
        attempts=fate.attempts if fate else 0,
        next_at=fate.next_at if fate else None,
        host=fate.host if fate else "",
        reply=fate.reply if fate else "",
        digest=fate.digest if fate else b"",
    )
