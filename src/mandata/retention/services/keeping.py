"""Keeping: periods that the controller sets, holds, and deletions by age: daily by the rules, or on demand (RET-1).

A run's plan is fixed when it begins: up to when each category goes, on whose word. It is worked off in batches, each
one transaction with what it has done, so that a killed worker's goes on behind the last whole batch, and two at once
take turns at it. What a hold covers stays; so does what each area itself cannot let go.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements import services as gates
from mandata.agreements.rules.facts import SERVICE, RightsFacts
from mandata.agreements.services.authority import authorised
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.periods import Period
from mandata.holdings import ageing
from mandata.infra import clock
from mandata.infra.clock import new_id
from mandata.infra.jobs import app
from mandata.infra.tenancy import current_controller, scope
from mandata.record.services import append
from mandata.retention.errors import (
    Incomplete,
    NoSuchCategory,
    NoSuchRow,
    NotSettable,
    NotSo,
    OnHold,
    Recounted,
    UnderWay,
)
from mandata.retention.models import Hold, Run, Setting
from mandata.retention.rules import keeping as rules
from mandata.retention.rules.keeping import Category, Look
from mandata.retention.selectors import keeping as selectors
from mandata.retention.selectors.keeping import Aged
from mandata.vault.services import Vault

JOB: Final = "retention.run"
SLICE: Final = 20.0
"""Seconds after which a job hands over to the next one."""
SEALED: Final = "retention_hold.sealed"
_CLAUSE: Final = "RET-1"


def set_period(*, category: str, period: Period | None, member_id: UUID, at: datetime) -> None:
    """Have a category kept for so long from now on; None: as the agreement or we say. Nothing is deleted by this.

    Raises NotAuthorised, NoSuchCategory, NotSettable.
    """
    actor, one = authorised(member_id), _category(category)
    found = rules.rule(one, selectors.terms(at), None)
    if not found.may_set:
        raise NotSettable(
            _("For how long this is kept is not yours to set."),
            clause=found.clause,
            remedy=_("You can have it deleted at any time, below."),
        )
    if period is not None and period.unit.value == "hours":
        raise Incomplete(_("Write days, weeks, months or years."), clause=_CLAUSE)
    if period is not None and one.least is not None and rules.shorter(period, one.least):
        raise NotSettable(_(one.why_least), clause=_CLAUSE, remedy=_("Choose a longer period."))
    if period is None:
        Setting.objects.filter(category=category).delete()
    else:
        values = {"period": str(period), "by": str(actor), "at": at}
        Setting.objects.update_or_create(category=category, defaults=values)
    body: dict[str, object] = {"category": category, "period": str(period or "")}
    append(kind="retention.period_set", body=body, actor=actor, at=at, clause=found.clause or rules.SILENT)


def place_hold(
    *, category: str, ground: str, words: str, actor: Actor, at: datetime, until: datetime | None = None
) -> UUID:
    """Let nothing of a category (empty: of any) be deleted by age while a ground stands; return the hold's id.

    The words are sealed. Raises NoSuchCategory, Incomplete.
    """
    if category:
        _category(category)
    if ground not in rules.GROUNDS or not words.strip() or (until is not None and until <= at):
        raise Incomplete(
            _("A hold needs a ground, its reasons in words, and no end that has passed."), clause="Art. 17(3) GDPR"
        )
    hold_id, vault = new_id(), Vault.open()
    vault.create([hold_id])
    Hold.objects.create(
        id=hold_id,
        category=category,
        ground=ground,
        sealed=vault.seal(hold_id, SEALED, words.strip().encode()),
        by=str(actor),
        at=at,
        until=until,
    )
    body: dict[str, object] = {"hold": hold_id, "category": category, "ground": ground, "until": until}
    commitment = vault.commit(hold_id, {"words": words.strip()})
    append(kind="retention.held", body=body, actor=actor, at=at, clause="Art. 17(3) GDPR", commitment=commitment)
    return hold_id


def lift_hold(*, hold_id: UUID, actor: Actor, at: datetime) -> None:
    """Lift a hold; the next run takes what is old enough. Raises NoSuchRow."""
    if not Hold.objects.filter(id=hold_id, lifted_at=None).update(lifted_at=at, lifted_by=str(actor)):
        raise NoSuchRow(_("There is no such hold."), clause="Art. 17(3) GDPR")
    append(kind="retention.released", body={"hold": hold_id}, actor=actor, at=at, clause="Art. 17(3) GDPR")


def demand(*, category: str, period: Period, rows: int, member_id: UUID, at: datetime, queue: bool = True) -> UUID:
    """Delete what of a category is older than a period, now, because the controller says so; return the run's id.

    `rows`: how many the preview showed, so that nobody confirms what was not looked at. What was told at the door
    counts as the controller's instruction. Raises NotAuthorised, NoSuchCategory, Recounted, OnHold, UnderWay,
    GateRefused.
    """
    actor, one = authorised(member_id), _category(category)
    if one.least is not None and rules.shorter(period, one.least):
        raise NotSettable(_(one.why_least), clause=_CLAUSE, remedy=_("Choose a longer period."))
    with scope(current_controller()):
        found = selectors.older(category, period, at)
        if found.hold:
            raise _on_hold(found.hold)
        if found.rows != rows:
            raise Recounted(
                _("There are %(rows)s now; nothing was deleted.") % {"rows": found.rows},
                clause="Art. 5(2) GDPR",
                remedy=_("Look at the preview again, and confirm its number."),
            )
        run = _made("demand", [found], actor, at, periods={category: str(period)})
        facts = RightsFacts(kind="erasure", confirmed=True, purpose=SERVICE)
        gates.ask(facts, about=run.id, actor=actor, at=at, record=True)
        _queued(run, queue)
        own: UUID = run.id
        return own


def daily(*, at: datetime, queue: bool = True) -> UUID | None:
    """Begin what the rules let go today in the open scope, if anything; return the run's id.

    Not while the controller has stopped its processing or its agreement has ended (the end has a timetable of its
    own), nor at the first look of all or after the clock has gone back. After a leap of the clock the run waits until
    somebody lets it begin.
    """
    with scope(current_controller()):
        standing = agreements.ground(at).standing
        if not standing.accepted or standing.ended:
            return None
        look = rules.look(at, _marks().values_list("at", flat=True).first())
        if look is not Look.ASK:  # a leap is no look: whoever stops what waits because of it is asked again
            _looked(at)
        if look is Look.WAIT or standing.halted or selectors.live():
            return None
        due = [one for one in selectors.preview(at) if one.rows and not one.hold]
        if not due:
            _looked(at)
            return None
        run = _made("daily", due, SYSTEM, at, state="waiting" if look is Look.ASK else "running")
        if run.state == "running":
            _queued(run, queue)
        own: UUID = run.id
        return own


def _marks() -> QuerySet[Run]:
    """The row that says when was last looked, whether or not anything had to go: of each controller there is one."""
    found: QuerySet[Run] = Run.objects.filter(why="daily", plan={})
    return found


def _looked(at: datetime) -> None:
    """Note the look, by which a leap of the clock is seen; one after which the clock was set back counts no more."""
    if not _marks().update(at=at, moved_at=at, finished_at=at):
        _made("daily", [], SYSTEM, at, state="done")


def confirm(*, run_id: UUID, actor: Actor, at: datetime, queue: bool = True) -> None:
    """Let a run begin that waits because the clock leapt. Raises NoSuchRow, NotSo."""
    with scope(current_controller()):
        run = _locked(run_id)
        if run.state != "waiting":
            raise NotSo(_("This deletion does not wait."), clause=_CLAUSE)
        if at < run.at:
            raise NotSo(
                _("The clock that this deletion was reckoned by was ahead; it would take what is not old enough."),
                clause=_CLAUSE,
                remedy=_("Stop it: the next one is reckoned anew."),
            )
        run.state, run.moved_at = "running", at
        run.save(update_fields=["state", "moved_at"])
        _looked(at)
        append(kind="retention.run_confirmed", body={"run": run.id}, actor=actor, at=at, clause=_CLAUSE)
        _queued(run, queue)


def stop(*, run_id: UUID, actor: Actor, at: datetime) -> None:
    """Stop a run at its next batch; what is gone is gone. Raises NoSuchRow, NotSo."""
    with scope(current_controller()):
        run = _locked(run_id)
        if run.state not in selectors.LIVE:
            raise NotSo(_("This deletion is not under way."), clause=_CLAUSE)
        _end(run, "stopped", actor, at)


def work(*, controller_id: UUID, run_id: UUID, at: datetime, seconds: float = SLICE) -> bool:
    """Work at a controller's run, each batch in a transaction of its own; return whether more is left."""
    until = time.monotonic() + seconds
    while True:
        with scope(controller_id):
            more = _batch(run_id, at)
        if not more or time.monotonic() >= until:
            return more


