"""How the end of an agreement stands: the end itself, its timetable with what is owed, who may still do what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.rules.terms import Terms
from mandata.agreements.selectors import obligations as obliged
from mandata.agreements.selectors.binding import clause_named
from mandata.foundation import canonical
from mandata.infra.tenancy import scope
from mandata.retention.errors import NoSuchEnd
from mandata.retention.models import End, Return
from mandata.retention.rules import ending as rules
from mandata.vault.errors import DoesNotOpen, KeyDestroyed
from mandata.vault.services import Vault

PLACE = "retention_end.sealed"


@dataclass(frozen=True, slots=True)
class EndView:
    """An end as pages show it; see the model."""

    id: UUID
    controller_id: UUID
    state: str
    by: str
    reason: str
    agreement: UUID | None
    noticed_at: datetime
    effective_at: datetime
    took_effect_at: datetime | None
    choice: str
    chosen_at: datetime | None
    plan_until: datetime | None
    access_ended_at: datetime | None
    engine_emptied_at: datetime | None
    reminded_at: datetime | None
    withdrawn_at: datetime | None
    counts: dict[str, int]
    progress: dict[str, int]
    kept: list[dict[str, Any]]
    confirmed_at: datetime | None
    keys: dict[str, Any]
    deleted_at: datetime | None
    certified_at: datetime | None
    backups_gone_at: datetime | None
    error: str

    @property
    def may_withdraw(self) -> bool:
        """Whether it is still to take effect."""
        return self.state == "noticed"


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the timetable for people: the clause by number and title, what is owed of it and how that stands."""

    line: rules.Line
    clause: str
    start: str
    owed: obliged.Obliged | None
    past: bool


@dataclass(frozen=True, slots=True)
class Row:
    """An end in the operator's desk."""

    controller_id: UUID
    controller_name: str
    end: EndView


def current() -> EndView | None:
    """Return the scope's end that is under way or done; None where the agreement goes on."""
    row = End.objects.exclude(state="withdrawn").first()
    return None if row is None else view(row)


def end(end_id: UUID) -> EndView:
    """Return an end. Raises NoSuchEnd."""
    row = End.objects.filter(id=end_id).first()
    if row is None:
        raise NoSuchEnd(_("No end of this agreement is under way."))
    return view(row)


def view(row: End) -> EndView:
    """Return a row as a value."""
    return EndView(**{name: getattr(row, name) for name in EndView.__slots__})


def reasons(end_id: UUID) -> str:
    """Return the reasons in words, as long as their key lives."""
    row = End.objects.get(id=end_id)
    if not bytes(row.sealed):
        return ""
    try:
        return str(canonical.loads(Vault.open().unseal(row.id, PLACE, bytes(row.sealed)))["reasons"])
    except (KeyDestroyed, DoesNotOpen):
        return ""


def terms(at: datetime) -> Terms | None:
    """Return the terms by which the scope's agreement ends: those in force, else the last ones."""
    found = agreements.ground(at).agreement
    if found is None:
        found = next(iter(agreements.agreements()), None)
    return None if found is None else found.terms


def events(one: EndView) -> dict[str, datetime]:
    """Return the events of an end that have come or whose time is known, by the codes of the clauses."""
    found = dict.fromkeys(rules.EVENTS, one.effective_at)
    if one.choice in ("return", "both") and one.chosen_at:
        found[rules.REQUESTED] = one.chosen_at
    if one.reminded_at:
        found[rules.REMINDED] = one.reminded_at
    if one.deleted_at:
        found[rules.DELETED] = one.deleted_at
    return found


def timetable(one: EndView, at: datetime) -> list[Shown]:
    """Return the timetable of an end with what is owed, in the reader's language."""
    by = terms(at)
    if by is None:
        return []
    owed = _owed(one, at)
    lines = rules.timetable(by, events(one), plan_until=one.plan_until, chosen=bool(one.choice))
    said = agreements.reader()
    return [
        Shown(
            line,
            clause_named(line.clause, by),
            said.gettext(_event(line.start)) if line.start else "",
            owed.get(line.clause),
            line.at is not None and line.at <= at,
        )
        for line in lines
    ]


def _event(code: str) -> str:
    from mandata.agreements.rules.vocabulary import SHARED

    return SHARED["event"].get(code, code)


def _owed(one: EndView, at: datetime) -> dict[str, obliged.Obliged]:
    things: Iterable[UUID] = (one.agreement, one.id) if one.agreement else (one.id,)
    return {found.duty: found for thing in things for found in obliged.about(thing, at)}


def access(at: datetime) -> str:
    """Return what the scope's people may do now: full, export, none (`rules.access`)."""
    row = End.objects.exclude(state="withdrawn").values("effective_at", "state").first()
    if row is None or (row["state"] == "noticed" and not over(at)):
        return rules.FULL
    deleting = row["state"] in ("deleting", "deleted", "certified")
    return rules.access(terms(at), ended_at=row["effective_at"], deleting=deleting, at=at)


def over(at: datetime) -> bool:
    """Say whether a notice's time has come though no job has looked yet, and no agreement has been accepted since."""
    come = End.objects.filter(state="noticed", effective_at__lte=at).exists()
    return come and agreements.in_force(at) is None


def hindrances(one: EndView, at: datetime) -> tuple[rules.Hindrance, ...]:
    """Return what stands against deleting now."""
    facts = rules.DeletionFacts(
        at=at,
        ended_at=one.effective_at,
        choice=one.choice,
        returned=returned(one),
        plan_until=one.plan_until,
        reminded_at=one.reminded_at,
    )
    return rules.hindrances(terms(at), facts)


def returned(one: EndView) -> bool:
    """Say whether everything was handed over: an archive that was asked for once the end had taken effect, and so lacks
    nothing, and was fetched whole, lies in the store that the controller named, or was given to it by the operator."""
    made = Return.objects.filter(asked_at__gte=max(one.noticed_at, one.effective_at))
    return made.exclude(fetched_at=None).exists() or made.exclude(delivered_at=None).exists()


def ends(*, states: tuple[str, ...] = (), limit: int = 500) -> list[Row]:
    """*Directory.* Return the ends of all controllers, the most recent first; opens the scopes itself."""
    found = []
    for controller_id in accounts.ids():
        with scope(controller_id):
            one = current()
            if one is not None and (not states or one.state in states):
                found.append(Row(controller_id, accounts.controller().name, one))
    return sorted(found, key=lambda row: row.end.noticed_at, reverse=True)[:limit]
