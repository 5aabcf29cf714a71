"""Announced changes: all of them for the operator, and what each is for one controller. The latter in its scope."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.obligations import thaw
from mandata.agreements.rules.verdicts import Verdict, combine
from mandata.foundation import periods
from mandata.subprocessors.errors import NoSuchChange, NoSuchObjection
from mandata.subprocessors.models import Change, ChangeNotice, Objection
from mandata.subprocessors.rules import disclosing, windows
from mandata.subprocessors.selectors.asking import basis, known


@dataclass(frozen=True, slots=True)
class Announced:
    """A change of the register. ``country`` is the new one of a change of country."""

    id: UUID
    kind: str
    subprocessor: UUID
    name: str
    country: str
    replaces: str
    announced_at: datetime
    planned_for: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Filed:
    """A controller's objection to a change, with its words."""

    id: UUID
    change: UUID
    words: str
    by: UUID
    at: datetime
    in_time: bool
    resolve_until: datetime | None
    state: str
    outcome: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """A change as one controller was told of it.

    ``delivered_at`` None: the notice is on its way and no period runs yet; the ends are then the earliest possible.
    ``in_time``: an objection filed now would be. ``explanation``: how notice and window were counted.
    """

    change: Announced
    notice: UUID | None
    clause: str
    source: str
    told_at: datetime
    delivered_at: datetime | None
    notice_until: datetime
    objection_until: datetime
    opens_at: datetime
    explanation: tuple[str, ...]
    in_time: bool
    objections: tuple[Filed, ...]


@dataclass(frozen=True, slots=True)
class Authorised:
    """On what a sub-processor of the register stands for the controller, and what the gate says now."""

    id: UUID
    name: str
    country: str
    ground: str
    verdict: Verdict


def announced(*, limit: int = 100) -> list[Announced]:
    """Changes of the register, the newest first. Scope-free."""
    rows = Change.objects.select_related("subprocessor", "replaces").order_by("-announced_at", "-id")[:limit]
    return [_announced(row) for row in rows]


def notices(*, at: datetime) -> list[Told]:
    """Every change of which the scope's controller was told, the newest first."""
    return _told(ChangeNotice.objects.order_by("-told_at", "-id"), at)


def notice(change_id: UUID, *, at: datetime) -> Told:
    """One of them, by its change. Raises NoSuchChange."""
    found = _told(ChangeNotice.objects.filter(change=change_id), at)
    if not found:
        raise NoSuchChange(_("No such change was announced to you."))
    return found[0]


def objections(*, state: str = "") -> list[Filed]:
    """The objections of the scope's controller, the newest first; those in one state where it is given."""
    rows = Objection.objects.filter(state=state) if state else Objection.objects.all()
    return [_filed(row) for row in rows.order_by("-at", "-id")]


def objection(objection_id: UUID) -> Filed:
    """One objection. Raises NoSuchObjection."""
    row = Objection.objects.filter(id=objection_id).first()
    if row is None:
        raise NoSuchObjection(_("There is no such objection."))
    return _filed(row)


def authorised(*, now: datetime) -> list[Authorised]:
    """Every sub-processor at work, with its ground and the gate's answer for the scope's controller."""
    on, found = basis(now), []
    for one in known():
        if not disclosing.active(one.entry, now):
            continue
        ground = "none" if on.terms is None else disclosing.ground(on.terms, one.entry, on)
        verdict = combine(disclosing.verdicts(on, one.entry, now=now))
        found.append(Authorised(one.id, one.entry.name, disclosing.place(one.entry, now), ground, verdict))
    return found


def _told(rows: Iterable[ChangeNotice], at: datetime) -> list[Told]:
    rows = list(rows)
    ids, words = [row.change for row in rows], agreements.reader()
    changes = {row.id: row for row in Change.objects.filter(id__in=ids).select_related("subprocessor", "replaces")}
    filed: dict[UUID, list[Filed]] = {}
    for row in Objection.objects.filter(change__in=ids).order_by("at"):
        filed.setdefault(row.change, []).append(_filed(row))
    return [
        Told(
            change=_announced(changes[row.change]),
            notice=row.served,
            clause=row.clause,
            source=row.source,
            told_at=row.told_at,
            delivered_at=row.delivered_at,
            notice_until=row.notice_until,
            objection_until=row.objection_until,
            opens_at=row.opens_at,
            explanation=tuple(periods.tell(thaw(steps), words) for steps in row.explanation),
            in_time=row.delivered_at is None or windows.in_time(at, row.objection_until),
            objections=tuple(filed.get(row.change, ())),
        )
        for row in rows
        if row.change in changes
    ]


def _announced(row: Change) -> Announced:
    return Announced(
        id=row.id,
        kind=row.kind,
        subprocessor=row.subprocessor_id,
        name=row.subprocessor.name,
        country=row.details.get("country", ""),
        replaces=row.replaces.name if row.replaces else "",
        announced_at=row.announced_at,
        planned_for=row.planned_for,
        state=row.state,
    )


def _filed(row: Objection) -> Filed:
    return Filed(
        row.id,
        row.change,
        row.words,
        row.by,
        row.at,
        row.in_time,
        row.resolve_until,
        row.state,
        row.outcome,
        row.closed_at,
    )
