"""Jobs of the breach desk: counting, telling, following what was told, messages to data subjects."""

from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate import JobContext, RetryStrategy

from mandata.incidents.services import people, reports, scoping, telling
from mandata.infra.clock import now
from mandata.infra.jobs import app

_AGAIN = RetryStrategy(
    max_attempts=6,
    exponential_wait=3,
    retry_exceptions=[OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError],
)
_ON_AND_ON = RetryStrategy(max_attempts=1_440, wait=60)
"""A day of minutes, whatever went wrong: nothing else would take up what people, or we, are to be told."""


@app.task(name=scoping.JOB, queue="incidents", retry=_AGAIN)
def count(breach_id: str) -> None:
    """Count at many controllers whom a breach touched."""
    scoping.count(UUID(breach_id), at=now())


@app.task(name=telling.JOB, queue="incidents", retry=_AGAIN)
def tell(breach_id: str, controllers: list[str]) -> None:
    """Tell a batch of controllers of a breach, each once."""
    telling.tell_each(UUID(breach_id), [UUID(one) for one in controllers], at=now())


@app.task(name=reports.JOB, queue="incidents", retry=_ON_AND_ON)
def take_up(controller_id: str, share_id: str) -> None:
    """Open a breach at the operator's desk for a controller's report."""
    reports.take_up(controller_id=UUID(controller_id), share_id=UUID(share_id), at=now())


@app.task(name=people.JOB, queue="incidents", pass_context=True, retry=_ON_AND_ON)
def tell_people(context: JobContext, controller_id: str, telling_id: str) -> None:
    """Send a message to data subjects for a while; the next slice is queued in a transaction."""
    people.run_slice(controller_id=UUID(controller_id), telling_id=UUID(telling_id), stop=context.should_abort)


@app.periodic(cron="* * * * *")
@app.task(name="incidents.follow", queue="incidents", queueing_lock="incidents.follow", pass_context=False)
def follow(timestamp: int) -> None:
    """Tell whom no job has reached, and see which notices have arrived."""
    del timestamp  # when the minute fell due; what counts is when it is done
    telling.spread_again(at=now())
