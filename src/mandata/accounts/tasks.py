"""Jobs of the accounts."""

from uuid import UUID

from procrastinate import JobContext, RetryStrategy

from mandata.accounts.services import notices
from mandata.infra.clock import now
from mandata.infra.jobs import app


class NotYet(Exception):
    """A notice could not be handed over yet; the queue calls again after a growing pause."""


@app.task(
    name=notices.JOB,
    queue="notices",
    pass_context=True,
    retry=RetryStrategy(max_attempts=notices.ATTEMPTS, exponential_wait=5, retry_exceptions=[NotYet]),
)
def send_notice(context: JobContext, controller_id: str, notice_id: str) -> None:
    """Hand a notice over; the last attempt settles it."""
    attempts = context.job.attempts if context.job else 0
    outcome = notices.deliver(
        controller_id=UUID(controller_id),
        notice_id=UUID(notice_id),
        at=now(),
        last=attempts + 1 >= notices.ATTEMPTS,
    )
    if outcome is notices.Outcome.LATER:
        raise NotYet(notice_id)
