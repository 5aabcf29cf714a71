"""Erasures of many people: chosen, counted, confirmed, carried out in batches, told. A killed worker's goes on.

A run is a row; whoever is chosen stands in a table of its own by the random reference, and goes out of it with the
erasure. Each batch is one transaction with the place that the run has come to, so that whatever is killed, the same
command goes on behind the last whole batch and nobody is told erased who is not.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connections
from django.utils.translation import gettext as _

from mandata.agreements import services as agreements
from mandata.agreements.rules.facts import SERVICE, RightsFacts
from mandata.agreements.rules.verdicts import refusals
from mandata.agreements.selectors import check
from mandata.audience import personal as audience
from mandata.audience.services.numbers import next_number
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Fault
from mandata.holdings import chosen, erasing, rules, selectors
from mandata.holdings.errors import NoSuchRun, NotConfirmed, WrongState
from mandata.holdings.models import Erasure, Run
from mandata.holdings.rules import Found
from mandata.holdings.services import demand_ground
from mandata.infra import clock
from mandata.infra.jobs import app
from mandata.infra.tenancy import current_controller, scope
from mandata.record import services as record

JOB: Final = "holdings.erase_run"
PAGE: Final = 20_000
"""References chosen in a transaction."""
SLICE: Final = 20.0
"""Seconds after which a job hands over to the next one, so that a worker that is told to stop need not wait long."""
_WORKING: Final = ("choosing", "counting", "running")
_FACTS: Final = RightsFacts(kind="erasure", confirmed=True, purpose=SERVICE)
"""The controller itself decides: nobody else has to be known to be somebody."""


def choose(
    *,
    wanted: Mapping[str, str] | None = None,
    references: Sequence[UUID] = (),
    ground: str,
    actor: Actor,
    at: datetime,
    queue: bool = True,
) -> UUID:
    """Begin an erasure of many: of those that a filter of the subscribers' page describes, or of these references.

    `wanted`: values of `rules.FILTERS` as texts; empty ones narrow nothing, and an empty filter is everybody.
    References of nobody are left out. Then it is counted what is held of them; nothing is erased before
    `confirm`. Without `queue` it is the caller who works at it. Returns the run's id. Raises UnknownGround.
    """
    demand_ground(ground)
    narrowed = {name: text for name, text in (wanted or {}).items() if text and name in rules.FILTERS}
    with scope(current_controller()):
        run = Run.objects.create(
            number=next_number(Run),
            ground=ground,
            source="references" if wanted is None else rules.source_of(narrowed),
            state="counting" if wanted is None else "choosing",
            wanted=narrowed,
            asked_by=str(actor),
            asked_at=at,
        )
        for start in range(0, len(references), PAGE):
            run.people += chosen.add(run.id, audience.known(references[start : start + PAGE]))
        run.save(update_fields=["people"])
        body: dict[str, object] = {"ground": ground, "source": run.source, "wanted": narrowed, "people": run.people}
        _enter("chosen", run, body, actor, at)
        if queue:
            _queue(run.id)
        own: UUID = run.id
        return own


def confirm(*, run_id: UUID, people: int, actor: Actor, at: datetime) -> None:
    """Let a counted run erase: `people` must be how many were chosen, so that nobody confirms what was not looked at.

    Raises NoSuchRun, WrongState, NotConfirmed, GateRefused.
    """
    with scope(current_controller()):
        run = _locked(run_id, "ready")
        if people != run.people:
            raise NotConfirmed(
                _("These are not as many people as were chosen; nobody was erased."),
                clause="Art. 5(2) GDPR",
                remedy=_("Write the number that the preview shows."),
            )
        agreements.ask(_FACTS, about=run.id, actor=actor, at=at, record=True)
        _begin(run, actor, at, "confirmed")


def again(*, run_id: UUID, actor: Actor, at: datetime) -> None:
    """Try once more to erase those of whom it failed, or go on where the gate or a fault has stopped the run.

    Raises NoSuchRun, WrongState, GateRefused.
    """
    with scope(current_controller()):
        run = _locked(run_id, "done", "stopped")
        if run.state == "done" and not chosen.failed(run.id):
            raise _wrong_state()
        agreements.ask(_FACTS, about=run.id, actor=actor, at=at, record=True)
        chosen.untell(run.id)
        _begin(run, actor, at, "repeated")


def _begin(run: Run, actor: Actor, at: datetime, kind: str) -> None:
    run.state, run.cursor, run.error, run.finished_at = "running", None, "", None
    run.confirmed_by, run.started_at = str(actor), run.started_at or at
    run.save()
    _enter(kind, run, {"ground": run.ground, "people": run.people}, actor, at)
    _queue(run.id)


def cancel(*, run_id: UUID, actor: Actor, at: datetime) -> bool:
    """Stop a run at its next batch; who is erased stays erased. Return whether it was under way or waited."""
    with scope(current_controller()):
        run = Run.objects.select_for_update().filter(id=run_id).first()
        if run is None or run.state not in (*_WORKING, "ready", "stopped"):
            return False
        run.state, run.finished_at = "cancelled", at
        run.save()
        chosen.clear(run.id)
        _enter("cancelled", run, {"people": run.people, "erased": _erased(run)}, actor, at)
        return True


def stop_all(*, error: str, at: datetime) -> int:
    """Stop every run of the scope that is erasing, until somebody lets it go on by `again`; return how many: an older
    database does not know that one was cancelled."""
    with scope(current_controller()):
        under_way = list(Run.objects.select_for_update().filter(state="running").order_by("id"))
        for run in under_way:
            _stop(run, error, at)
        return len(under_way)


def _locked(run_id: UUID, *states: str) -> Run:
    run: Run | None = Run.objects.select_for_update().filter(id=run_id).first()
    if run is None:
        raise NoSuchRun(_("There is no such erasure."))
    if run.state not in states:
        raise _wrong_state()
    return run


def _wrong_state() -> WrongState:
    return WrongState(
        _("This erasure is not in a state in which this can be done."),
        remedy=_("Look at its page for what it waits for."),
    )


def _queue(run_id: UUID) -> None:
    app.configure_task(JOB, lock=f"erase {run_id}").defer(controller_id=str(current_controller()), run_id=str(run_id))


def _enter(kind: str, run: Run, body: dict[str, object], actor: Actor, at: datetime) -> None:
    told: dict[str, object] = {"run": run.id, "number": run.number, **body}
    clause = rules.CLAUSES[run.ground]
    record.append(kind=f"holdings.run_{kind}", body=told, actor=actor, at=at, clause=clause)


def run_slice(
    *,
    controller_id: UUID,
    run_id: UUID,
    stop: Callable[[], bool] = lambda: False,
    seconds: float = SLICE,
    queue: bool = True,
    now: Callable[[], datetime] = clock.now,
) -> bool:
    """Work at a run for some seconds, or until it waits or has ended; return whether a next slice is due, which is then
    queued.

    Two batches are erased at the same time, each in a transaction of its own. The agreement is asked at the beginning
    of each slice: where it refuses, or where the world around fails (a catcher that does not answer, an outside log
    that is not kept), the run stops with its place kept, for `again`.
    """
    until = time.monotonic() + seconds
    try:
        with scope(controller_id):
            shut = bool(refusals(check(_FACTS, now=now())))
        with _second() as second:
            while _step(controller_id, run_id, shut, now(), second):
                if stop() or time.monotonic() > until:
                    if queue:
                        with scope(controller_id):
                            _queue(run_id)
                    return True
    except Fault as fault:
        with scope(controller_id):
            _stop(Run.objects.select_for_update().get(id=run_id), fault.message, now())
    return False


@contextmanager
def _second() -> Iterator[ThreadPoolExecutor]:
    """A second thread for as long as a slice lasts, with a connection of its own."""
    with ThreadPoolExecutor(1, "erasing") as pool:
        try:
            yield pool
        finally:
            pool.submit(connections.close_all)


def _step(controller_id: UUID, run_id: UUID, shut: bool, at: datetime, second: ThreadPoolExecutor) -> bool:
    """Do what is due for one or two batches; return whether more is due."""
    with scope(controller_id):
        run: Run | None = Run.objects.select_for_update().filter(id=run_id).first()
        if run is None or run.state not in _WORKING:
            return False
        if run.state != "running":
            more = _choose(run, at) if run.state == "choosing" else _count(run, at)
            run.save()
            return more
        if shut:
            _stop(run, "gate_shut", at)
            return False
        references = _claimed(run, at)
    if references:
        order = erasing.Order(run.ground, _actor(run.confirmed_by), at, run_id=run.id)
        beside = second.submit(_erase, controller_id, references[erasing.BATCH :], order)
        try:
            _erase(controller_id, references[: erasing.BATCH], order)
        finally:
            beside.result()
    return bool(references)


def _choose(run: Run, _at: datetime) -> bool:
    found = audience.chosen(run.wanted, after=run.cursor, limit=PAGE)
    run.people += chosen.add(run.id, found)
    run.cursor = found[-1] if found else run.cursor
    if len(found) < PAGE:
        run.state, run.cursor = "counting", None
    return True


def _count(run: Run, at: datetime) -> bool:
    references = chosen.page(run.id, run.cursor, erasing.BATCH)
    if not references:
        run.state, run.cursor = ("ready", None) if run.people else ("cancelled", None)
        run.finished_at = None if run.people else at
        return False
    found = rules.total(erasing.find(selectors.subjects(references)))
    before = {key: Found(*counts) for key, counts in run.counts.items()}
    for key, counts in found.items():
        before[key] = rules.added((before.get(key, Found()), counts))
    run.counts = {key: [one.delete, one.anonymise, one.keep] for key, one in before.items()}
    run.seen, run.cursor = run.seen + len(references), references[-1]
    return True


def _claimed(run: Run, at: datetime) -> list[UUID]:
    """Return whom to erase next, and move the run's place behind them; nobody at the end, which is then written down.

    The place is only for going on quickly. Who is chosen stays chosen until erased or failed: whoever is left where a
    worker was killed is come upon once the place has reached the end, because then it begins anew.
    """
    references = chosen.page(run.id, run.cursor, 2 * erasing.BATCH)
    if not references and chosen.left(run.id):
        references = chosen.page(run.id, None, 2 * erasing.BATCH)
    if references:
        Run.objects.filter(id=run.id).update(cursor=references[-1])
    else:
        _finish(run, at)
    return references


def _erase(controller_id: UUID, references: Sequence[UUID], order: erasing.Order) -> None:
    """Erase one batch, in one transaction with what is told of each person."""
    if not references or order.run_id is None:
        return
    with scope(controller_id):
        outcome = erasing.as_many_as_possible(selectors.subjects(references), order)
        failed = {one.key: (one.holdings, one.told) for one in outcome.failed if isinstance(one.key, UUID)}
        chosen.tell(order.run_id, failed)
        gone = [*(one.subject for one in outcome.earlier), *(key for key in outcome.nothing if isinstance(key, UUID))]
        chosen.delete(gone)


def _actor(text: str) -> Actor:
    kind, _colon, own = text.partition(":")
    return Actor(kind, UUID(own) if own else None)  # type: ignore[arg-type]


def _erased(run: Run) -> int:
    return Erasure.objects.filter(run_id=run.id).count()


def _finish(run: Run, at: datetime) -> None:
    run.state, run.finished_at = "done", at
    run.erased, run.failed = _erased(run), chosen.failed(run.id)
    run.save()
    counts: dict[str, object] = {"people": run.people, "erased": run.erased, "failed": run.failed}
    _enter("finished", run, counts, SYSTEM, at)


def _stop(run: Run, error: str, at: datetime) -> None:
    run.state, run.error, run.finished_at = "stopped", error[:200], at
    run.save()
    _enter("stopped", run, {"people": run.people, "erased": _erased(run)}, SYSTEM, at)
