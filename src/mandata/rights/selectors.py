"""Reads of the rights desk: inside a controller's scope, but for those that begin with a link's token."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Count
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements.selectors import obligations
from mandata.audience import personal as audience
from mandata.foundation import addresses, canonical
from mandata.holdings import selectors as holdings
from mandata.holdings.rules import Subject
from mandata.infra.tenancy import scope
from mandata.rights import rules
from mandata.rights.errors import BadLink, NoSuchCase
from mandata.rights.models import Answer, Case, CaseEvent, CaseKey
from mandata.vault.services import Vault

PLACE = "rights_case.sealed"
ANSWER_PLACE = "rights_answer.sealed"


@dataclass(frozen=True, slots=True)
class Wrote:
    """What a person wrote in a request; empty once it is erased."""

    address: str = field(repr=False, default="")
    name: str = field(repr=False, default="")
    words: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in the list of requests; the address is masked."""

    id: UUID
    number: int
    kind: str
    state: str
    channel: str
    language: str
    address: str
    known: bool
    received_at: datetime
    due_at: datetime
    due_clause: str
    confirmed_at: datetime | None
    closed_at: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a case's timeline; `actor` is a kind and an id (`member:…`), `detail` ids and counts."""

    at: datetime
    kind: str
    actor: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with everything about it; `wrote` is masked unless it was asked to be shown."""

    row: CaseRow
    wrote: Wrote
    subject: UUID | None
    decided_by: UUID | None
    outcome: dict[str, Any]
    steps: tuple[Step, ...]
    answer_expires_at: datetime | None
    answer_fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link's token stands for: whose case, in which state. Made before a scope is open."""

    controller: accounts.Card
    case_id: UUID
    number: int
    kind: str
    state: str
    language: str
    received_at: datetime
    due_at: datetime
    confirmed_at: datetime | None
    closed_at: datetime | None
    outcome: dict[str, Any]
    expires_at: datetime
    answer_size: int


def cases(
    *, state: str = "", kind: str = "", before: int | None = None, limit: int = 50, at: datetime
) -> list[CaseRow]:
    """Return cases: those that wait by due time, or of one state, newest first. `before` continues below a number."""
    rows = Case.objects.order_by("-number")
    if state:
        rows = rows.filter(state__in=rules.OPEN if state == "open" else [state])
    if kind:
        rows = rows.filter(kind=kind)
    if before is not None:
        rows = rows.filter(number__lt=before)
    return _rows(list(rows[:limit]), at)


def counts() -> dict[str, int]:
    """Return how many cases are in each state."""
    found = Case.objects.order_by().values_list("state").annotate(Count("id"))
    return {**dict.fromkeys(("received", "confirmed", "answered", "refused", "expired"), 0), **dict(found)}


def waiting(*, at: datetime, limit: int = 20) -> list[CaseRow]:
    """Return confirmed cases that wait for an officer, the most urgent first."""
    return _rows(list(Case.objects.filter(state="confirmed").order_by("due_at")[:limit]), at)


def _rows(found: list[Case], at: datetime) -> list[CaseRow]:
    wrote, clauses = _unsealed(found), obligations.sources(rules.ANSWER, [row.id for row in found])
    return [_row(row, wrote[row.id], clauses.get(row.id, rules.DUE_CLAUSE), at) for row in found]


def case(case_id: UUID, *, at: datetime, sealed: bool = True) -> CaseView:
    """Return a case with its timeline, newest step first. Raises NoSuchCase."""
    row = Case.objects.filter(id=case_id).first()
    if row is None:
        raise NoSuchCase(_("There is no such case."))
    wrote = _unsealed([row])[row.id]
    answer = Answer.objects.filter(id=case_id).values_list("expires_at", "fetched_at").first()
    steps = CaseEvent.objects.filter(case_id=case_id).order_by("-at", "-id")
    return CaseView(
        row=_row(row, wrote, obligations.sources(rules.ANSWER, [case_id]).get(case_id, rules.DUE_CLAUSE), at),
        wrote=_masked(wrote) if sealed else wrote,
        subject=row.subject,
        decided_by=row.decided_by,
        outcome=row.outcome,
        steps=tuple(Step(step.at, step.kind, step.actor, step.detail) for step in steps),
        answer_expires_at=answer[0] if answer else None,
        answer_fetched_at=answer[1] if answer else None,
    )


def case_numbered(number: int) -> UUID:
    """Return the id of the case with a number. Raises NoSuchCase."""
    found: UUID | None = Case.objects.filter(number=number).values_list("id", flat=True).first()
    if found is None:
        raise NoSuchCase(_("There is no such case."))
    return found


def subject_of(case_id: UUID) -> Subject | None:
    """Return whom a case is about, for a preview: by reference where the person is in the audience, else by address."""
    row = Case.objects.filter(id=case_id).first()
    if row is None:
        raise NoSuchCase(_("There is no such case."))
    if row.subject is not None and audience.known([row.subject]):
        return holdings.subject(row.subject)  # the address may have changed since
    return holdings.subject_by_address(_unsealed([row])[row.id].address)


def cases_of(subject: UUID) -> list[UUID]:
    """Return the cases of somebody in the audience, newest first."""
    return list(Case.objects.filter(subject=subject).order_by("-number").values_list("id", flat=True))


def portal(controller_id: UUID) -> accounts.Card:
    """Return whose page of requests this is; opens the scope itself. Raises BadLink for a controller that is not
    here.
    """
    with scope(controller_id):
        try:
            return accounts.controller()
        except ObjectDoesNotExist:
            raise BadLink(_("There is no such page."), remedy=_("Look at the address again.")) from None


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
    """Return the case behind a link (`confirm`, `progress`, `download`). Raises BadLink."""
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
        )


def wrote(row: Case) -> Wrote:
    """Return what the person wrote in a case, empty once it is erased."""
    return _unsealed([row])[row.id]


def _unsealed(rows: list[Case]) -> dict[UUID, Wrote]:
    envelopes = {row.id: bytes(row.sealed) for row in rows if row.sealed}
    opened = Vault.open().unseal_many(PLACE, envelopes) if envelopes else {}
    return {row.id: Wrote(**canonical.loads(opened[row.id])) if row.id in opened else Wrote() for row in rows}


def _masked(wrote: Wrote) -> Wrote:
    name = " ".join(f"{part[:1]}•••" for part in wrote.name.split())
    return Wrote(_mask(wrote.address), name, wrote.words)


def _mask(address: str) -> str:
    return addresses.mask(address) if address else ""


def _row(row: Case, wrote: Wrote, clause: str, at: datetime) -> CaseRow:
    return CaseRow(
        id=row.id,
        number=row.number,
        kind=row.kind,
        state=row.state,
        channel=row.channel,
        language=row.language,
        address=_mask(wrote.address),
        known=row.subject is not None,
        received_at=row.received_at,
        due_at=row.due_at,
        due_clause=clause,
        confirmed_at=row.confirmed_at,
        closed_at=row.closed_at,
        late=row.state in rules.OPEN and row.due_at < at,
    )
