"""Jobs of the agreements. Arguments are ids and names of agreements; the scope is opened again here."""

from uuid import UUID

from procrastinate import RetryStrategy

from mandata.agreements.services import addresses, everybody, staff, versions
from mandata.foundation.actors import Actor
from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.infra.tenancy import scope

_AGAIN = RetryStrategy(max_attempts=12, exponential_wait=4)
"""After a growing pause: each of these finds done what it has done already."""


@app.task(name=versions.JOB, queue="agreements", retry=_AGAIN)
def settle_proposal(controller_id: str, proposal_id: str) -> None:
    """Let silence decide on an announced version, once its time has come."""
    with scope(UUID(controller_id)):
        versions.settle(proposal_id=UUID(proposal_id), at=now())


@app.task(name=versions.JOB_ALL, queue="agreements", retry=_AGAIN)
def announce_version(name: str, by: str) -> None:
    """Announce the newest version of an agreement to every controller under an older one, each in its own scope.

    What fails at one holds up no other. Killed and run again, it goes on with those whom it had not told yet.
    """
    actor = Actor("operator", UUID(by))
    everybody.each_controller(lambda: versions.announce_due(name=name, actor=actor, at=now()))


@app.task(name=addresses.JOB, queue="agreements", retry=_AGAIN)
def tell_addresses(book: str, change_id: str) -> None:
    """Tell every controller that the processor's addresses have changed; killed and run again, it goes on."""
    addresses.tell_controllers(book=book, change_id=UUID(change_id), at=now())


@app.task(name=staff.LAPSING, queue="agreements", retry=_AGAIN)
def training_lapsing(commitment_id: str) -> None:
    """Open the obligation to renew a training that is about to lapse."""
    staff.training_lapsing(commitment_id=UUID(commitment_id), at=now())
