"""Jobs of the rights desk."""

from mandata.accounts import selectors as accounts
from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.infra.tenancy import scope
from mandata.rights import services

PAGE = 500


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
