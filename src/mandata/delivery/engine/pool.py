"""Starts engine processes when campaigns have something due; they end by themselves when nothing is.

`keep` is a loop of `mandata worker`: it tends campaigns (freezes, takes back, finishes), replays the journals of dead
engines, gives up lost leases, and sees that engines run while there is work.
"""

import subprocess
import sys
from datetime import datetime
from uuid import UUID

from mandata.campaigns import selectors as campaigns
from mandata.delivery.engine.worker import Worker
from mandata.delivery.services import fleets, recovering, roads, tending
from mandata.delivery.transports.exchangers import AT_ONCE
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.vault.services import token_keys

_log = log("delivery")
_children: list[subprocess.Popen[bytes]] = []


def worker(*, patience: float = 5.0) -> Worker:
    """Return an engine as the environment describes it. Raises Fault where it names a road that nobody knows."""
    roads.known()
    return Worker(
        transport=fleets.fleet(dns_patience=AT_ONCE),
        keys=token_keys(),
        domain=env().return_domain,
        folder=env().var / "journals",
        fsync=env().journal_fsync,
        patience=patience,
        only=frozenset(UUID(part) for part in env().engine_only.split(",") if part),
    )


def keep(*, at: datetime) -> int:
    """One round of what delivery has to do beside sending; return 0, since nothing here comes in batches."""
    recovering.recover_journals(folder=env().var / "journals", at=at)
    recovering.expire_leases(at=at)
    due = tending.tend_due(at=at)
    _children[:] = [child for child in _children if child.poll() is None]
    if due and campaigns.due(at):
        while len(_children) < env().senders:
            child = subprocess.Popen([sys.executable, "-m", "mandata.delivery.engine"])
            _children.append(child)
            _log.info("engine.started", pid=child.pid)
    return 0
