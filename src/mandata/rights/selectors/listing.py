"""Lists of cases, by a number of statements that does not grow with them. Inside a controller's scope."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from mandata.agreements.selectors import obligations
from mandata.rights import rules
from mandata.rights.models import Case
from mandata.rights.selectors.sealed import Wrote, mask, unsealed
from mandata.rights.selectors.shapes import CaseRow

ORDERS: Final = ("number", "due")
WAITS: Final = ("identity", "fee", "late")


def cases(
    *,
    state: str = "",
    kind: str = "",
    channel: str = "",
    waits: str = "",
    order: str = "number",
    before: int | None = None,
    limit: int = 50,
    at: datetime,
) -> list[CaseRow]:
    """Return cases: newest first, or by due time (`order` "due"); filtered by state ("open": those that wait), kind,
    channel, and what they wait for ("identity", "fee") or "late". `before` continues below a number."""
    rows = Case.objects.order_by("due_at", "number") if order == "due" else Case.objects.order_by("-number")
    if state:
        rows = rows.filter(state__in=rules.OPEN if state == "open" else [state])
    if kind:
        rows = rows.filter(kind=kind)
    if channel:
        rows = rows.filter(channel=channel)
    rows = _waiting_for(rows, waits, at)
    if before is not None:
        rows = rows.filter(number__lt=before)
    return views(list(rows[: min(limit, rules.MAX_PAGE)]), at)


def _waiting_for(rows: "QuerySet[Case]", waits: str, at: datetime) -> "QuerySet[Case]":
    if waits == "identity":
        return rows.filter(waits_since__isnull=False)
    if waits == "fee":
        return rows.filter(fee__has_key="asked_at").exclude(fee__has_key="paid_at").filter(state__in=rules.OPEN)
    if waits == "late":
        return rows.filter(state__in=rules.OPEN, due_at__lt=at)
    return rows


def counts() -> dict[str, int]:
    """Return how many cases are in each state."""
    found = Case.objects.order_by().values_list("state").annotate(Count("id"))
    return {**dict.fromkeys(rules.STATES, 0), **dict(found)}


def counts_by_kind(*, state: str = "open") -> dict[str, int]:
    """Return how many cases of a state there are of each kind; kinds without any are left out."""
    rows = Case.objects.order_by()
    if state:
        rows = rows.filter(state__in=rules.OPEN if state == "open" else [state])
    return dict(rows.values_list("kind").annotate(Count("id")))


def waiting(*, at: datetime, limit: int = 20) -> list[CaseRow]:
    """Return cases that wait for an officer, the most urgent first: those confirmed, and those that came by telephone,
    by post or in person, which an officer may have to confirm."""
    by_hand = Q(state="received", channel__in=rules.PAPER, waits_since=None)
    return views(list(Case.objects.filter(Q(state="confirmed") | by_hand).order_by("due_at")[:limit]), at)


def views(found: Sequence[Case], at: datetime) -> list[CaseRow]:
    """Return rows for people: addresses masked, each with the clause that times it."""
    wrote, ids = unsealed(found), [row.id for row in found]
    clauses = obligations.sources(rules.ANSWER, ids)
    if any(row.regime == rules.US for row in found):
        clauses = {**clauses, **obligations.sources(rules.OPTOUT, ids)}
    return [row_of(row, wrote[row.id], clauses.get(row.id, rules.DUE_CLAUSES[row.regime]), at) for row in found]


def row_of(row: Case, wrote: Wrote, clause: str, at: datetime) -> CaseRow:
    """Return a case as a row."""
    return CaseRow(
        id=row.id,
        number=row.number,
        kind=row.kind,
        state=row.state,
        channel=row.channel,
        language=row.language,
        address=mask(wrote.address),
        known=row.subject is not None,
        received_at=row.received_at,
        due_at=row.due_at,
        due_clause=clause,
        confirmed_at=row.confirmed_at,
        closed_at=row.closed_at,
        late=row.state in rules.OPEN and row.due_at < at,
        regime=row.regime,
        asked=row.asked,
        suspended_at=suspended_at(row, at),
        waits=waits_for(row),
        household=row.household,
    )


def suspended_at(row: Case, at: datetime) -> datetime:
    """Return the due time by the reading that counts no wait for proof of identity."""
    if not rules.SUSPENDS[row.regime]:
        return due(row)
    return rules.suspended(due(row), row.stood, row.waits_since, at)


def due(row: Case) -> datetime:
    """Return the strict due time."""
    found: datetime = row.due_at
    return found


def waits_for(row: Case) -> str:
    """Return what an open case waits for: "identity", "fee", or nothing."""
    if row.state not in rules.OPEN:
        return ""
    if row.waits_since is not None:
        return "identity"
    return "fee" if "asked_at" in row.fee and "paid_at" not in row.fee else ""


def cases_of(subject: UUID) -> list[UUID]:
    """Return the cases of somebody in the audience, newest first."""
    return list(Case.objects.filter(subject=subject).order_by("-number").values_list("id", flat=True))
