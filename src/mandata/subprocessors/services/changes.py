"""Intended changes of the register: announced to every controller, withdrawn, taking effect. Need no scope.

Each change is told by jobs, so many controllers a job, each controller in a transaction of its own (`telling`).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append
from mandata.subprocessors.errors import BadEntry, NoSuchChange, NoSuchSubProcessor, WrongState
from mandata.subprocessors.models import Change, SubProcessor
from mandata.subprocessors.rules.countries import is_country
from mandata.subprocessors.rules.windows import COUNTRY, KINDS, REPLACE

SPREAD: Final = "subprocessors.spread"
TELL: Final = "subprocessors.tell"
RETRACT: Final = "subprocessors.retract"
BATCH: Final = 100
_RECENT: Final = timedelta(days=31)
_FAR: Final = timedelta(days=731)
"""Nobody can say so far ahead which days are days off, and a notice must say until when one may object."""


def announce(
    *,
    kind: str,
    subprocessor: str | UUID,
    planned_for: datetime,
    actor: Actor,
    at: datetime,
    replaces: str = "",
    country: str = "",
) -> UUID:
    """Announce a change to every controller, and return its id (SPR-2, TRF-2).

    ``kind``: "add" engages a planned sub-processor, "replace" one in the place of ``replaces``, "country" moves one at
    work to ``country``. ``planned_for``: not before then, and for each controller not before its own notice and window
    have run. The same change announced again is the same change. Raises BadEntry, NoSuchSubProcessor, WrongState.
    """
    with scope(INSTANCE):
        row = _locked(subprocessor)
        before = Change.objects.filter(subprocessor=row, state="announced").first()
        if before is not None and _same(before, kind, country, planned_for):
            _spread(before.id, TELL)
            return before.id
        replaced = _may_announce(row, before, kind, replaces, country)
        if planned_for < at:
            raise BadEntry(_("The day lies in the past."), remedy=_("Plan the change for a day to come."))
        if planned_for > at + _FAR:
            raise BadEntry(
                _("The day lies more than two years ahead."), remedy=_("Announce the change when it is nearer.")
            )
        change = Change.objects.create(
            kind=kind,
            subprocessor=row,
            replaces=replaced,
            details={"country": country, "before": row.country} if kind == COUNTRY else {},
            announced_by=actor.id,
            announced_at=at,
            planned_for=planned_for,
        )
        body: dict[str, object] = {"change": change.id, "change_kind": kind, "subprocessor": row.id}
        body |= {"replaces": replaced.id if replaced else None, "planned_for": planned_for, "country": country}
        append(kind="subprocessor.announced", body=body, actor=actor, at=at)
        _spread(change.id, TELL)
    return change.id


def _same(change: Change, kind: str, country: str, planned_for: datetime) -> bool:
    return (change.kind, change.planned_for, change.details.get("country", "")) == (kind, planned_for, country)


def _may_announce(
    row: SubProcessor, before: Change | None, kind: str, replaces: str, country: str
) -> SubProcessor | None:
    """The sub-processor that is replaced, if any, where this change can follow upon the register as it stands."""
    if kind not in KINDS:
        raise BadEntry(
            _("There is no change %(kind)s.") % {"kind": kind},
            remedy=_("Take one of %(kinds)s.") % {"kinds": ", ".join(KINDS)},
        )
    if before is not None:
        raise WrongState(
            _("A change of %(name)s is announced already, for %(day)s.")
            % {"name": row.name, "day": f"{before.planned_for:%Y-%m-%d}"},
            remedy=_("Withdraw it first, or wait until it has taken effect."),
        )
    if row.state != ("active" if kind == COUNTRY else "planned"):
        said = (
            _("%(name)s is not at work.") if kind == COUNTRY else _("%(name)s is not planned: it is at work, or ended.")
        )
        raise WrongState(
            said % {"name": row.name},
            remedy=_("Announce a planned sub-processor, or another country of one at work."),
        )
    if (kind == COUNTRY) != bool(country) or (country and (not is_country(country) or country == row.country)):
        raise BadEntry(
            _("A change of country names the new country, and no other change does."),
            remedy=_("Take the two letters of ISO 3166-1, for example DE."),
        )
    if (kind == REPLACE) != bool(replaces):
        raise BadEntry(
            _("A replacement names whom it replaces, and no other change does."),
            remedy=_("Name a sub-processor at work."),
        )
    return _at_work(replaces) if replaces else None


def _at_work(name: str) -> SubProcessor:
    row = SubProcessor.objects.filter(name=name, state="active").first()
    if row is None:
        raise NoSuchSubProcessor(_("No sub-processor %(name)s is at work.") % {"name": name})
    return row


def withdraw(change_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Take back a change that has not taken effect; who was told is told of this, too.

    Raises NoSuchChange, WrongState.
    """
    with scope(INSTANCE):
        change = Change.objects.select_for_update().filter(id=change_id).first()
        if change is None:
            raise NoSuchChange(_("There is no such change."))
        if change.state == "withdrawn":
            return
        if change.state != "announced" or change.planned_for <= at:
            raise WrongState(
                _("The change has taken effect."), remedy=_("End the sub-processor, or announce another change.")
            )
        _take_back(change, actor, at)


