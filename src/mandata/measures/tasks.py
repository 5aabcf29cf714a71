"""Jobs of the measures."""

from uuid import UUID

from procrastinate import RetryStrategy

from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.measures.services import checking, outages


@app.task(name=checking.JOB, queue="measures", retry=RetryStrategy(max_attempts=5, exponential_wait=30))
def run(run_id: str) -> None:
    """Run a round of checks to its end."""
    checking.run(run_id=UUID(run_id), at=now())


@app.task(name=outages.TELL, queue="notices", retry=RetryStrategy(max_attempts=20, exponential_wait=5))
def announce(outage_id: str) -> None:
    """Tell every controller of an outage."""
    outages.tell(outage_id=UUID(outage_id), at=now())
