"""A drill: everything from the store, into a scratch folder, as if there were nothing else; and then it is gone again.

The restore runs as a process that knows the store and the identities and nothing of the live installation: another
MANDATA_VAR, other keys, another outside log, an embedded server on a free port. Needs no Django.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from mandata.backups import fetching
from mandata.backups.rules.manifest import Manifest
from mandata.foundation.errors import Fault
from mandata.infra import clock, stores
from mandata.infra.environment import Environment
from mandata.infra.postgres import Server

_KEPT_APART: Final = ("DATABASE_URL", "OWNER_DATABASE_URL")
_LONGEST: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Drilled:
    """What came of a drill. `faults` is empty where everything that was compared agreed."""

    id: UUID
    began_at: datetime
    backup: Manifest | None
    seconds: float
    report: dict[str, Any]
    found: dict[str, Any]
    faults: tuple[str, ...]


def drill(settings: Environment, *, source: str, identity: Path, keys_identity: Path | None) -> Drilled:
    """Restore the newest backup of a store into a scratch folder, compare, remove it, and return what came of it.

    What fails is told in `faults`, not raised: a drill that fails is a result, too. What a killed drill left is removed
    first.
    """
    scratch = settings.var.absolute() / "drill"
    began_at, began = clock.now(), time.monotonic()
    newest: Manifest | None = None
    report: dict[str, Any] = {}
    found: dict[str, Any] = {}
    try:
        clear(scratch)
        newest = fetching.choose(fetching.manifests(stores.store(source)))[-1]
        arguments = ["restore", "--from", source, "--identity", str(identity.absolute()), "--json"]
        arguments += ["--keys-identity", str(keys_identity.absolute())] if keys_identity else []
        report = _ask(scratch, *arguments)
        found = _ask(scratch, "drill-look")
        faults = _compare(newest, report, found)
    except Fault as fault:
        faults = (fault.message,)
    finally:
        clear(scratch)
    seconds = round(time.monotonic() - began, 1)
    return Drilled(clock.new_id(), began_at, newest, seconds, report, found, faults)


def clear(scratch: Path) -> None:
    """Remove the scratch folder, and the server in it where one still runs."""
    if (scratch / "postgres").exists():
        Server(scratch / "postgres").destroy()
    shutil.rmtree(scratch, ignore_errors=True)


def _ask(scratch: Path, *arguments: str) -> dict[str, Any]:
    """Run one of our own commands as the scratch installation's; return its JSON. Raises Fault with what it said."""
    scratch.mkdir(mode=0o700, exist_ok=True)
    command = [sys.executable, "-m", "mandata.cli", *arguments]
    done = subprocess.run(
        command,
        env=_environment(scratch),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_LONGEST,
        check=False,
    )
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise Fault(f"`mandata {arguments[0]}` failed: {' '.join(said[-3:])[-600:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _environment(scratch: Path) -> dict[str, str]:
    """What the scratch installation is told: nothing by which it could reach the live one."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("MANDATA_") and name not in _KEPT_APART
    }
    return kept | {
        "MANDATA_VAR": str(scratch),
        "MANDATA_KEYS": str(scratch / "keys"),
        "MANDATA_OUTSIDE": str(scratch / "outside"),
        "MANDATA_LOG_LEVEL": "error",
    }


def _compare(newest: Manifest, report: dict[str, Any], found: dict[str, Any]) -> tuple[str, ...]:
    faults = [f"The record does not hold: {one}" for one in report["findings"]]
    for log, size in newest.heads.items():
        there = found["logs"].get(log, 0)
        if there < size:
            faults.append(f"The log {log} has {there} entries; the backup knew {size}.")
    if found["opened"] < found["sampled"]:
        faults.append(f"Of {found['sampled']} people looked at only {found['opened']} could be read.")
    if found["shut"]:
        faults.append("The restored installation did not open.")
    if report["notes"].get("wal_not_replayed"):
        faults.append(f"{report['notes']['wal_not_replayed']} files of the write-ahead log lie behind a gap.")
    return tuple(faults)
