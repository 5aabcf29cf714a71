"""Jobs of the audience."""

from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate import JobContext, RetryStrategy

from mandata.audience.services import imports
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
