"""The register of breaches (Art. 33(5) GDPR, BRE-5): facts, effects, remedies, corrective measures. Never a drill."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from mandata.audience.rules.cells import safe
from mandata.incidents.models import Affected, Breach, Correction, Share
from mandata.infra.tenancy import INSTANCE, scope

COLUMNS: Final = (
    *("number", "title", "origin", "state", "found", "kinds", "certain", "believed_at", "aware_at", "began_at"),
    *("ended_at", "nature", "consequences", "measures", "effects", "forbidden", "controllers", "subjects", "records"),
    *("told", "contained_at", "closed_at", "corrections"),
)
OWN: Final = (
    *("number", "origin", "state", "kinds", "certain", "aware_at", "began_at", "ended_at", "told_at", "own_aware_at"),
    *("nature", "consequences", "measures", "subjects", "records", "effects", "remedies", "authority", "authority_at"),
    *("authority_words", "delay", "reported_at"),
)
_CORRECTION: Final = ("what", "post", "due_on", "done_at", "proof")


def whole() -> list[dict[str, Any]]:
    """Return the operator's register, the oldest first. Opens the installation's scope."""
    with scope(INSTANCE):
        return [_entry(row) for row in Breach.objects.filter(drill=False).order_by("number")]


def _entry(row: Breach) -> dict[str, Any]:
    touched = list(Affected.objects.filter(breach_id=row.id, records__gt=0))
    corrections = Correction.objects.filter(breach_id=row.id).order_by("due_on", "at")
    counted = {
        "controllers": len(touched),
        "subjects": sum(one.subjects for one in touched),
        "records": sum(one.records for one in touched),
        "told": sum(one.told > 0 for one in touched),
        "corrections": [{name: _plain(getattr(one, name)) for name in _CORRECTION} for one in corrections],
    }
    return {name: counted[name] if name in counted else _plain(getattr(row, name)) for name in COLUMNS}


def own() -> list[dict[str, Any]]:
    """Return the register of the scope's controller, the oldest first: only what is its own."""
    return [_own(row) for row in Share.objects.filter(drill=False).order_by("number")]


def _own(row: Share) -> dict[str, Any]:
    told = {"kinds": [], "certain": True, **row.report, **row.facts}
    told["nature"] = told.get("nature") or row.report.get("words", "")
    return {name: _plain(getattr(row, name)) if hasattr(row, name) else told.get(name) for name in OWN}


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value


def as_csv(rows: Iterable[dict[str, Any]], columns: Iterable[str]) -> bytes:
    """Return a register as CSV (UTF-8 with its mark, cells that a spreadsheet would execute defused)."""
    out = io.StringIO()
    writer, names = csv.writer(out, lineterminator="\r\n"), list(columns)
    writer.writerow(names)
    for row in rows:
        writer.writerow([safe(_cell(row[name])) for name in names])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(_cell(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_cell(one)}" for name, one in value.items() if one)
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else "yes" if value is True else "no" if value is False else str(value)
