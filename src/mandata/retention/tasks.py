"""Jobs of retention."""

from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate import JobContext, RetryStrategy

from mandata.accounts import selectors as accounts
from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.infra.logs import log
from mandata.infra.tenancy import scope
from mandata.retention.services import deleting, ends, keeping, limiting, returns, ticking

PAGE = 500
_RETRY = RetryStrategy(
    max_attempts=6,
    exponential_wait=3,
    retry_exceptions=[OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError],
)


@app.periodic(cron="*/10 * * * *")
@app.task(name="retention.proceed", queue="retention", queueing_lock="retention.proceed", pass_context=False)
def proceed(timestamp: int) -> None:
    """Do, every ten minutes, what time has brought to ends and archives; one controller's trouble stops no other."""
    del timestamp  # what counts is when it is done
    after: UUID | None = None
    while page := accounts.ids_after(after, PAGE):
        for controller_id in page:
            try:
                _proceed(controller_id)
            except Exception as error:
                log("retention").error("proceed.failed", controller=str(controller_id), error=type(error).__name__)
        after = page[-1]


def _proceed(controller_id: UUID) -> None:
    at = now()
    with scope(controller_id):
        ends.proceed(at=at)
        returns.expire(at=at)
        returns.resume(at=at)
    deleting.resume(controller_id=controller_id)
    deleting.settle_backups(controller_id=controller_id, at=at)


@app.task(name=returns.JOB, queue="retention", pass_context=False, retry=_RETRY)
def make_return(controller_id: str, return_id: str) -> None:
    """Make an archive."""
    returns.make(controller_id=UUID(controller_id), return_id=UUID(return_id))


@app.task(name=deleting.JOB, queue="retention", pass_context=True, retry=_RETRY)
def delete_controller(context: JobContext, controller_id: str) -> None:
    """Work at a deletion for a while; `run` queues the next slice."""
    deleting.run(controller_id=UUID(controller_id), stop=context.should_abort)


@app.periodic(cron="41 * * * *")
@app.task(name="retention.hourly", queue="retention", queueing_lock="retention.hourly", pass_context=False)
def hourly(timestamp: int) -> None:
    """Let decisions take effect, enter alarms into the register, look after inactive accounts, forget what is ours."""
    del timestamp
    ticking.everywhere(at=now())


@app.task(name=limiting.JOB, queue="retention", retry=_RETRY)
def take_effect(controller_id: str) -> None:
    """Let a controller's decisions take effect whose time has come."""
    with scope(UUID(controller_id)):
        limiting.take_effect(at=now())


@app.periodic(cron="23 2 * * *")
@app.task(name="retention.daily", queue="retention", queueing_lock="retention.daily", pass_context=False)
def daily(timestamp: int) -> None:
    """Begin, every day, what the rules let go by its age, and take up what a killed worker left."""
    del timestamp
    keeping.run_everywhere(at=now())


@app.task(name=keeping.JOB, queue="retention", retry=_RETRY)
def age(controller_id: str, run_id: str) -> None:
    """Work at a deletion by age for a while; what is left is queued again."""
    keeping.now_work(UUID(controller_id), UUID(run_id))
