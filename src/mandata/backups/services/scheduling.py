"""The schedule: a loop of the worker that starts `mandata backup --due` as a process of its own when it is time.

A process, because a backup may take hours and a worker must be able to end; it ends with the worker, and what it had
not finished the next one clears away. What is due is decided there, under the lock; here the table is asked, which is
cheap.
"""

import os
import subprocess
import sys
from datetime import datetime, timedelta

from mandata.backups import selectors
from mandata.backups.rules import keeping
from mandata.backups.services import settings
from mandata.backups.services.pruning import Pruned, prune
from mandata.backups.services.settings import Target
from mandata.backups.services.source import Source
from mandata.backups.services.taking import Taken, Told, take
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.postgres import spool

_log = log("backups")
_AGAIN = timedelta(minutes=10)
_HOUR = timedelta(hours=1)
_SUPERVISOR = "MANDATA_SUPERVISOR"  # see mandata.cli.lifeline
_child: subprocess.Popen[bytes] | None = None
_not_before: datetime | None = None
_planned: tuple[datetime, keeping.Plan] | None = None


def backup_due(*, at: datetime) -> int:
    """One round of the worker's loop: start a backup where one is due; return 0, since nothing comes in batches."""
    global _child, _not_before
    if _child is not None:
        if _child.poll() is None:
            return 0
        if _child.returncode != 0:
            _log.error("backup.failed", code=_child.returncode)
            _not_before = at + _AGAIN
        _child = None
    if not env().backup_store or (_not_before is not None and at < _not_before):
        return 0
    if _maybe_due(at):
        _not_before = at + _AGAIN
        environment = {**os.environ, _SUPERVISOR: str(os.getpid())}
        command = [sys.executable, "-m", "mandata.cli", "backup", "--due", "--json"]
        _child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        _log.info("backup.started", pid=_child.pid)
    return 0


def take_due(target: Target, source: Source, *, at: datetime, told: Told) -> tuple[Taken | None, Pruned]:
    """Take what the schedule asks for now, if anything, and prune. Raises what `take` and `prune` raise."""
    plan, _promise = settings.plan(at)
    found = selectors.shelf(target.store)
    kind = keeping.due(found.taken, plan, at, gap=_gap())
    taken = take(target, source, "full" if kind == "full" else None, plan, told=told) if kind else None
    return taken, prune(target, source, plan)


def _maybe_due(at: datetime) -> bool:
    plan = _plan(at)
    rows = [row for row in selectors.rows() if row.state == "taken" and row.place == env().backup_store]
    full = [row.started_at for row in rows if row.kind != "incremental"]
    return (
        not full
        or max(row.started_at for row in rows) + plan.every <= at
        or max(full) + plan.longest_chain <= at
        or _gap()
    )


def _plan(at: datetime) -> keeping.Plan:
    """Return the plan of the last hour: to make one, all agreements are asked."""
    global _planned
    if _planned is None or not _planned[0] <= at < _planned[0] + _HOUR:
        _planned = (at, settings.plan(at)[0])
    return _planned[1]


def _gap() -> bool:
    waiting = spool(env().var / "postgres")
    return waiting is not None and bool(waiting.lost())
