"""The table and the record follow the store: what counts is the manifest that lies there, or does not.

Every verb that holds the lock begins and ends with this. So a killed one needs no memory: what it had finished is
entered by the next, what it had not is cleared away.
"""

from datetime import datetime

from mandata.backups.models import Backup
from mandata.backups.rules.manifest import Manifest
from mandata.backups.selectors import Shelf, servers_manifest, servers_manifests
from mandata.backups.services.settings import Target
from mandata.foundation.actors import SYSTEM
from mandata.infra.logs import log
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append

_log = log("backups")


def clear_half(target: Target, shelf: Shelf) -> int:
    """Delete what belongs to no backup; return how many objects that were. Only under the lock."""
    for name in shelf.half:
        target.store.delete(name)
    if shelf.half:
        _log.warning("backup.half_cleared", objects=len(shelf.half))
    kept = {servers_manifest(one.id).name for one in shelf.taken}
    for path in servers_manifests().glob("*.manifest*"):
        if path.name not in kept:
            path.unlink(missing_ok=True)
    return len(shelf.half)


def reconcile(target: Target, shelf: Shelf, *, at: datetime) -> None:
    """Enter into table and record what was taken, and what is gone. Only under the lock."""
    with scope(INSTANCE):
        known = {row.id: row for row in Backup.objects.filter(place=target.place)}
        for one in shelf.taken:
            row = known.get(one.id)
            if row is None or row.state == "taking":
                _taken(target, one, shelf.digests[one.id], at)
        there = {one.id for one in shelf.taken}
        for row in known.values():
            if row.id in there or row.state == "pruned":
                continue
            if row.state == "taking":
                row.delete()
            else:
                _gone(row, at)


def _taken(target: Target, one: Manifest, digest: bytes, at: datetime) -> None:
    values = {
        "kind": one.kind, "parent": one.parent, "state": "taken", "place": target.place, "postgres": one.postgres,
        "size": one.size, "stored": one.stored, "digest": digest, "started_at": one.started_at,
        "finished_at": one.finished_at,
    }  # fmt: skip
    Backup.objects.update_or_create(id=one.id, defaults=values)
    body: dict[str, object] = {
        "backup": one.id, "kind": one.kind, "parent": one.parent, "began": one.started_at, "size": one.size,
        "stored": one.stored, "digest": digest.hex(),
    }  # fmt: skip
    append(kind="backup.taken", body=body, actor=SYSTEM, at=at)


def _gone(row: Backup, at: datetime) -> None:
    # What nobody here decided to prune was deleted in the store by somebody else: the record says so.
    reason = "period" if row.state == "pruning" else "missing"
    row.state, row.pruned_at = "pruned", at
    row.save(update_fields=["state", "pruned_at"])
    body: dict[str, object] = {"backup": row.id, "kind": row.kind, "began": row.started_at, "reason": reason}
    append(kind="backup.pruned", body=body, actor=SYSTEM, at=at)
    if reason == "missing":
        _log.error("backup.missing", backup=str(row.id))
