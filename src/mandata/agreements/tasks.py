"""Jobs of the agreements. Arguments are ids and names of agreements; the scope is opened again here."""

from uuid import UUID

from procrastinate import RetryStrategy

from mandata.accounts import selectors as accounts
from mandata.agreements.services import addresses, staff, versions
from mandata.foundation.actors import Actor
from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.infra.logs import log
from mandata.infra.tenancy import scope

PAGE = 500

_log = log("agreements")


class Untold(Exception):
    """Some controllers could not be told; the queue calls again after a growing pause."""


@app.task(name=versions.JOB, queue="agreements")
def settle_proposal(controller_id: str, proposal_id: str) -> None:
    """Let silence decide on an announced version, once its time has come."""
    with scope(UUID(controller_id)):
        versions.settle(proposal_id=UUID(proposal_id), at=now())


@app.task(
    name=versions.JOB_ALL,
    queue="agreements",
    retry=RetryStrategy(max_attempts=12, exponential_wait=4, retry_exceptions=[Untold]),
)
def announce_version(name: str, by: str) -> None:
    """Announce the newest version of an agreement to every controller under an older one, each in its own scope.

    What fails at one holds up no other. Killed and run again, it goes on with those whom it had not told yet.
    """
    after, failed, actor = None, 0, Actor("operator", UUID(by))
    while page := accounts.ids_after(after, PAGE):
        for one in page:
            try:
                with scope(one):
                    versions.announce_due(name=name, actor=actor, at=now())
            except Exception as error:
                failed += 1
                _log.error("version.not_announced", controller=str(one), error=type(error).__name__)
        after = page[-1]
    if failed:
        raise Untold(f"{failed} controllers")


@app.task(name=addresses.JOB, queue="agreements", retry=5)
def tell_addresses(book: str, change_id: str) -> None:
    """Tell every controller that the processor's addresses have changed; killed and run again, it goes on."""
    addresses.tell_controllers(book=book, change_id=UUID(change_id), at=now())


@app.task(name=staff.LAPSING, queue="agreements", retry=5)
def training_lapsing(commitment_id: str) -> None:
    """Open the obligation to renew a training that is about to lapse."""
    staff.training_lapsing(commitment_id=UUID(commitment_id), at=now())
