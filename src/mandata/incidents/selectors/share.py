"""A controller's reads of its breaches, in its scope: what it was told, its own time, its messages to people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from mandata.agreements.selectors import obligations as owed
from mandata.incidents import rules
from mandata.incidents.errors import NoSuchBreach, NoSuchThing
from mandata.incidents.models import Drilling, Phase, Share, Telling
from mandata.incidents.selectors.desk import Taken, taken


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A breach in a controller's list."""

    id: UUID
    number: int
    drill: bool
    origin: str
    state: str
    subjects: int | None
    records: int | None
    told_at: datetime | None
    reported_at: datetime | None
    own_aware_at: datetime | None
    authority: str
    authority_at: datetime | None
    due: owed.Obliged | None


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One notice that the controller got."""

    number: int
    kind: str
    served: UUID | None
    facts: Mapping[str, Any]
    subjects: int
    records: int
    told_at: datetime


@dataclass(frozen=True, slots=True)
class TellingRow:
    """A message to data subjects, and how far it is."""

    id: UUID
    number: int
    heading: str
    text: str
    state: str
    people: int
    sent: int
    gone: int
    asked_at: datetime
    confirmed_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShareView:
    """A breach with everything that is this controller's."""

    row: ShareRow
    places: Mapping[str, Sequence[int]]
    facts: Mapping[str, Any]
    report: Mapping[str, Any]
    form: Mapping[str, str]
    aware_at: datetime | None
    authority_words: str
    delay: str
    effects: str
    remedies: str
    phases: tuple[PhaseRow, ...]
    duties: tuple[owed.Obliged, ...]
    tellings: tuple[TellingRow, ...]
    steps: tuple[Taken, ...]


def _visible() -> Any:
    """Breaches of which the controller was told, or that it reported; no drill in which it takes no part."""
    notified = Phase.objects.exclude(served=None).values("share_id")
    return Share.objects.filter(Q(origin="controller") | Q(id__in=notified))


def shares(*, at: datetime, limit: int = 100) -> list[ShareRow]:
    """Return the breaches of the scope's controller, the newest first."""
    return [_row(row, at) for row in _visible().order_by("-number")[:limit]]


def _row(row: Share, at: datetime) -> ShareRow:
    due = [one for one in owed.about(row.id, at) if one.duty == rules.AUTHORITY]
    return ShareRow(
        id=row.id,
        number=row.number,
        drill=row.drill,
        origin=row.origin,
        state=row.state,
        subjects=row.subjects,
        records=row.records,
        told_at=row.told_at,
        reported_at=row.reported_at,
        own_aware_at=row.own_aware_at,
        authority=row.authority,
        authority_at=row.authority_at,
        due=due[-1] if due else None,
    )


def share(share_id: UUID, *, at: datetime) -> ShareView:
    """Return one breach of the scope's controller. Raises NoSuchBreach."""
    row = _visible().filter(id=share_id).first()
    if row is None:
        raise NoSuchBreach(_("There is no such breach."))
    phases = Phase.objects.filter(share_id=row.id).order_by("number")
    tellings = Telling.objects.filter(share_id=row.id).order_by("-number")
    return ShareView(
        row=_row(row, at),
        places=row.places,
        facts=row.facts,
        report=row.report,
        form=row.form,
        aware_at=row.aware_at,
        authority_words=row.authority_words,
        delay=row.delay,
        effects=row.effects,
        remedies=row.remedies,
        phases=tuple(
            PhaseRow(one.number, one.kind, one.served, one.facts, one.subjects, one.records, one.told_at)
            for one in phases
        ),
        duties=tuple(owed.about(row.id, at)),
        tellings=tuple(_telling(one) for one in tellings),
        steps=taken(row.breach),
    )


def known() -> list[UUID]:
    """Return the ids of the breaches that the scope's controller knows of, drills aside."""
    return list(_visible().filter(drill=False).order_by("number").values_list("breach", flat=True))


def telling(telling_id: UUID) -> TellingRow:
    """Return one message to data subjects. Raises NoSuchThing."""
    row = Telling.objects.filter(id=telling_id).first()
    if row is None:
        raise NoSuchThing(_("There is no such message."))
    return _telling(row)


def _telling(row: Telling) -> TellingRow:
    return TellingRow(**{name: getattr(row, name) for name in TellingRow.__slots__})


def waiting(*, at: datetime) -> list[ShareRow]:
    """Return the breaches of which the authority has neither been told nor found to need it, drills aside."""
    return [one for one in shares(at=at) if not one.drill and not one.authority and one.state == "open"]


def drills() -> datetime | None:
    """Since when the scope's controller takes part in drills; None: it does not."""
    found: datetime | None = Drilling.objects.filter(ended_at=None).values_list("since", flat=True).first()
    return found


def share_of(telling_id: UUID) -> UUID:
    """Return the breach that a message to data subjects belongs to. Raises NoSuchThing."""
    found = Telling.objects.filter(id=telling_id).values_list("share_id", flat=True).first()
    if found is None:
        raise NoSuchThing(_("There is no such message."))
    return UUID(str(found))
