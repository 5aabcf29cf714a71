"""What lies in a store, and what the table says of it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from mandata.backups.models import Backup, Restore
from mandata.backups.rules import manifest
from mandata.backups.rules.manifest import Manifest
from mandata.infra.environment import env
from mandata.infra.stores import Missing, Store
from mandata.infra.tenancy import INSTANCE, scope


@dataclass(frozen=True, slots=True)
class Shelf:
    """The backups of a store, oldest first; names of objects that belong to none, as a killed backup leaves them."""

    taken: list[Manifest]
    half: list[str]
    digests: dict[UUID, bytes]
    names: dict[UUID, list[str]]

    def find(self, backup: UUID) -> Manifest | None:
        """Return a backup by its id."""
        return next((one for one in self.taken if one.id == backup), None)


@dataclass(frozen=True, slots=True)
class Row:
    """A backup as the table knows it."""

    id: UUID
    kind: str
    state: str
    place: str
    size: int
    stored: int
    started_at: datetime
    finished_at: datetime | None
    pruned_at: datetime | None


def shelf(store: Store) -> Shelf:
    """Read the manifests of a store. Raises stores.Away, and Fault for a manifest that cannot be read."""
    names: defaultdict[UUID, list[str]] = defaultdict(list)
    half: list[str] = []
    for one in store.names(f"{manifest.FOLDER}/"):
        backup = _id(one.name)
        if backup is None:
            half.append(one.name)
        else:
            names[backup].append(one.name)
    taken, digests = [], {}
    for backup, objects in list(names.items()):
        data = _read(store, manifest.named(backup)) if manifest.named(backup) in objects else None
        if data is None:
            half += names.pop(backup)
        else:
            taken.append(manifest.read(data))
            digests[backup] = manifest.digest(data)
    return Shelf(sorted(taken, key=lambda one: one.started_at), half, digests, dict(names))


def rows(limit: int = 50) -> list[Row]:
    """Return what the table knows, newest first. Opens the installation's scope."""
    with scope(INSTANCE):
        found = Backup.objects.order_by("-started_at")[:limit]
        return [Row(*(getattr(one, name) for name in Row.__slots__)) for one in found]


def servers_manifests() -> Path:
    """Return the folder of PostgreSQL's own manifests on this host: names, sizes and checksums of its files."""
    return env().var / "backups"


def servers_manifest(backup: UUID) -> Path:
    """Return where PostgreSQL's own manifest of a backup lies: the next incremental one needs it."""
    return servers_manifests() / f"{backup}.manifest"


def _read(store: Store, name: str) -> bytes | None:
    try:
        return b"".join(store.get(name))
    except Missing:  # another host has pruned it meanwhile
        return None


def _id(name: str) -> UUID | None:
    parts = name.split("/")
    try:
        return UUID(parts[1]) if len(parts) == 3 else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore, a replay or a drill; `held`: whether all that was compared agreed."""

    id: UUID
    kind: str
    backup: UUID | None
    began_at: datetime
    opened_at: datetime | None
    held: bool
    report: dict[str, Any]


def restores(limit: int = 20) -> list[Restored]:
    """Return restores and drills, newest first. Opens the installation's scope."""
    with scope(INSTANCE):
        found = Restore.objects.order_by("-began_at")[:limit]
        return [Restored(*(getattr(one, name) for name in Restored.__slots__)) for one in found]
