"""Jobs of the holdings."""

from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate import JobContext, RetryStrategy

from mandata.accounts import selectors as accounts
from mandata.holdings import runs, services
from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.infra.tenancy import scope

PAGE = 500


@app.periodic(cron="47 * * * *")
@app.task(name="holdings.sweep", queue="holdings", queueing_lock="holdings.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Erase, every hour, what arrived of people while they were being erased."""
    at, start = now(), 0  # `timestamp` is when the hour fell due; what counts is when it is done
    del timestamp
    while page := accounts.directory(start=start, count=PAGE)[1]:
        for one in page:
            with scope(one.id):
                services.sweep(at=at)
        start += PAGE


@app.task(
    name=runs.JOB,
    queue="holdings",
    pass_context=True,
    retry=RetryStrategy(
        max_attempts=6,
        exponential_wait=3,
        retry_exceptions=[OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError],
    ),
)
def erase_run(context: JobContext, controller_id: str, run_id: str) -> None:
    """Work at an erasure of many for a while; `run_slice` queues the next slice in a transaction."""
    runs.run_slice(controller_id=UUID(controller_id), run_id=UUID(run_id), stop=context.should_abort)
