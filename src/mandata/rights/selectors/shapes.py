"""What reads of the rights desk return."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.rights.selectors.sealed import Wrote


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in the list of requests; the address is masked.

    `due_at` is the strict date, `suspended_at` the one that leaves out the time in which proof of identity was
    awaited (the same where the law lets no clock stand still). `waits`: "identity", "fee", or nothing.
    """

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
    regime: str
    asked: Mapping[str, Any]
    suspended_at: datetime
    waits: str
    household: UUID | None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a case's timeline; `actor` is a kind and an id (`member:…`), `detail` ids and counts."""

    at: datetime
    kind: str
    actor: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DoubtView:
    """A doubt about who asks; the reasons are shown to officers, the proof by a deliberate act alone."""

    id: UUID
    why: str
    asked_at: datetime
    given_at: datetime | None
    media: str
    decided_at: datetime | None
    accepted: bool | None


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter on paper."""

    id: UUID
    kind: str
    made_at: datetime
    handed_at: datetime | None


@dataclass(frozen=True, slots=True)
class TransmissionView:
    """A copy on its way to another controller, named by its host alone."""

    id: UUID
    host: str
    state: str
    attempts: int
    asked_at: datetime
    told_at: datetime | None
    status: int | None
    code: str


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
    doubts: tuple[DoubtView, ...]
    letters: tuple[LetterView, ...]
    transmissions: tuple[TransmissionView, ...]
    members: tuple[CaseRow, ...]
    mails: int
    fee: dict[str, Any]
    restricted_at: datetime | None
    lifted_at: datetime | None
    kept_until: datetime | None
    to: str


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
    waits: str
    asked: Mapping[str, Any]
