"""Jobs of audits."""

from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate import RetryStrategy

from mandata.accounts import selectors as accounts
from mandata.audits.services import attesting, packing
from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.infra.tenancy import scope

PAGE = 500


@app.task(
    name=packing.JOB,
    queue="audits",
    pass_context=False,
    retry=RetryStrategy(
        max_attempts=6,
        exponential_wait=3,
        retry_exceptions=[OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError],
    ),
)
def pack(controller_id: str, pack_id: str) -> None:
    """Make a pack of evidence; one whose worker was killed is made anew."""
    packing.make(controller_id=UUID(controller_id), pack_id=UUID(pack_id))


@app.periodic(cron="27 * * * *")
@app.task(name="audits.expire", queue="audits", queueing_lock="audits.expire", pass_context=False)
def expire(timestamp: int) -> None:
    """Delete packs whose time has passed, go on with those left behind, see that own audits are owed: every hour."""
    at, start = now(), 0  # `timestamp` is when the hour fell due; what counts is when it is done
    del timestamp
    while page := accounts.directory(start=start, count=PAGE)[1]:
        for one in page:
            with scope(one.id):
                packing.expire(at=at)
                packing.go_on(at=at)
        start += PAGE
    attesting.everywhere(at=at)
