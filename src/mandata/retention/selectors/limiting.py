"""Decisions that limit a controller, and the register of serious breaches. In a scope, but for those marked *all*."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.foundation import canonical
from mandata.infra.tenancy import current_controller, scope
from mandata.retention.models import Ground, Limiting
from mandata.retention.rules import limiting as rules
from mandata.vault.errors import DoesNotOpen, KeyDestroyed
from mandata.vault.services import Vault

SEALED: Final = "retention_limiting.sealed"
GROUND: Final = "retention_ground.sealed"
FILE: Final = "retention_ground.file"
FILE_NAME: Final = "retention_ground.file_name"
LIVE: Final = ("told", "effective")


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as pages show it; `words`: reasons, shorter, objection, answer, lifted, where there are any."""

    id: UUID
    controller_id: UUID
    controller: str
    number: int
    kind: str
    acts: tuple[str, ...]
    cap: int | None
    ground: str
    clause: str
    words: dict[str, str]
    state: str
    decided_at: datetime
    effective_at: datetime
    took_effect_at: datetime | None
    notice: UUID | None
    objected_at: datetime | None
    answered_at: datetime | None
    outcome: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A ground of a serious breach as it occurred."""

    id: UUID
    controller_id: UUID
    controller: str
    number: int
    code: str
    title: str
    origin: str
    figures: dict[str, Any]
    words: str
    file_name: str
    size: int
    digest: str
    found_at: datetime
    by: str
    consequence: str
    decision: UUID | None
    decided_at: datetime | None


def decisions(*, live: bool = False) -> list[Decision]:
    """Return the decisions of the scope, the newest first."""
    rows = Limiting.objects.order_by("-number")
    return [_decision(row) for row in (rows.filter(state__in=LIVE) if live else rows)]


def decision(decision_id: UUID) -> Decision | None:
    """Return one decision of the scope."""
    row = Limiting.objects.filter(id=decision_id).first()
    return None if row is None else _decision(row)


def _decision(row: Limiting) -> Decision:
    return Decision(
        id=row.id, controller_id=current_controller(), controller=accounts.controller().name, number=row.number,
        kind=row.kind, acts=tuple(row.acts), cap=row.cap, ground=row.ground, clause=row.clause, words=words(row),
        state=row.state, decided_at=row.decided_at, effective_at=row.effective_at, took_effect_at=row.took_effect_at,
        notice=row.notice, objected_at=row.objected_at, answered_at=row.answered_at, outcome=row.outcome,
        closed_at=row.closed_at,
    )  # fmt: skip


def words(row: Limiting) -> dict[str, str]:
    """Open what was written about a decision; nothing where its key is gone."""
    try:
        plain = Vault.open().unseal(row.id, SEALED, bytes(row.sealed)) if row.sealed else b"{}"
    except (KeyDestroyed, DoesNotOpen):
        return {}
    return {str(name): str(text) for name, text in canonical.loads(plain).items()}


def occurrences() -> list[Occurrence]:
    """Return the register of the scope's controller, the newest first."""
    return [_occurrence(row) for row in Ground.objects.order_by("-number")]


def occurrence(ground_id: UUID) -> Occurrence | None:
    """Return one entry of the register."""
    row = Ground.objects.filter(id=ground_id).first()
    return None if row is None else _occurrence(row)


def _occurrence(row: Ground) -> Occurrence:
    said, name = _opened(row)
    return Occurrence(
        id=row.id, controller_id=current_controller(), controller=accounts.controller().name, number=row.number,
        code=row.code, title=titled(row.code), origin=row.origin, figures=dict(row.figures), words=said,
        file_name=name, size=row.size, digest=bytes(row.digest).hex(), found_at=row.found_at, by=row.by,
        consequence=row.consequence, decision=row.decision, decided_at=row.decided_at,
    )  # fmt: skip


def titled(code: str) -> str:
    """Return a ground in the words of the clause, in the reader's language."""
    known = CATALOGUE[rules.SERIOUS].vocabulary or {}
    return agreements.reader().gettext(known[code]) if code in known else code


def _opened(row: Ground) -> tuple[str, str]:
    if not row.sealed:
        return "", ""
    try:
        vault = Vault.open()
        said = vault.unseal(row.id, GROUND, bytes(row.sealed)).decode()
        name = vault.unseal(row.id, FILE_NAME, bytes(row.file_name)).decode() if row.file_name else ""
    except (KeyDestroyed, DoesNotOpen):
        return "", ""
    return said, name


def evidence(ground_id: UUID) -> tuple[str, bytes] | None:
    """Return the name and bytes of the file that shows an occurrence; None where there is none."""
    row = Ground.objects.filter(id=ground_id).first()
    if row is None or not row.file:
        return None
    vault = Vault.open()
    return (
        vault.unseal(row.id, FILE_NAME, bytes(row.file_name)).decode(),
        vault.unseal(row.id, FILE, bytes(row.file)),
    )


def everywhere() -> Iterator[tuple[list[Decision], list[Occurrence]]]:
    """*All.* Yield the decisions and occurrences of each controller that has any."""
    after = None
    while page := accounts.ids_after(after, 500):
        for one in page:
            with scope(one):
                if Limiting.objects.exists() or Ground.objects.exists():
                    yield decisions(), occurrences()
        after = page[-1]


def as_csv(rows: list[Occurrence]) -> bytes:
    """Return the register as CSV (UTF-8 with its mark): no words of anybody's, only codes, times and digests."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    names = ("controller", "number", "ground", "origin", "found_at", "consequence", "decided_at", "evidence_sha256")
    writer.writerow(names)
    for one in rows:
        decided = one.decided_at.isoformat() if one.decided_at else ""
        found = one.found_at.isoformat()
        writer.writerow(
            [one.controller_id, one.number, one.code, one.origin, found, one.consequence, decided, one.digest]
        )
    return b"\xef\xbb\xbf" + out.getvalue().encode()
