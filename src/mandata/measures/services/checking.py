"""Rounds of checks: planned a day apart, run by a job, taken up again where one was killed.

Each result is committed by itself, so a round that is taken up again looks only at what it has not looked at. What a
check cannot do (an exception) is a failure of the check.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from procrastinate.exceptions import AlreadyEnqueued

from mandata.agreements.services import measures as register
from mandata.infra.clock import new_id, now
from mandata.infra.jobs import app
from mandata.infra.logs import log
from mandata.measures import selectors
from mandata.measures.looking import CHECKS
from mandata.measures.models import Result, Run
from mandata.measures.rules import verdicts
from mandata.measures.rules.verdicts import Verdict
from mandata.measures.services import settling

JOB: Final = "measures.run"
EVERY: Final = timedelta(days=1)
FIRST: Final = timedelta(minutes=15)
"""A new installation is looked at after this, once its workers have settled."""
STALE: Final = timedelta(minutes=10)
"""A round that has done nothing for so long is taken up again."""

_log = log("measures")
Told = Callable[[int, int], None]


def check_due(*, at: datetime) -> int:
    """One round of the worker's loop: plan the first round, start what is due, take up what was left. Returns 0."""
    planned = Run.objects.exclude(state="ended").first()
    if planned is None:
        _plan(at + FIRST)
    elif (planned.state == "planned" and planned.due_at <= at) or (
        planned.state == "running" and (planned.seen_at or planned.due_at) < at - STALE
    ):
        _queue(planned.id)
    return 0


def ask(*, by: UUID | None, at: datetime) -> UUID:
    """Have a round run now by a worker; one that runs already is that round. Return its id."""
    run_id = take(by=by, at=at)
    _queue(run_id)
    return run_id


def take(*, by: UUID | None, at: datetime) -> UUID:
    """Make the planned round due now, without queueing it, for the command that runs it itself. Return its id."""
    row = Run.objects.exclude(state="ended").first()
    if row is None:
        return _plan(at, by)
    Run.objects.filter(id=row.id, state="planned").update(due_at=at, by=by)
    run_id: UUID = row.id
    return run_id


def _plan(due_at: datetime, by: UUID | None = None) -> UUID:
    """Plan a round, if nobody else did so at the same time. Return its id."""
    try:
        with transaction.atomic():
            made: UUID = Run.objects.create(id=new_id(), due_at=due_at, by=by).id
            return made
    except IntegrityError:
        return UUID(str(Run.objects.exclude(state="ended").values_list("id", flat=True).get()))


def _queue(run_id: UUID) -> None:
    try:
        with transaction.atomic():
            app.configure_task(JOB, queue="measures", queueing_lock=JOB, lock=JOB).defer(run_id=str(run_id))
    except AlreadyEnqueued:
        return


def run(*, run_id: UUID, at: datetime, told: Told | None = None) -> bool:
    """Run a round to its end; return whether everything held. Open no scope around it; safe to call again."""
    row = Run.objects.filter(id=run_id).first()
    if row is None:
        return False
    if row.state == "ended":
        return row.failed == 0
    Run.objects.filter(id=run_id).update(state="running", began_at=row.began_at or at, seen_at=at)
    done = set(Result.objects.filter(run=run_id).values_list("check_code", flat=True))
    for number, code in enumerate(CHECKS, 1):
        if code not in done:
            _keep(run_id, code)
        if told is not None:
            told(number, len(CHECKS))
    return _end(run_id)


def _keep(run_id: UUID, code: str) -> None:
    started, at = time.monotonic(), now()
    verdict = look(code, at)
    spent = round((time.monotonic() - started) * 1000)
    try:
        with transaction.atomic():
            Result.objects.create(
                id=new_id(), run=run_id, check_code=code, outcome=verdict.outcome, reason=verdict.reason,
                figures=verdict.figures, milliseconds=spent, at=at,
            )  # fmt: skip
            Run.objects.filter(id=run_id).update(seen_at=now())
    except IntegrityError:
        _log.info("check.kept_already", check=code)  # somebody else ran it meanwhile


def look(code: str, at: datetime) -> Verdict:
    """Run one check. What goes wrong in it is a failure that names the fault's kind."""
    try:
        return CHECKS[code](at)
    except Exception as error:
        _log.error("check.fault", check=code, error=type(error).__name__, exc_info=True)
        return verdicts.failed("check_fault", fault=type(error).__name__)


def _end(run_id: UUID) -> bool:
    """Draw the consequences and end the round; the next one is planned in the same transaction."""
    at = now()
    rows = list(Result.objects.filter(run=run_id))
    bad = {row.check_code: row.reason for row in rows if row.outcome == verdicts.FAILED}
    settling.settle(bad, at=at, looked=[row.check_code for row in rows])
    with transaction.atomic():
        held = sum(row.outcome == verdicts.HELD for row in rows)
        ended = Run.objects.filter(id=run_id, ended_at=None).update(
            state="ended", ended_at=at, seen_at=at, held=held, failed=len(bad)
        )
        if ended:
            _plan(at + EVERY)
            _tell_register(run_id, at)
    return not bad


def _tell_register(run_id: UUID, at: datetime) -> None:
    """Have the register of measures say when each was looked at, and enter the round in the installation's log."""
    found = [one for one in selectors.register(at) if not one.standing.by_owner]
    held = [one.code for one in found if one.standing.state == "held"]
    failed = [one.code for one in found if one.standing.state == "failed"]
    register.looked(held=held, failed=failed, evidence=run_id, at=at)
