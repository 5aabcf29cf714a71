"""The whole record verified on demand, and the result entered in the installation's log: a job, because it is long."""

from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.foundation.actors import Actor
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import verification
from mandata.record.services import append
from mandata.record.services.stamping import certificates
from mandata.record.signing import signer

JOB: Final = "record.verify"
KIND: Final = "record.verified"


def ask(by: UUID) -> None:
    """Have the whole record verified by a worker."""
    app.configure_task(JOB, queue="record").defer(by=str(by))


def verify_and_enter(by: str, *, at: datetime) -> bool:
    """Verify every log and enter how many hold; return whether all do. Open no scope around it.

    The findings themselves, which name entries of controllers, are told by `mandata verify` only.
    """
    verdicts = verification.verify_all(verification.known_logs(), signer().public_key(), certificates())
    bad = [verdict for verdict in verdicts if not verdict.holds]
    body: dict[str, object] = {
        "logs": len(verdicts),
        "entries": sum(verdict.size for verdict in verdicts),
        "heads": sum(verdict.heads for verdict in verdicts),
        "broken": [str(verdict.log) for verdict in bad[:20]],
        "findings": sum(len(verdict.findings) + verdict.unnamed for verdict in bad),
    }
    with scope(INSTANCE):
        append(kind=KIND, body=body, actor=Actor("operator", UUID(by)), at=at)
    return not bad