def _batch(run_id: UUID, at: datetime) -> bool:
    """Delete the next batch of a run; return whether there may be more."""
    run = Run.objects.select_for_update().filter(id=run_id).first()
    if run is None or run.state != "running":
        return False
    held = selectors.held_categories(at)
    for category, planned in run.plan.items():
        if planned.get("over"):
            continue
        if category in held:
            planned.update(over=True, held=list(held[category]))
            continue
        if _deleted(run, category, planned, at):
            run.save(update_fields=["plan", "done", "moved_at"])
            return True
        planned["over"] = True
        _told(run, category, planned, at)
    _finish(run, at)
    return False


def _deleted(run: Run, category: str, planned: dict[str, Any], at: datetime) -> int:
    """Delete a batch of the first place of a category that still has something."""
    before = datetime.fromisoformat(planned["before"])
    for place in ageing.of(category):
        gone = place.delete(before, place.batch, at)
        if gone:
            run.done = {**run.done, category: run.done.get(category, 0) + gone}
            run.moved_at = at
            return gone
    return 0


def _told(run: Run, category: str, planned: dict[str, Any], at: datetime) -> None:
    body: dict[str, object] = {
        "run": run.id,
        "category": category,
        "before": planned["before"],
        "rows": run.done.get(category, 0),
        "origin": planned["origin"],
        "source": planned["source"],
        "period": planned["period"],
    }
    clause = str(planned["clause"]) or rules.SILENT
    append(kind="retention.deleted", body=body, actor=SYSTEM, at=at, clause=clause)


