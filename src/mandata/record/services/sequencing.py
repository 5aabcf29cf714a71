"""The sequencer: places for committed entries, a signed head over them, and the head's own entry in the installation's
log, in one transaction; all of it is in the outside log before the commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from mandata.foundation.actors import SYSTEM
from mandata.infra import bulk, outside
from mandata.infra.logs import log as logger
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import rules, selectors
from mandata.record.services import placing
from mandata.record.services.appending import append
from mandata.record.services.placing import Placed
from mandata.record.signing import signer

_BATCH: Final = 8_192
_TURNS: Final = 16

# Loosely: one step in the index for each log, however many entries wait.
_LOGS: Final = """
with recursive logs as (
    (select controller_id as id from record_pending order by 1 limit 1)
    union all
    select (select controller_id from record_pending where controller_id > logs.id order by 1 limit 1)
    from logs where logs.id is not null
) select id from logs where id is not null
"""

# What was put into the queue and is no entry, or has its place already, stays there for `mandata verify` to name.
_TAKE: Final = """
with batch as materialized (
    select p.entry, p.hash, e.at, e.kind, e.subject, e.leaf, y.holder, y.sealed from record_pending p
    cross join lateral (
        select at, kind, subject, leaf from record_entry
        where controller_id = p.controller_id and id = p.entry offset 0
    ) e
    left join lateral (
        select holder, sealed from record_payload where controller_id = p.controller_id and id = p.entry offset 0
    ) y on true
    where p.controller_id = %(log)s
      and not exists (select from record_leaf l where l.controller_id = p.controller_id and l.entry = p.entry)
    order by p.entry limit %(most)s
), taken as (
    delete from record_pending p using batch b where p.controller_id = %(log)s and p.entry = b.entry
) select * from batch order by entry
"""


@dataclass(frozen=True, slots=True)
class NewHead:
    """A head just signed, and how many entries it placed."""

    placed: int
    size: int
    root: bytes


def sequence_due(*, at: datetime) -> int:
    """Give every waiting entry of every log its place and sign the new heads; return how many entries were placed.

    A log that cannot be continued, because somebody changed its tables, holds up no other.
    """
    placed = 0
    for log in [*(log for (log,) in bulk.execute(_LOGS, []) if log != INSTANCE), INSTANCE]:
        try:
            placed += _sequence_all(log, at)
        except IntegrityError:
            logger("record").error("record.blocked", log=str(log), remedy="mandata verify")
    return placed


def _sequence_all(log: UUID, at: datetime) -> int:
    """Sequence one log until nothing waits; not for ever, because others wait too."""
    placed = 0
    for _ in range(_TURNS):
        head = sequence(log, at=at)
        placed += head.placed if head else 0
        if head is None or head.placed < _BATCH:
            break
    return placed


def sequence(log: UUID, *, at: datetime) -> NewHead | None:
    """Give the next committed entries of one log their places and sign a head. None when nothing waits or another is
    at work.

    The head of a controller's log is entered in the installation's log in the same transaction: no death in between
    leaves one without the other.
    """
    with transaction.atomic():
        with scope(log):
            head = _extend(log, at) if _locked(log) else None
        if head and log != INSTANCE:
            with scope(INSTANCE):
                body = rules.head_body(log, head.size, head.root)
                append(kind="record.head", body=body, actor=SYSTEM, subject=log, at=at)
    return head


def _locked(log: UUID) -> bool:
    statement = "select pg_try_advisory_xact_lock(%(class)s::int4, hashtext(%(log)s::text))"
    return bool(bulk.execute(statement, {"class": placing.LOCK_CLASS, "log": str(log)}, prepare=True)[0][0])


def _extend(log: UUID, at: datetime) -> NewHead | None:
    batch = [Placed(*row) for row in bulk.execute(_TAKE, {"log": log, "most": _BATCH}, binary=True, prepare=True)]
    if not batch:
        return None
    before, previous = selectors.sizes()
    root = placing.grow(before, [(one.entry, one.hash) for one in batch])
    size = before + len(batch)
    note = rules.sign_head(signer(), log, size, root, at)
    placing.keep_head(size, previous, root, at, note)
    outside.write(placing.PLACED, placing.body(before, previous, note, batch))
    return NewHead(placed=len(batch), size=size, root=root)
