"""The machine and what is installed on it: advisories, clocks, disks."""

import importlib.metadata
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from mandata.infra import bulk
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.measures.looking import wire
from mandata.measures.rules import verdicts
from mandata.measures.rules.verdicts import Dependencies, Verdict


def dependencies(at: datetime) -> Verdict:
    """Compare what is installed with the operator's folder of advisories (OSV, one JSON file each), where there is
    one; else tell its age only."""
    return verdicts.dependencies(compared(env().advisories), at)


def compared(folder: Path | None) -> Dependencies:
    """Read what is installed, and the advisories in a folder."""
    found = {canonicalize_name(one.metadata["Name"]): one for one in importlib.metadata.distributions() if one.metadata}
    newest = max((stamp for one in found.values() if (stamp := _placed(one))), default=None)
    if folder is None:
        return Dependencies(len(found), newest)
    files = sorted(folder.glob("**/*.json")) if folder.is_dir() else []
    told = max((datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in files), default=None)
    versions = {name: one.version for name, one in found.items()}
    warned = sorted({line for path in files for line in _warned(path, versions)})
    return Dependencies(len(found), newest, told or datetime.fromtimestamp(0, UTC), tuple(warned))


def _placed(one: importlib.metadata.Distribution) -> datetime | None:
    """When a distribution was put there: the time of its own folder."""
    path = getattr(one, "_path", None)
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) if isinstance(path, Path) and path.exists() else None


def _warned(path: Path, versions: dict[Any, str]) -> Iterator[str]:
    """What an advisory (https://ossf.github.io/osv-schema/) says of what is installed."""
    told = json.loads(path.read_text(encoding="utf-8"))
    for one in told.get("affected", []) if not told.get("withdrawn") else []:
        package = one.get("package", {})
        name = canonicalize_name(str(package.get("name", "")))
        version = versions.get(name)
        if package.get("ecosystem") == "PyPI" and version is not None and _affected(one, version):
            yield f"{name} {version}: {told.get('id', '?')}"


def _affected(one: dict[str, Any], version: str) -> bool:
    if version in one.get("versions", []):
        return True
    return any(_within(span.get("events", []), version) for span in one.get("ranges", []) if span.get("type") != "GIT")


def _within(events: list[dict[str, str]], version: str) -> bool:
    """Walk the events of a range in their order: introduced, fixed, last_affected."""
    inside = False
    try:
        own = Version(version)
        for event in events:
            if "introduced" in event:
                inside = inside or event["introduced"] == "0" or Version(event["introduced"]) <= own
            elif "fixed" in event:
                inside = inside and own < Version(event["fixed"])
            elif "last_affected" in event:
                inside = inside and own <= Version(event["last_affected"])
    except InvalidVersion:
        return True  # what cannot be compared is looked at by a person
    return inside


def clock(_at: datetime) -> Verdict:
    """Compare this host's clock with the database's, and with what our own web server tells."""
    skews = {"database": _database()}
    answer = wire.fetch(env().public_url, "/login/")
    told = answer.getheader("Date") if answer is not None else None
    if told:
        skews["console"] = (parsedate_to_datetime(told) - now()).total_seconds()
    return verdicts.clock(skews)


def _database() -> float:
    """Seconds by which the database's clock is ahead, half the way there and back taken off."""
    before = now()
    told: datetime = bulk.execute("select clock_timestamp()", [])[0][0]
    after = now()
    return (told - (before + (after - before) / 2)).total_seconds()


def disk(_at: datetime) -> Verdict:
    """Read how much of the disks of our folders is free."""
    folders = {"var": env().var, "keys": env().keys_folder, "outside": env().outside_folder}
    if env().backup_store and "://" not in env().backup_store:
        folders["backups"] = Path(env().backup_store)
    free = {}
    for name, folder in folders.items():
        if folder.is_dir():
            room = os.statvfs(folder)
            free[name] = room.f_bavail / room.f_blocks if room.f_blocks else 1.0
    return verdicts.disk(free)
