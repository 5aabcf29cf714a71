"""Jobs of the holdings."""

from mandata.accounts import selectors as accounts
from mandata.holdings import services
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
