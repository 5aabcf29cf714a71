"""Pruning: backups whose period has run, and what no backup that is kept needs any more."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from mandata.backups.models import Backup
from mandata.backups.rules import keeping
from mandata.backups.rules.manifest import Manifest
from mandata.backups.selectors import Shelf, servers_manifest, shelf
from mandata.backups.services.reconciling import clear_half, reconcile
from mandata.backups.services.settings import Target
from mandata.backups.services.source import Source, session
from mandata.infra import clock, outside
from mandata.infra.logs import log
from mandata.infra.tenancy import INSTANCE, scope

_log = log("backups")


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went: backups, files of the write-ahead log, pieces of the outside log; and whether one is kept too long."""

    backups: list[UUID]
    wal: int
    outside: int
    overdue: bool


def prune(target: Target, source: Source, plan: keeping.Plan, *, wait: bool = False) -> Pruned:
    """Delete what may go. Killed half-way, the next one goes on. Raises Busy, stores.Away."""
    with session(source, wait=wait):
        found, at = shelf(target.store), clock.now()
        reconcile(target, found, at=at)
        clear_half(target, found)
        gone = keeping.expired(found.taken, plan, at)
        with scope(INSTANCE):
            Backup.objects.filter(id__in=[one.id for one in gone], state="taken").update(state="pruning")
        for one in gone:
            _delete(target, found, one)
        left = shelf(target.store)
        reconcile(target, left, at=clock.now())
        wal = _sweep(target, "wal/", keeping.unneeded_wal, left)
        pieces = _sweep(target, "outside/", keeping.unneeded_outside, left)
        if left.taken:
            outside.prune(min(one.started_at for one in left.taken) - keeping.MARGIN)
        late = keeping.overdue(left.taken, plan, at)
    if late:
        _log.error("backup.kept_too_long", keep_days=plan.keep.days)
    return Pruned([one.id for one in gone], wal, pieces, late)


def _delete(target: Target, found: Shelf, one: Manifest) -> None:
    # The manifest first: from then on there is no such backup, and what is left of it is cleared by whoever comes next.
    target.store.delete(one.name)
    for name in found.names[one.id]:
        if name != one.name:
            target.store.delete(name)
    servers_manifest(one.id).unlink(missing_ok=True)


def _sweep(target: Target, prefix: str, unneeded: Callable[[list[str], list[Manifest]], list[str]], left: Shelf) -> int:
    gone = unneeded([one.name for one in target.store.names(prefix)], left.taken)
    for name in gone:
        target.store.delete(name)
    return len(gone)
