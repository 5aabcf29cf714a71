"""Jobs of the accounts."""

from datetime import datetime, timedelta
from uuid import UUID

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from mandata.accounts import selectors
from mandata.accounts.selectors.accesslog import JUDGE
from mandata.accounts.services import accesslog, apikeys, notices, staff
from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.infra.tenancy import scope

_FAULTS = 40
PAGE = 500
_LONGEST = timedelta(hours=4)


class NotYet(Exception):
    """A notice could not be handed over yet; the queue calls again at `when`."""

    def __init__(self, notice_id: str, when: datetime) -> None:
        super().__init__(notice_id)
        self.when = when


class Patient(BaseRetryStrategy):
    """Again when the notice says so; after anything else that went wrong (a database that was away), ever later."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when to call again; None gives the job up after forty faults, about six days."""
        if isinstance(exception, NotYet):
            return RetryDecision(retry_at=exception.when)
        if job.attempts >= _FAULTS:
            return None
        return RetryDecision(retry_at=now() + min(timedelta(seconds=10 * 2 ** min(job.attempts, 12)), _LONGEST))


@app.task(name=notices.JOB, queue="notices", retry=Patient())
def send_notice(controller_id: str, notice_id: str) -> None:
    """Hand a notice over; called again until its fate is settled and told."""
    tried = notices.attempt(controller_id=UUID(controller_id), notice_id=UUID(notice_id), at=now())
    if tried.next_at is not None:
        raise NotYet(notice_id, tried.next_at)


@app.task(name=staff.CLOSE, queue="notices", retry=Patient())
def close_access(controller_id: str, access_id: str) -> None:
    """Close an access whose time is over."""
    with scope(UUID(controller_id)):
        staff.end_by_time(access_id=UUID(access_id), at=now())


@app.task(name=JUDGE, queue="notices", retry=Patient())
def judge_access(controller_id: str, log_id: str) -> None:
    """Judge an access by the person's habits."""
    accesslog.judge(controller_id=UUID(controller_id), log_id=UUID(log_id), at=now())


@app.task(name=accesslog.TELL, queue="notices", retry=Patient())
def tell_operator(controller_id: str, alert_id: str) -> None:
    """Tell the operator of an unusual access."""
    accesslog.tell_operator(controller_id=UUID(controller_id), alert_id=UUID(alert_id), at=now())


@app.periodic(cron="41 2 * * *")
@app.task(name="accounts.forget_calls", queue="notices", queueing_lock="accounts.forget_calls", pass_context=False)
def forget_calls(timestamp: int) -> None:
    """Delete, every night, what programs asked for by name so long ago that nobody repeats it."""
    del timestamp
    at, after = now(), None
    while page := selectors.ids_after(after, PAGE):
        for controller_id in page:
            with scope(controller_id):
                apikeys.forget_calls(at=at)
        after = page[-1]
