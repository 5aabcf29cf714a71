"""Jobs of the record."""

from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.record import checking


@app.task(name=checking.JOB, queue="record")
def verify_record(by: str) -> None:
    """Verify the whole record and enter in the installation's log what was found."""
    checking.verify_and_enter(by, at=now())
