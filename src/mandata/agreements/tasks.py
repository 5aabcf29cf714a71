"""Jobs of the agreements. Arguments are ids and names of agreements; the scope is opened again here."""

from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.agreements.services import addresses, staff, versions
from mandata.foundation.actors import Actor
from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.infra.tenancy import scope

PAGE = 500


@app.task(name=versions.JOB, queue="agreements")
def settle_proposal(controller_id: str, proposal_id: str) -> None:
    """Let silence decide on an announced version, once its time has come."""
    with scope(UUID(controller_id)):
        versions.settle(proposal_id=UUID(proposal_id), at=now())


@app.task(name=versions.JOB_ALL, queue="agreements")
def announce_version(name: str, by: str) -> None:
    """Announce the newest version of an agreement to every controller under an older one, each in its own scope.

    Killed and run again, it goes on with those whom it had not told yet.
    """
    start, actor = 0, Actor("operator", UUID(by))
    while page := accounts.directory(start=start, count=PAGE)[1]:
        for one in page:
            with scope(one.id):
                versions.announce_due(name=name, actor=actor, at=now())
        start += PAGE


@app.task(name=addresses.JOB, queue="agreements", retry=5)
def tell_addresses(book: str, change_id: str) -> None:
    """Tell every controller that the processor's addresses have changed; killed and run again, it goes on."""
    addresses.tell_controllers(book=book, change_id=UUID(change_id), at=now())


@app.task(name=staff.LAPSING, queue="agreements", retry=5)
def training_lapsing(commitment_id: str) -> None:
    """Open the obligation to renew a training that is about to lapse."""
    staff.training_lapsing(commitment_id=UUID(commitment_id), at=now())
