"""Whom and what a breach touched: filters, counted at every controller that they mean. Opens the scopes itself."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.foundation.actors import SYSTEM, Actor
from mandata.holdings import breadth
from mandata.incidents import rules
from mandata.incidents.errors import BadFilter, NoSuchThing, WrongState
from mandata.incidents.models import Affected, Breach, Filter
from mandata.incidents.rules import Wanted
from mandata.incidents.services import steps
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, scope

JOB: Final = "incidents.count"
AT_ONCE: Final = 200
"""Up to so many controllers are counted while somebody waits; more are counted by a job."""


def add_filter(breach_id: UUID, wanted: Mapping[str, object], *, actor: Actor, at: datetime) -> UUID:
    """Add a filter (`rules.read`) to a breach and return its id; nothing is counted yet.

    Raises NoSuchBreach, BadFilter, WrongState.
    """
    try:
        read = rules.read(wanted, holdings=breadth.countable())
    except rules.Unreadable as wrong:
        raise BadFilter(
            _("This filter cannot be read: %(part)s.") % {"part": wrong.what[:120]},
            remedy=_("Correct that part; nothing was added."),
        ) from None
    unknown = [one for one in read.controllers if not accounts.exists(one)]
    if unknown:
        raise BadFilter(_("There is no such controller."), remedy=_("Choose one of the list; nothing was added."))
    with scope(INSTANCE):
        row = _open(breach_id)
        made = Filter.objects.create(breach_id=row.id, wanted=rules.kept(read), by=str(actor)[:60], at=at)
        detail: dict[str, object] = {"filter": made.id, "by": sorted(rules.kept(read))}
        steps.enter(row, "filter_added", actor=actor, at=at, detail=detail)
        own: UUID = made.id
        return own


def drop_filter(filter_id: UUID, *, actor: Actor, at: datetime) -> UUID:
    """Take a filter away and return the breach's id. Raises NoSuchThing, WrongState."""
    with scope(INSTANCE):
        made = Filter.objects.filter(id=filter_id).first()
        if made is None:
            raise NoSuchThing(_("There is no such filter."))
        row = _open(made.breach_id)
        Filter.objects.filter(id=made.id).delete()
        steps.enter(row, "filter_dropped", actor=actor, at=at, detail={"filter": filter_id})
        own: UUID = row.id
        return own


def _open(breach_id: UUID) -> Breach:
    row = steps.locked(breach_id)
    if row.state == "closed":
        raise WrongState(_("This breach is closed."), remedy=_("Open it again first."))
    return row


def count(breach_id: UUID, *, actor: Actor = SYSTEM, at: datetime, wait: bool = True) -> bool:
    """Count at every controller that the filters mean whom they touched, and keep it; False where a job does it.

    `wait` False leaves many controllers to a job. Raises NoSuchBreach, WrongState.
    """
    began = time.monotonic()
    with scope(INSTANCE):
        row = _open(breach_id)
        kept = [one.wanted for one in Filter.objects.filter(breach_id=row.id).order_by("at", "id")]
    filters = [rules.read(one, holdings=breadth.countable()) for one in kept]
    everybody = any(not one.controllers for one in filters)
    candidates = accounts.ids() if everybody else sorted({each for one in filters for each in one.controllers})
    if not wait and len(candidates) > AT_ONCE:
        app.configure_task(JOB, queue="incidents", lock=f"incidents {breach_id}").defer(breach_id=str(breach_id))
        return False
    found = {one: touched for one in candidates if (touched := at_controller(one, filters)).records}
    with scope(INSTANCE):
        _keep(breach_id, found, time.monotonic() - began, actor, at)
    return True


def at_controller(controller_id: UUID, filters: list[Wanted]) -> breadth.Touched:
    """Count what those filters touch that mean a controller; what was counted by hand is added."""
    mine = rules.meant(filters, controller_id)
    with scope(controller_id):
        touched = breadth.count([as_filter(one) for one in mine if one.by_hand is None])
    people, records = (sum(one.by_hand[part] for one in mine if one.by_hand) for part in (0, 1))
    if not people and not records:
        return touched
    places = {**touched.places, "by_hand": (people, records)}
    return breadth.Touched(touched.subjects + people, touched.records + max(records, people), places)


def as_filter(one: Wanted) -> breadth.Filter:
    """What the holdings are asked."""
    return breadth.Filter(one.holdings, one.since, one.until, one.dated, one.lists, one.export, one.access, one.epoch)


def _keep(breach_id: UUID, found: Mapping[UUID, breadth.Touched], seconds: float, actor: Actor, at: datetime) -> None:
    row = _open(breach_id)
    before = {one.whose: one for one in Affected.objects.select_for_update().filter(breach_id=row.id).order_by("whose")}
    changed = fresh = False
    for whose in sorted({*found, *before}):
        touched, known = found.get(whose, breadth.Touched()), before.get(whose)
        if known is None:
            Affected.objects.create(breach_id=row.id, whose=whose, counted_at=at, **_counts(touched))
        elif not touched.records and not known.tried and not known.told and row.reported_by != whose:
            Affected.objects.filter(id=known.id).delete()
        else:
            again = _again(known, touched, at)
            Affected.objects.filter(id=known.id).update(counted_at=at, **again, **_counts(touched))
        fresh = fresh or bool(touched.records and (known is None or not known.records))
        same = known is not None and (known.subjects, known.records) == (touched.subjects, touched.records)
        changed = changed or not same
    row.revision += changed
    row.counted_at, row.count_seconds, row.changed_at = at, round(seconds, 3), at
    row.save()
    if fresh and row.telling and not row.drill:
        steps.owe_handling(row, f"breach:{row.id}:{row.revision}", at, actor=actor, at=at)
    detail = {
        "controllers": len(found),
        "subjects": sum(one.subjects for one in found.values()),
        "records": sum(one.records for one in found.values()),
        "revision": row.revision,
    }
    steps.enter(row, "counted", actor=actor, at=at, detail=detail)


def _again(known: Affected, touched: breadth.Touched, at: datetime) -> dict[str, object]:
    """What a recount changes for who may have been told: once it is not affected, no arrival is waited for; once it is
    again, we are aware of that from now on, and not before."""
    if not touched.records:
        return {"again_at": None, "aware_at": None}
    return {} if known.records else {"again_at": at if known.tried or known.told else None}


def _counts(touched: breadth.Touched) -> dict[str, object]:
    places = {key: list(counts) for key, counts in touched.places.items()}
    return {"subjects": touched.subjects, "records": touched.records, "places": places}
