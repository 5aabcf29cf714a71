"""Jobs of the rights desk."""

from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate import RetryStrategy

from mandata.accounts import selectors as accounts
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.infra.tenancy import scope
from mandata.rights import services

PAGE = 500
_AGAIN = RetryStrategy(
    max_attempts=10,
    exponential_wait=3,
    retry_exceptions=[OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError],
)


@app.periodic(cron="17 * * * *")
@app.task(name="rights.expire", queue="rights", queueing_lock="rights.expire", pass_context=False)
def expire(timestamp: int) -> None:
    """Delete, every hour, what has had its time."""
    at, start = now(), 0  # `timestamp` is when the hour fell due; what counts is when it is done
    del timestamp
    while page := accounts.directory(start=start, count=PAGE)[1]:
        for one in page:
            with scope(one.id):
                services.expire(at=at)
        start += PAGE


@app.task(name="rights.transmit", queue="rights", pass_context=False, retry=_AGAIN)
def transmit(controller_id: str, transmission_id: str) -> None:
    """Send a copy to another controller; what fails queues its next attempt itself."""
    services.deliver(controller_id=UUID(controller_id), transmission_id=UUID(transmission_id), at=now())


@app.task(name="rights.bulk", queue="rights", pass_context=False, retry=_AGAIN)
def bulk(controller_id: str, act: str, cases: list[str], reason: str, member: str) -> None:
    """Answer or refuse many cases as an officer ordered."""
    actor = Actor("member", UUID(member)) if member else SYSTEM
    services.run_many(
        controller_id=UUID(controller_id),
        act=act,
        cases=[UUID(one) for one in cases],
        reason=reason,
        actor=actor,
        at=now(),
    )
