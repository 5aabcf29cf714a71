"""Backups and keys: what was taken and when the next is due, whether the store answers, drills, epochs, copies of keys.

The page speaks of the table, which is at hand; whether the store answers is asked for by a part that loads after it,
because a store that is away answers late.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.backups import selectors
from mandata.backups.selectors import Restored, Row
from mandata.backups.services import plan
from mandata.console.templatetags.ui import number, span
from mandata.foundation.errors import Fault
from mandata.infra.clock import now
from mandata.infra.environment import Environment, env
from mandata.infra.postgres import spool
from mandata.vault import recovery
from mandata.vault import selectors as keys

SHOWN: Final = 30
KINDS: Final[dict[str, Promise]] = {
    "full": gettext_lazy("full"),
    "incremental": gettext_lazy("incremental"),
    "dump": gettext_lazy("dump"),
}
STATES: Final[dict[str, tuple[Promise, str]]] = {
    "taking": (gettext_lazy("being taken"), "info"),
    "taken": (gettext_lazy("whole"), "good"),
    "pruning": (gettext_lazy("being deleted"), "calm"),
    "pruned": (gettext_lazy("deleted"), "calm"),
}
_RESTORES: Final[dict[str, Promise]] = {
    "restore": gettext_lazy("A restore"),
    "replay": gettext_lazy("A replay"),
    "drill": gettext_lazy("A drill"),
}
_NEEDED: Final[tuple[tuple[str, str, Promise], ...]] = (
    (
        "backup_store",
        "MANDATA_BACKUP_STORE",
        gettext_lazy("Where backups go: a folder on another disk, or s3://bucket/prefix."),
    ),
    (
        "backup_recipients",
        "MANDATA_BACKUP_RECIPIENTS",
        gettext_lazy("Who can open backups: public keys made by age-keygen, whose other halves lie elsewhere."),
    ),
    (
        "recovery_recipients",
        "MANDATA_RECOVERY_RECIPIENTS",
        gettext_lazy("Who can recover the keys, in other hands than the backups: public keys made by age-keygen."),
    ),
)


def listed(request: HttpRequest) -> HttpResponse:
    """Show backups, drills and epochs; what is missing where nothing is taken yet."""
    at, settings = now(), env()
    kept, promise = plan(at)
    rows = selectors.rows(SHOWN)
    whole = [one for one in rows if one.state == "taken" and one.place == settings.backup_store]
    missing = _missing(settings)
    context = {
        "missing": missing,
        "nothing": not settings.backup_store and not rows,
        "figures": _figures(whole, kept.every, at, able=not missing),
        "promise": promise,
        "kept_for": kept.keep,
        "plot": _plot(whole),
        "rows": [_row(one) for one in rows],
        "drills": [_restored(one) for one in selectors.restores()],
        "drill_named": settings.drill_identity is not None,
        "turns": keys.turns(),
        "epoch_days": settings.epoch_days,
        "at": at,
    }
    return render(request, "console/operator/backups.html", context)


def store(request: HttpRequest) -> HttpResponse:
    """Ask the store now: whether it answers, and which recovery copies of the keys it has."""
    at, settings = now(), env()
    context: dict[str, Any] = {"place": settings.backup_store, "recovery": recovery.configured()}
    try:
        copies = recovery.copies()
    except Fault as fault:
        context |= {"fault": fault}
    else:
        newest = max((one.at for one in copies if one.full), default=None)
        context |= {
            "copies": len(copies),
            "newest": newest,
            "age": at - newest if newest else None,
            "stale": newest is not None and at - newest > 2 * recovery.EVERY,
            "recipients": _recipients(settings.recovery_recipients),
        }
    return render(request, "console/operator/backups_store.html", context)


def _missing(settings: Environment) -> list[tuple[str, Promise]]:
    return [(name, words) for field, name, words in _NEEDED if not getattr(settings, field).strip()]


def _recipients(text: str) -> list[str]:
    """The public keys as people compare them: their beginning and their end."""
    keys_ = [part.strip() for part in text.split(",") if part.strip()]
    return [f"{one[:12]}…{one[-6:]}" for one in keys_]


def _figures(whole: Sequence[Row], every: timedelta, at: datetime, *, able: bool) -> list[dict[str, Any]]:
    newest = whole[0].started_at if whole else None
    late = newest is not None and at - newest > 2 * every
    return [
        {
            "label": _("Newest backup"),
            "value": _("%(span)s ago") % {"span": span(at - newest)} if newest else _("none"),
            "tone": "" if newest and not late else "bad",
            "note": _("later than planned") if late else "",
        },
        {"label": _("Next one"), "value": _next(newest, every, at, able=able)},
        {
            "label": _("In the store"),
            "value": number(len(whole)),
            "note": _("%(size)s MB, packed and encrypted") % {"size": number(_mb(sum(one.stored for one in whole)), 1)},
        },
        _waiting(),
    ]


def _next(newest: datetime | None, every: timedelta, at: datetime, *, able: bool) -> str:
    if not able:
        return _("not set up")
    if newest is None or newest + every <= at:
        return _("now, by a worker")
    return _("in %(span)s") % {"span": span(newest + every - at)}


def _waiting() -> dict[str, Any]:
    """The write-ahead log that has not reached the store: how much, and since when."""
    label = _("Changes not in the store yet")
    there = spool(env().var / "postgres")
    if there is None:
        return {"label": label, "value": "–", "note": _("told by the server's own archive")}
    if lost := there.lost():
        note = _("%(count)s files were let go for want of room: a backup closes the gap") % {"count": len(lost)}
        return {"label": label, "value": _("a gap"), "tone": "bad", "note": note}
    files = there.waiting()
    note = _("%(count)s files of the write-ahead log") % {"count": number(len(files))}
    return {"label": label, "value": f"{number(_mb(there.size()), 1)} MB", "note": note}


def _mb(size: int) -> float:
    return round(size / 1e6, 1)


def _plot(whole: Sequence[Row]) -> dict[str, Any] | None:
    """Size in the store over time, a line for each kind."""
    if len(whole) < 2:
        return None
    taken = list(reversed(whole))
    kinds = [kind for kind in KINDS if any(one.kind == kind for one in taken)]
    series = [
        {
            "label": str(KINDS[kind]),
            "unit": "MB",
            "values": [_mb(one.stored) if one.kind == kind else 0 for one in taken],
        }
        for kind in kinds
    ]
    return {"kind": "bars", "x": [one.started_at for one in taken], "series": series}


def _row(one: Row) -> dict[str, Any]:
    label, tone = STATES[one.state]
    lasted = one.finished_at - one.started_at if one.finished_at else None
    sizes = {"size": _mb(one.size), "stored": _mb(one.stored)}
    return {"backup": one, "kind": KINDS[one.kind], "state": label, "tone": tone, "lasted": lasted, **sizes}


def _restored(one: Restored) -> dict[str, Any]:
    faults = [str(fault) for fault in one.report.get("faults", [])]
    return {"row": one, "kind": _RESTORES[one.kind], "faults": faults, "seconds": one.report.get("seconds")}