def _finish(run: Run, at: datetime) -> None:
    run.state, run.finished_at, run.moved_at = "done", at, at
    run.save()
    if run.plan:
        append(kind="retention.run_done", body={"run": run.id, "rows": run.done}, actor=SYSTEM, at=at, clause=_CLAUSE)


def _end(run: Run, state: str, actor: Actor, at: datetime) -> None:
    run.state, run.finished_at, run.moved_at = state, at, at
    run.save()
    body: dict[str, object] = {"run": run.id, "rows": run.done}
    append(kind=f"retention.run_{state}", body=body, actor=actor, at=at, clause=_CLAUSE)


def _made(
    why: str,
    due: Iterable[Aged],
    actor: Actor,
    at: datetime,
    *,
    state: str = "running",
    periods: dict[str, str] | None = None,
) -> Run:
    plan = {one.rule.category.code: _planned(one, (periods or {}).get(one.rule.category.code)) for one in due}
    number = 1 + (Run.objects.aggregate(last=Max("number"))["last"] or 0)
    try:
        with transaction.atomic():
            run: Run = Run.objects.create(
                number=number, why=why, state=state, plan=plan, by=str(actor), at=at, moved_at=at
            )
    except IntegrityError as error:
        raise UnderWay(
            _("Another deletion is under way, or waits for somebody."),
            clause=_CLAUSE,
            remedy=_("Wait until it has ended, or stop it."),
        ) from error
    if plan:
        body: dict[str, object] = {"run": run.id, "why": why, "state": state, "plan": plan}
        append(kind="retention.run_begun", body=body, actor=actor, at=at, clause=_CLAUSE)
    return run


def _planned(one: Aged, period: str | None) -> dict[str, object]:
    assert one.before is not None
    on_demand = period is not None
    return {
        "before": one.before.isoformat(),
        "rows": one.rows,
        "origin": "controller" if on_demand else one.rule.origin.value,
        "clause": "" if on_demand else one.rule.clause,
        "source": rules.SILENT if on_demand else one.rule.source,
        "period": period or str(one.rule.period or ""),
    }


def _queued(run: Run, wanted: bool) -> None:
    if wanted:
        queue(current_controller(), run.id)


def queue(controller_id: UUID, run_id: UUID) -> None:
    """Queue the next slice of a run, in the caller's transaction."""
    job = app.configure_task(JOB, queue="retention", lock=f"retention:{run_id}")
    job.defer(controller_id=str(controller_id), run_id=str(run_id))


def _locked(run_id: UUID) -> Run:
    run: Run | None = Run.objects.select_for_update().filter(id=run_id).first()
    if run is None:
        raise NoSuchRow(_("There is no such deletion."), clause=_CLAUSE)
    return run


def _category(code: str) -> Category:
    found = rules.BY_CODE.get(code)
    if found is None:
        raise NoSuchCategory(_("There is no such category of data."), clause=_CLAUSE)
    return found


def _on_hold(grounds: Sequence[str]) -> OnHold:
    said = "; ".join(_(rules.GROUNDS[one]) for one in grounds)
    return OnHold(
        _("Nothing of this is deleted for the time being: %(grounds)s.") % {"grounds": said},
        clause="Art. 17(3) GDPR",
        remedy=_("Lift the hold once its ground is gone."),
    )


def run_everywhere(*, at: datetime) -> int:
    """Go through every controller as the daily job does; return how many runs began or went on.

    One controller's trouble holds up no other, and is raised at the end.
    """
    began, failure, after = 0, None, None
    while page := accounts.ids_after(after, 500):
        for one in page:
            try:
                with scope(one):
                    unfinished = selectors.unfinished()
                    for run_id in unfinished:
                        queue(one, run_id)
                    began += len(unfinished) or daily(at=at) is not None
            except Exception as error:
                failure = failure or error
        after = page[-1]
    if failure is not None:
        raise failure
    return began


def now_work(controller_id: UUID, run_id: UUID) -> None:
    """One slice of a run, as a job does it: what is left is queued again."""
    if work(controller_id=controller_id, run_id=run_id, at=clock.now()):
        with scope(controller_id):
            queue(controller_id, run_id)
