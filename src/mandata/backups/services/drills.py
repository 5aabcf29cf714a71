"""Drills: their results kept as evidence of the measure "restore", their schedule, and what a drill looks at."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any, Final

from mandata.accounts import selectors as accounts
from mandata.agreements.services import measures
from mandata.audience import selectors as audience
from mandata.audience.selectors import sampling
from mandata.backups.drilling import Drilled
from mandata.backups.models import Restore
from mandata.foundation.actors import SYSTEM
from mandata.infra import clock, restoring
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors as record
from mandata.record import services as record_services
from mandata.vault.services import begin as begin_vault

MEASURE: Final = "restore"
SAMPLE: Final = 20
_SUPERVISOR: Final = "MANDATA_SUPERVISOR"  # see mandata.cli.lifeline
_AGAIN: Final = timedelta(hours=6)
_log = log("drill")
_child: subprocess.Popen[bytes] | None = None
_not_before: datetime | None = None


def keep(done: Drilled, *, at: datetime) -> dict[str, Any]:
    """Keep a drill's result: a row, an entry, and where it went well the measure's evidence; return what was kept."""
    told = {
        "drill": str(done.id),
        "good": not done.faults,
        "faults": list(done.faults),
        "backup": str(done.backup.id) if done.backup else None,
        "backup_at": done.backup.started_at.isoformat() if done.backup else None,
        "state_at": done.report.get("state_at"),
        "replayed_until": done.report.get("replayed_until"),
        "lines": sum(done.report.get("lines", {}).values()),
        "entries": done.report.get("entries", 0),
        "people": done.found.get("people", 0),
        "seconds": done.seconds,
        "steps": done.report.get("seconds", {}),
    }
    with scope(INSTANCE):
        begin_vault(at=at)
        Restore.objects.create(
            id=done.id,
            kind="drill",
            backup=done.backup.id if done.backup else None,
            began_at=done.began_at,
            opened_at=None if done.faults else at,
            held=not done.faults,
            report=told,
        )
        numbers = {name: told[name] for name in ("drill", "good", "backup", "lines", "entries", "people")}
        body: dict[str, object] = {**numbers, "seconds": round(done.seconds), "faults": len(done.faults)}
        record_services.append(kind="backups.drilled", body=body, actor=SYSTEM, at=at, subject=done.id)
        if not done.faults:
            next_on = (at + timedelta(days=env().drill_days)).date()
            measures.checked(code=MEASURE, on=at.date(), next_on=next_on, evidence=done.id, at=at)
    return told


def look() -> dict[str, Any]:
    """Return what a drill looks at in the installation that it restored: logs with their sizes, how many people there
    are, and of a sample of each controller's how many can be read."""
    logs, people, sampled, opened = {}, 0, 0, 0
    with scope(INSTANCE):
        logs[str(INSTANCE)] = record.size()
    for controller in accounts.ids():
        with scope(controller):
            logs[str(controller)] = record.size()
            some, count = sampling.sample(SAMPLE)
            people += count
            sampled += len(some)
            opened += sum(bool(one) for one in audience.identities(some).values())
    return {"logs": logs, "people": people, "sampled": sampled, "opened": opened, "shut": restoring.closed()}


def drill_due(*, at: datetime) -> int:
    """One round of the worker's loop: start a drill where one is due and there are identities for it; return 0."""
    global _child, _not_before
    if _child is not None:
        if _child.poll() is None:
            return 0
        if _child.returncode != 0:
            _log.error("drill.failed", code=_child.returncode)
        _child = None
    settings = env()
    if not settings.backup_store or settings.drill_identity is None or (_not_before and at < _not_before):
        return 0
    if _is_due(at):
        _not_before = at + _AGAIN
        environment = {**os.environ, _SUPERVISOR: str(os.getpid())}
        command = [sys.executable, "-m", "mandata.cli", "drill", "--json"]
        _child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        _log.info("drill.started", pid=_child.pid)
    return 0


def _is_due(at: datetime) -> bool:
    """A drill is due when the last one is old enough, and once there is a backup to practise on."""
    from mandata.backups.models import Backup

    with scope(INSTANCE):
        last = Restore.objects.filter(kind="drill").order_by("-began_at").values_list("began_at", flat=True).first()
        if not Backup.objects.filter(state="taken").exists():
            return False
    return last is None or last + timedelta(days=env().drill_days) <= at


def now() -> datetime:
    """The time, for the command."""
    return clock.now()