def _take_back(change: Change, actor: Actor, at: datetime) -> None:
    Change.objects.filter(id=change.id).update(state="withdrawn")
    append(kind="subprocessor.change_withdrawn", body={"change": change.id}, actor=actor, at=at)
    _spread(change.id, RETRACT)


def take_back_all(row: SubProcessor, *, actor: Actor, at: datetime) -> None:
    """Take back what is announced of a sub-processor that ends, and tell who was told; in the installation's scope."""
    for change in Change.objects.select_for_update().filter(subprocessor=row, state="announced"):
        _take_back(change, actor, at)


def take_effect(*, at: datetime) -> int:
    """Bring the register up to date with changes whose day has come; return how many there were.

    The gate looks at the day itself and does not wait for this. Whom a new one replaces stays at work until the
    operator ends it: controllers whose window is open, or who object, still need it.
    """
    due = list(Change.objects.filter(state="announced", planned_for__lte=at).values_list("id", flat=True))
    return sum(_take_effect(change_id, at) for change_id in due)


def _take_effect(change_id: UUID, at: datetime) -> int:
    with scope(INSTANCE):
        _locked(Change.objects.values_list("subprocessor", flat=True).get(id=change_id))  # first, as everybody does
        change = Change.objects.select_for_update().get(id=change_id)
        if change.state != "announced" or change.planned_for > at:
            return 0
        rows = SubProcessor.objects.filter(id=change.subprocessor_id)
        if change.kind == COUNTRY:
            rows.update(country=change.details["country"])
        else:
            rows.filter(state="planned").update(state="active", since=change.planned_for)
        Change.objects.filter(id=change.id).update(state="effective")
        append(kind="subprocessor.change_effective", body={"change": change.id}, actor=SYSTEM, at=at)
    return 1


def _spread(change_id: UUID, verb: str) -> None:
    app.configure_task(SPREAD, queue="subprocessors").defer(change_id=str(change_id), verb=verb)


def spread(change_id: UUID, *, verb: str) -> int:
    """Queue the jobs that tell every controller; return how many. Done twice, the second ones find nothing to do."""
    jobs = 0
    for batch in _batches():
        with transaction.atomic():
            app.configure_task(verb, queue="subprocessors").defer(
                change_id=str(change_id), controllers=[str(one) for one in batch]
            )
        jobs += 1
    return jobs


def _batches() -> Iterator[list[UUID]]:
    last: UUID | None = None
    while batch := accounts.ids_after(last, BATCH):
        yield batch
        last = batch[-1]


def spread_again(*, at: datetime) -> int:
    """Tell, once a day, whom no job has reached: whose agreement came into force meanwhile, or who could not be told.

    Until a month after a change has taken effect; the gate stays shut for who was not told.
    """
    recent = Change.objects.exclude(state="withdrawn").filter(planned_for__gt=at - _RECENT)
    found = list(recent.values_list("id", flat=True))
    return sum(spread(change_id, verb=TELL) for change_id in found)


def row(change_id: UUID) -> Change:
    """The change itself, for this area's services. Raises NoSuchChange."""
    found = Change.objects.select_related("subprocessor", "replaces").filter(id=change_id).first()
    if found is None:
        raise NoSuchChange(_("There is no such change."))
    return found


def _locked(name_or_id: str | UUID) -> SubProcessor:
    """The entry, so that of two who announce at once one waits, and then finds the other's change."""
    rows = SubProcessor.objects.select_for_update()
    found = (rows.filter(id=name_or_id) if isinstance(name_or_id, UUID) else rows.filter(name=name_or_id)).first()
    if found is None:
        raise NoSuchSubProcessor(_("The register holds no sub-processor %(name)s.") % {"name": name_or_id})
    return found
