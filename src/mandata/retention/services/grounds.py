"""The register of grounds that the agreement calls a serious breach: each occurrence, its evidence, what followed
(OPS-6). In the open scope."""

import hashlib
from datetime import datetime
from pathlib import PurePath
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.selectors.binding import ground
from mandata.delivery import returned
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.clock import new_id
from mandata.record.services import append
from mandata.retention.errors import Incomplete
from mandata.retention.models import Ground
from mandata.retention.rules import limiting as rules
from mandata.retention.selectors import limiting as selectors
from mandata.vault.services import Vault

LARGEST: Final = 5_000_000
"""Bytes of a file of evidence."""


def enter(
    *,
    code: str,
    words: str,
    found_at: datetime,
    actor: Actor,
    at: datetime,
    file_name: str = "",
    file: bytes = b"",
) -> UUID:
    """Enter an occurrence with its evidence; words and file are sealed, the record gets digest and commitment.

    `code`: of the clause breach.serious; where the agreement has no such clause, any that the catalogue knows, and the
    register says that it is no ground of the agreement's. Raises Incomplete.
    """
    if code not in listed(at=at):
        raise Incomplete(_("The agreement does not name this ground."), clause=rules.SERIOUS)
    if not words.strip() or found_at > at:
        raise Incomplete(_("An occurrence needs what was found, and when: not in the future."), clause=rules.SERIOUS)
    if len(file) > LARGEST:
        raise Incomplete(
            _("The file is larger than 5 MB."), clause=rules.SERIOUS, remedy=_("Say where the whole of it lies.")
        )
    return _made(code, "hand", words.strip(), found_at, actor, at, file_name=PurePath(file_name).name[:200], file=file)


def from_alarms(*, at: datetime) -> int:
    """Enter the alarms of agreed shares that were exceeded, each once; return how many were new."""
    known = set(Ground.objects.exclude(alarm=None).values_list("alarm", flat=True))
    new = 0
    for one in returned.alarms(at=at, lifted=200):
        code = rules.ALARMS.get(one.kind)
        if code is None or one.id in known:
            continue
        figures = {"part": one.part, "whole": one.whole}
        try:
            with transaction.atomic():
                _made(code, "alarm", "", one.since, SYSTEM, at, alarm=one.id, figures=figures)
        except IntegrityError:  # another worker has entered it meanwhile
            continue
        new += 1
    return new


def _made(
    code: str,
    origin: str,
    words: str,
    found_at: datetime,
    actor: Actor,
    at: datetime,
    *,
    file_name: str = "",
    file: bytes = b"",
    alarm: UUID | None = None,
    figures: dict[str, int] | None = None,
) -> UUID:
    row = Ground(
        id=new_id(), number=1 + (Ground.objects.aggregate(last=Max("number"))["last"] or 0), code=code, origin=origin,
        alarm=alarm, figures=figures or {}, found_at=found_at, by=str(actor), at=at, size=len(file),
    )  # fmt: skip
    vault, commitment = Vault.open(), None
    vault.create([row.id])
    if words:
        row.sealed = vault.seal(row.id, selectors.GROUND, words.encode())
        commitment = vault.commit(row.id, {"words": words})
    if file:
        row.digest = hashlib.sha256(file).digest()
        row.file = vault.seal(row.id, selectors.FILE, file)
        row.file_name = vault.seal(row.id, selectors.FILE_NAME, (file_name or "evidence").encode())
    row.save(force_insert=True)
    body: dict[str, object] = {
        "ground": row.id,
        "code": code,
        "origin": origin,
        "alarm": alarm,
        "figures": row.figures,
        "found": found_at,
        "sha256": bytes(row.digest).hex(),
    }
    append(kind="ground.entered", body=body, actor=actor, at=at, clause=rules.SERIOUS, commitment=commitment)
    made: UUID = row.id
    return made


def listed(*, at: datetime) -> tuple[str, ...]:
    """Return the grounds that may be entered here: those of the agreement, else all that are known."""
    return rules.serious(ground(at).terms) or tuple(CATALOGUE[rules.SERIOUS].vocabulary or ())
