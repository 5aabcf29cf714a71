"""Jobs of the audience."""

from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate import JobContext, RetryStrategy

from mandata.audience.services import imports, reindexing
from mandata.infra.jobs import app


@app.task(
    name=imports.JOB,
    queue="imports",
    pass_context=True,
    retry=RetryStrategy(
        max_attempts=6,
        exponential_wait=3,
        retry_exceptions=[OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError],
    ),
)
def run_import(context: JobContext, controller_id: str, import_id: str) -> None:
    """Take a slice of an import in; `run_slice` queues the next one in the transaction of its last batch."""
    imports.run_slice(controller_id=UUID(controller_id), import_id=UUID(import_id), stop=context.should_abort)


@app.task(
    name=reindexing.JOB,
    queue="imports",
    pass_context=True,
    retry=RetryStrategy(
        max_attempts=6,
        exponential_wait=3,
        retry_exceptions=[OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError],
    ),
)
def reindex(context: JobContext, controller_id: str) -> None:
    """Make a slice of a controller's look-ups anew; `run_slice` queues the next one."""
    reindexing.run_slice(controller_id=UUID(controller_id), stop=context.should_abort)


@app.periodic(cron="* * * * *")
@app.task(name="audience.reindex_due", queue="imports", queueing_lock="audience.reindex_due", pass_context=False)
def reindex_due(timestamp: int) -> None:
    """Begin, or go on, where look-ups are not all made yet: after an upgrade, or where a job was given up."""
    del timestamp  # when the minute fell due; what counts is what is open now
    reindexing.queue_due()
