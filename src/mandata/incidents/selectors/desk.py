"""The operator's reads: breaches, one of them with its scope and timeline, how each controller stands to it.

They open the scopes themselves.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.rules.facts.duties import NotifyFacts
from mandata.agreements.rules.gates.duties import notifies
from mandata.agreements.rules.verdicts import Verdict
from mandata.agreements.selectors import obligations as owed
from mandata.agreements.selectors.notices import LegalNotice, legal_notices
from mandata.holdings import breadth
from mandata.incidents import rules
from mandata.incidents.errors import NoSuchBreach
from mandata.incidents.models import Affected, Breach, Correction, Filter, Phase, Share, Step
from mandata.infra.tenancy import INSTANCE, scope


@dataclass(frozen=True, slots=True)
class BreachRow:
    """A breach in the operator's list, with the sums over all controllers. `untold`: how many wait for a notice;
    `behind`: how many do not know what is known now."""

    id: UUID
    number: int
    title: str
    drill: bool
    origin: str
    state: str
    certain: bool
    aware_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    controllers: int
    subjects: int
    records: int
    untold: int
    behind: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A step of a timeline; `actor` is a kind and an id, `entry` its place in the record of the scope."""

    at: datetime
    kind: str
    actor: str
    detail: Mapping[str, Any]
    entry: UUID


@dataclass(frozen=True, slots=True)
class Corrected:
    """A corrective measure; `owed`: the obligation to carry it out, which a drill's has not."""

    id: UUID
    what: str
    post: str
    due_on: date
    done_at: datetime | None
    proof: str
    owed: owed.Obliged | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter of a breach."""

    id: UUID
    wanted: rules.Wanted
    at: datetime


@dataclass(frozen=True, slots=True)
class BreachView:
    """A breach with everything that is common to all controllers. `facts` by name of a column."""

    row: BreachRow
    facts: Mapping[str, Any]
    revision: int
    telling: int
    counted_at: datetime | None
    count_seconds: float | None
    result: Mapping[str, Any]
    filters: tuple[Chosen, ...]
    corrections: tuple[Corrected, ...]
    steps: tuple[Taken, ...]
    handling: owed.Obliged | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How one controller stands to a breach.

    `notice` is what was served last, `owed` the obligation to tell it; `verdict` what its clause says on telling.
    `unreached`: why what we sent does not reach it, "no_address" or "returned"; `reaches`: its addresses for breaches;
    `members`: how many people have a seat there.
    """

    whose: UUID
    name: str
    subjects: int
    records: int
    places: Mapping[str, Sequence[int]]
    told: int
    aware_at: datetime | None
    failure: str
    share: UUID | None
    told_at: datetime | None
    phases: int
    notice: LegalNotice | None
    owed: owed.Obliged | None
    authority: str
    reported: str
    verdict: Verdict | None
    unreached: str = ""
    reaches: tuple[str, ...] = ()
    members: int = 0


def breaches(*, drill: bool | None = None, before: int | None = None, limit: int = 50) -> list[BreachRow]:
    """Return breaches, the newest first; drills too, or alone, or not."""
    with scope(INSTANCE):
        rows = Breach.objects.order_by("-number")
        if drill is not None:
            rows = rows.filter(drill=drill)
        if before is not None:
            rows = rows.filter(number__lt=before)
        return [_row(row) for row in rows[:limit]]


def _row(row: Breach) -> BreachRow:
    touched = Affected.objects.filter(breach_id=row.id)
    found = touched.aggregate(subjects=Sum("subjects"), records=Sum("records"))
    concerned = touched.filter(Q(records__gt=0) | Q(tried__gt=0) | Q(told__gt=0))
    late = Q(told=0, records__gt=0) | Q(told__lt=row.telling) | Q(again_at__isnull=False)
    return BreachRow(
        id=row.id,
        number=row.number,
        title=row.title,
        drill=row.drill,
        origin=row.origin,
        state=row.state,
        certain=row.certain,
        aware_at=row.aware_at,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        controllers=touched.filter(records__gt=0).count(),
        subjects=int(found["subjects"] or 0),
        records=int(found["records"] or 0),
        untold=concerned.filter(late).count(),
        behind=concerned.filter(told__lt=row.revision).count(),
    )


_FACTS = (
    *("found", "kinds", "certain", "forbidden", "believed_at", "aware_at", "began_at", "ended_at", "nature"),
    *("consequences", "measures", "effects", "reported_by", "opened_by", "contained_at", "closed_at"),
)


