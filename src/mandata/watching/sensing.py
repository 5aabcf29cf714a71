"""What a worker sees on its own host: room on the disks, what waits in the spool, the outside log. Files only."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from mandata.infra import outside
from mandata.infra.environment import env
from mandata.tracking import lag


def readings(*, at: datetime) -> dict[str, Any]:
    """Return what this host's folders say, ready to be kept as JSON; a folder that is not there says nothing."""
    settings = env()
    folders = {"var": settings.var, "keys": settings.keys_folder, "outside": settings.outside_folder}
    return {
        "disks": _disks(folders),
        "lags": [
            {"name": one.stream, "bytes": one.size, "seconds": one.age.total_seconds()}
            for one in lag.waiting(settings.var / "spool", at=at)
        ],
        "outside": _outside(at),
    }


def _disks(folders: dict[str, Path]) -> list[dict[str, Any]]:
    """One line for each file system, named by the first of our folders on it."""
    found: dict[int, dict[str, Any]] = {}
    for name, folder in folders.items():
        try:
            device, space = folder.stat().st_dev, os.statvfs(folder)
        except OSError:
            continue
        sizes = {"free": space.f_bavail * space.f_frsize, "size": space.f_blocks * space.f_frsize}
        found.setdefault(device, {"folder": name, **sizes})
    return list(found.values())


def _outside(at: datetime) -> dict[str, Any] | None:
    try:
        sizes = [path.stat() for path in outside.files()]
    except OSError:
        return None
    if not sizes:
        return None
    newest = max(one.st_mtime for one in sizes)
    return {"bytes": sum(one.st_size for one in sizes), "seconds": max(0.0, at.timestamp() - newest)}
