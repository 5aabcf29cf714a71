"""Reads of the obligations: the operator's inbox across controllers, a controller's own, one with its explanation.

Those marked *agenda* open the scopes themselves; all others run inside one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from mandata.accounts import selectors as accounts
from mandata.agreements.errors import NoSuchObligation
from mandata.agreements.models import Agenda, Obligation, Stay
from mandata.agreements.rules import obligations as rules
from mandata.agreements.rules import owing
from mandata.agreements.rules.words import mark as _
from mandata.agreements.selectors.binding import reader
from mandata.foundation.periods import tell
from mandata.infra.tenancy import current_controller, scope
from mandata.record import selectors as record

_NONE: Final = _("There is no such obligation.")
SOON: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Obliged:
    """An obligation as lists show it. ``strict`` is when it is to be done, ``statutory`` when it is late.

    ``post``: which of a party's posts answers for it, where one was named.
    ``begins``: from when its time runs, the event or, ahead of an effect (``since``), its opening. ``timed`` is false
    where no figure stands ("without undue delay"); ``standing``: its clock stands still.
    """

    id: UUID
    controller_id: UUID
    controller_name: str
    number: int
    duty: str
    title: str
    source: str
    kind: str
    cause: str
    about_kind: str
    about: UUID | None
    owed_by: str
    owed_to: str
    post: str
    opened_at: datetime
    since: datetime
    begins: datetime
    period: str
    strict: datetime
    statutory: datetime
    zone: str
    timed: bool
    state: str
    late: bool
    standing: bool
    late_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and how many there are in all."""

    total: int
    rows: tuple[Obliged, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many are open, and of these late, due within a day (by the strict reading), and standing still."""

    open: int
    late: int
    soon: int
    standing: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A stretch for which a clock stood still, or stands (``ends`` None)."""

    id: UUID
    ground: str
    evidence: str
    begins: datetime
    ends: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Explained:
    """One obligation in full: how its time was counted, in the reader's language, what stopped it, what met it."""

    obliged: Obliged
    explanation: str
    regime: str
    calendar: str
    stops: tuple[Stop, ...]
    reason: str
    evidence: dict[str, Any]
    entries: tuple[record.EntryView, ...]


_INBOX: Final = """
select a.controller_id, a.obligation from agreements_agenda a where (%s = '' or a.owed_by = %s)
order by (a.owed and not a.standing and a.statutory <= %s) desc, a.strict, a.obligation limit %s offset %s
"""


def inbox(now: datetime, *, owed_by: str = "", start: int = 0, count: int = 50) -> Page:
    """*Agenda.* What is open at all controllers, late first, then by when it is to be done.

    ``owed_by``: "processor", "controller", "operator", or all.
    """
    with connection.cursor() as cursor:
        cursor.execute(_INBOX, [owed_by, owed_by, now, count, start])
        places = cursor.fetchall()
    found: dict[UUID, Obliged] = {}
    for controller in dict.fromkeys(controller for controller, _one in places):
        with scope(controller):
            ids = [one for whose, one in places if whose == controller]
            found |= {one.id: one for one in _obliged(Obligation.objects.filter(id__in=ids), now)}
    total = Agenda.objects.filter(owed_by=owed_by).count() if owed_by else Agenda.objects.count()
    return Page(total, tuple(found[one] for _whose, one in places if one in found))


def counts(now: datetime, *, owed_by: str = "") -> Counts:
    """*Agenda.* How many are open at all controllers; late ones among them by the statutory reading."""
    return _counts(Agenda.objects.filter(owed_by=owed_by) if owed_by else Agenda.objects.all(), now)


def counts_here(now: datetime, *, owed_by: str = "") -> Counts:
    """How many are open at the scope's controller."""
    rows = Agenda.objects.filter(controller_id=current_controller())
    return _counts(rows.filter(owed_by=owed_by) if owed_by else rows, now)


def _counts(rows: "QuerySet[Agenda]", now: datetime) -> Counts:
    running = Q(standing=False)
    found = rows.aggregate(
        open=Count("obligation"),
        late=Count("obligation", filter=running & Q(owed=True, statutory__lte=now)),
        soon=Count("obligation", filter=running & Q(owed=True, statutory__gt=now, strict__lte=now + SOON)),
        standing=Count("obligation", filter=Q(standing=True)),
    )
    return Counts(**found)


def here(now: datetime, *, owed_by: str = "", state: str = "open", start: int = 0, count: int = 50) -> Page:
    """The obligations of the scope's controller in a state, late first; what is owed by the "processor" is owed to it.

    ``state``: open, met, waived, lapsed; the closed ones newest first.
    """
    rows = Obligation.objects.filter(state=state)
    if owed_by:
        rows = rows.filter(owed_by=owed_by)
    total = rows.count()
    if state != "open":
        return Page(total, tuple(_obliged(rows.order_by("-closed_at", "-number")[start : start + count], now)))
    places = _INBOX.replace("where (", "where a.controller_id = %s and (")
    with connection.cursor() as cursor:
        cursor.execute(places, [current_controller(), owed_by, owed_by, now, count, start])
        ids = [row[1] for row in cursor.fetchall()]
    found = {one.id: one for one in _obliged(Obligation.objects.filter(id__in=ids), now)}
    return Page(total, tuple(found[one] for one in ids if one in found))


def about(thing: UUID, now: datetime) -> list[Obliged]:
    """All obligations about a thing (a case, a breach), open or closed, in the order in which they opened."""
    return _obliged(Obligation.objects.filter(about=thing).order_by("number"), now)


def some(ids: Iterable[UUID], now: datetime) -> list[Obliged]:
    """These obligations, in the order in which they opened; what there is not is left out."""
    return _obliged(Obligation.objects.filter(id__in=list(ids)).order_by("number"), now)


def corrections(what: UUID, now: datetime) -> list[Obliged]:
    """The obligations to carry a corrective measure out, by the measure's id, in the order in which they opened."""
    rows = Obligation.objects.filter(duty=rules.CORRECTION, cause__startswith=f"{rules.correction(what)}:")
    return _obliged(rows.order_by("number"), now)


def correction(what: UUID, now: datetime) -> Obliged | None:
    """The last of them: how carrying a measure out stands; None where it is not owed."""
    found = corrections(what, now)
    return found[-1] if found else None


def sources(duty: str, things: Iterable[UUID]) -> dict[UUID, str]:
    """By what a duty is owed about each of some things: the seed and section of the clause, or the law."""
    rows = Obligation.objects.filter(duty=duty, about__in=list(things))
    return dict(rows.values_list("about", "source"))


def _obliged(rows: "QuerySet[Obligation] | Iterable[Obligation]", now: datetime) -> list[Obliged]:
    listed, said = list(rows), reader()
    standing = set(
        Stay.objects.filter(obligation__in=[row.id for row in listed], ends=None).values_list("obligation", flat=True)
    )
    name = accounts.holder().name if listed else ""
    return [_one(row, name, said.gettext(owing.title(row.duty)), row.id in standing, now) for row in listed]


def _one(row: Obligation, name: str, title: str, standing: bool, now: datetime) -> Obliged:
    times = rules.times_of(
        row.kind,
        opened=row.opened_at,
        since=row.since,
        strict=row.strict,
        statutory=row.statutory,
        period=row.period,
    )
    return Obliged(
        id=row.id,
        controller_id=row.controller_id,
        controller_name=name,
        number=row.number,
        duty=row.duty,
        title=title,
        source=row.source,
        kind=row.kind,
        cause=row.cause,
        about_kind=row.about_kind,
        about=row.about,
        owed_by=row.owed_by,
        owed_to=row.owed_to,
        post=row.post,
        opened_at=row.opened_at,
        since=row.since,
        begins=times.begins,
        period=row.period,
        strict=row.strict,
        statutory=row.statutory,
        zone=row.reckoning["zone"],
        timed=times.timed,
        state=row.state,
        late=rules.is_late(times, row.closed_at or now) and not standing,
        standing=standing,
        late_at=row.late_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        changed_at=row.changed_at,
    )


def obligation(obligation_id: UUID, now: datetime) -> Explained:
    """One obligation with its explanation in the reader's language. Raises NoSuchObligation."""
    row = Obligation.objects.filter(id=obligation_id).first()
    if row is None:
        raise NoSuchObligation(reader().gettext(_NONE))
    stops = Stay.objects.filter(obligation=row.id).order_by("begins")
    entries = (record.entry(UUID(one)) for one in row.entries)
    return Explained(
        obliged=_obliged([row], now)[0],
        explanation=tell(rules.thaw(row.steps), reader()),
        regime=row.reckoning["regime"],
        calendar=row.reckoning["version"] or row.reckoning["calendar"],
        stops=tuple(Stop(one.id, one.ground, one.evidence, one.begins, one.ends, one.by) for one in stops),
        reason=row.reason,
        evidence=dict(row.evidence),
        entries=tuple(one for one in entries if one is not None),
    )
