"""Reads of the instructions, the controller's own stop, and the chain of controllers. Inside a scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from mandata.accounts import selectors as accounts
from mandata.agreements.models import Instruction, Suspension, Upstream
from mandata.infra.environment import env


@dataclass(frozen=True, slots=True)
class Instructed:
    """An instruction in force. ``agreed``: both sides have agreed to it, as one beyond the agreement needs (INS-2)."""

    id: UUID
    number: int
    kind: str
    acts: tuple[str, ...]
    purpose: str
    agreed: bool


@dataclass(frozen=True, slots=True)
class Given:
    """An instruction as its page shows it; ``kind``: standing, written or law."""

    id: UUID
    number: int
    kind: str
    state: str
    acts: tuple[str, ...]
    words: str
    scope: str
    purpose: str
    beyond: bool
    law: str
    given_by: UUID
    given_at: datetime
    concern: str
    concern_at: datetime | None
    decided_by: UUID | None
    decided_at: datetime | None
    reason: str
    done_at: datetime | None
    ended_at: datetime | None
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stopped:
    """A stretch for which the controller had suspended all processing; open while ``lifted_at`` is None."""

    id: UUID
    reason: str
    by: UUID
    at: datetime
    lifted_by: UUID | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Above:
    """A controller for whom ours is a processor."""

    id: UUID
    name: str
    contact: str
    authorised_on: date
    warranted_by: UUID
    warranted_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the chain, from the controller down to us; ``role``: upstream, controller, processor."""

    role: str
    name: str
    contact: str


def instructions_in_force(now: datetime) -> tuple[Instructed, ...]:
    """On what acts may rest at an instant: the standing instruction and the written ones that bind, by number.

    One that was given but waits for the processor's assent, or that is questioned, refused, withdrawn or done, is not
    among them.
    """
    open_end = Q(ended_at=None) | Q(ended_at__gt=now)
    rows = Instruction.objects.filter(open_end, given_at__lte=now, state="in_force").exclude(kind="law")
    return tuple(
        Instructed(
            id=row.id,
            number=row.number,
            kind=row.kind,
            acts=tuple(row.acts),
            purpose=row.purpose,
            agreed=row.kind == "standing" or not row.beyond or row.decided_at is not None,
        )
        for row in rows.order_by("number")
    )


def instructions(*, kind: str = "", state: str = "", start: int = 0, count: int = 100) -> list[Given]:
    """The instructions of the scope's controller, newest first. What must not be told (INS-4) does not lie here."""
    rows = Instruction.objects.all()
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(state=state) if state else rows
    return [_given(row) for row in rows.order_by("-number")[start : start + count]]


def instruction(instruction_id: UUID) -> Given | None:
    """One instruction, or None."""
    row = Instruction.objects.filter(id=instruction_id).first()
    return None if row is None else _given(row)


def untold(controller_id: UUID) -> list[Given]:
    """What a law demands of a controller's data and forbids to tell it. In the installation's scope."""
    return [_given(row) for row in Instruction.objects.filter(controller=controller_id).order_by("-number")]


def _given(row: Instruction) -> Given:
    return Given(
        id=row.id,
        number=row.number,
        kind=row.kind,
        state=row.state,
        acts=tuple(row.acts),
        words=row.words,
        scope=row.scope,
        purpose=row.purpose,
        beyond=row.beyond,
        law=row.law,
        given_by=row.given_by,
        given_at=row.given_at,
        concern=row.concern,
        concern_at=row.concern_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason,
        done_at=row.done_at,
        ended_at=row.ended_at,
        evidence=dict(row.evidence),
    )


def halted() -> bool:
    """Whether the controller has suspended all processing of its data (SCC 2021/915, clause 10(a))."""
    return Suspension.objects.filter(lifted_at=None).exists()


def suspensions() -> list[Stopped]:
    """All stretches for which the controller had suspended the processing, newest first."""
    rows = Suspension.objects.order_by("-at")
    return [Stopped(row.id, row.reason, row.by, row.at, row.lifted_by, row.lifted_at) for row in rows]


def upstream(*, ended: bool = False) -> list[Above]:
    """The controllers above ours, by name; with ``ended`` also those for whom the processing has ended."""
    rows = Upstream.objects.all() if ended else Upstream.objects.filter(ended_at=None)
    return [
        Above(row.id, row.name, row.contact, row.authorised_on, row.warranted_by, row.warranted_at, row.ended_at)
        for row in rows.order_by("name", "id")
    ]


def chain() -> tuple[Link, ...]:
    """Who processes for whom, from the upstream controllers down to us (AGR-5); the register goes on from there."""
    card = accounts.controller()
    return (
        *(Link("upstream", one.name, one.contact) for one in upstream()),
        Link("controller", card.legal_name or card.name, card.contact),
        Link("processor", env().operator_name, env().operator_contact),
    )