def breach(breach_id: UUID, *, at: datetime) -> BreachView:
    """Return one breach. Raises NoSuchBreach."""
    with scope(INSTANCE):
        row = Breach.objects.filter(id=breach_id).first()
        if row is None:
            raise NoSuchBreach(_("There is no such breach."))
        known = breadth.countable()
        filters = Filter.objects.filter(breach_id=row.id).order_by("at", "id")
        handling = [one for one in owed.about(row.id, at) if one.duty == rules.HANDLING]
        return BreachView(
            row=_row(row),
            facts={name: getattr(row, name) for name in _FACTS},
            revision=row.revision,
            telling=row.telling,
            counted_at=row.counted_at,
            count_seconds=row.count_seconds,
            result=row.result,
            filters=tuple(Chosen(one.id, rules.read(one.wanted, holdings=known), one.at) for one in filters),
            corrections=tuple(_corrections(row.id, at)),
            steps=taken(row.id),
            handling=handling[-1] if handling else None,
        )


def _corrections(breach_id: UUID, at: datetime) -> Iterator[Corrected]:
    for one in Correction.objects.filter(breach_id=breach_id).order_by("due_on", "at"):
        carried = owed.correction(one.id, at)
        yield Corrected(one.id, one.what, one.post, one.due_on, one.done_at, one.proof, carried)


def corrections(breaches: Iterable[UUID], *, at: datetime) -> list[tuple[UUID, Corrected]]:
    """Return the corrective measures of some breaches, each with its breach."""
    with scope(INSTANCE):
        return [(breach, one) for breach in breaches for one in _corrections(breach, at)]


def taken(breach: UUID) -> tuple[Taken, ...]:
    """The steps of a breach in the open scope, newest first."""
    rows = Step.objects.filter(breach=breach).order_by("-at", "-id")[:500]
    return tuple(Taken(one.at, one.kind, one.actor, one.detail, one.entry) for one in rows)


def standings(breach_id: UUID, *, at: datetime, start: int = 0, count: int = 50) -> tuple[int, list[Standing]]:
    """Return how many controllers a breach concerns, and how one page of them stand to it, the most people first."""
    with scope(INSTANCE):
        row = Breach.objects.filter(id=breach_id).first()
        if row is None:
            raise NoSuchBreach(_("There is no such breach."))
        rows = Affected.objects.filter(breach_id=breach_id).order_by("-subjects", "whose")
        total, page = rows.count(), list(rows[start : start + count])
    facts = NotifyFacts(
        certain=row.certain, telling_forbidden=bool(row.forbidden), by="processor", aware_at=row.aware_at
    )
    return total, [_standing(one, facts, at) for one in page]


def _standing(one: Affected, facts: NotifyFacts, at: datetime) -> Standing:
    with scope(one.whose):
        share = Share.objects.filter(breach=one.breach_id).first()
        last = Phase.objects.filter(share_id=share.id).order_by("-number").first() if share else None
        notices = legal_notices(about=share.id, kind="breach", count=20)[1] if share else []
        duties = [each for each in owed.about(share.id, at) if share and each.duty == rules.NOTIFY] if share else []
        ours = [each for each in duties if each.owed_by == "processor"]
        terms = agreements.ground(at).terms
        reaches = tuple(each.address for each in accounts.reached("breaches"))
        return Standing(
            whose=one.whose,
            name=accounts.controller().name,
            subjects=one.subjects,
            records=one.records,
            places=one.places,
            told=one.told,
            aware_at=one.aware_at,
            failure=one.failure,
            share=share.id if share else None,
            told_at=share.told_at if share else None,
            phases=last.number if last else 0,
            notice=next((each for each in notices if last and each.id == last.served), None),
            owed=ours[-1] if ours else None,
            authority=share.authority if share else "",
            reported=str(share.report.get("words", "")) if share else "",
            verdict=notifies(terms, facts)[-1] if terms else None,
            unreached=_unreached(last, notices, one.failure),
            reaches=reaches,
            members=len(accounts.members()),
        )


def _unreached(last: Phase | None, notices: Sequence[LegalNotice], failure: str) -> str:
    """Why the last notice reaches nobody: there is no address, or it came back, from the second address, too."""
    if failure == "notice.no_address":
        return "no_address"
    mine = [one for one in notices if last is not None and last.served in (one.id, one.second_of)]
    return "returned" if mine and all(one.undelivered for one in mine) else ""


def outstanding() -> tuple[int, int]:
    """How many breaches are open, and how many controllers of theirs wait to be told; drills aside."""
    rows = [one for one in breaches(drill=False, limit=200) if one.state != "closed"]
    return len(rows), sum(one.untold for one in rows)
