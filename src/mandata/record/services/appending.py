"""Append: one statement in the caller's transaction, for one entry or for many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.foundation import merkle
from mandata.foundation.actors import Actor
from mandata.infra import bulk
from mandata.infra.clock import new_id
from mandata.infra.tenancy import current_controller
from mandata.record import rules

_ENTRY: Final = """
with entry as (insert into record_entry (controller_id, id, at, kind, subject, leaf)
               values (%(log)s, %(id)s, %(at)s, %(kind)s, %(subject)s, %(leaf)b))
insert into record_pending (controller_id, entry, hash) values (%(log)s, %(id)s, %(hash)b)
"""
_WITH_PAYLOAD: Final = _ENTRY.replace(
    "\ninsert into record_pending",
    ",\npayload as (insert into record_payload (controller_id, id, holder, sealed)"
    " values (%(log)s, %(id)s, %(holder)s, %(sealed)b))\ninsert into record_pending",
)


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be appended with others; as `append` takes it, without a personal payload."""

    kind: str
    body: dict[str, object]
    actor: Actor
    at: datetime
    clause: str = ""
    subject: UUID | None = None


_MANY: Final = """
with new as (
    select * from unnest(%(ids)b::uuid[], %(at)b::timestamptz[], %(kinds)b::text[], %(subjects)b::uuid[],
                         %(leaves)b::bytea[], %(hashes)b::bytea[]) as n (id, at, kind, subject, leaf, hash)
), entry as (
    insert into record_entry (controller_id, id, at, kind, subject, leaf)
    select %(log)s, id, at, kind, subject, leaf from new
)
insert into record_pending (controller_id, entry, hash) select %(log)s, id, hash from new
"""


def append_many(entries: Sequence[NewEntry]) -> list[UUID]:
    """Add entries to the log of the scope's controller, in the caller's transaction, by one statement.

    Returns their ids, which sort in the order given, so that this is their order in the log.
    """
    if not entries:
        return []
    log = current_controller()
    ids = [new_id() for _ in entries]
    leaves = [_leaf(entry, log, own, None) for entry, own in zip(entries, ids, strict=True)]
    rows = {
        "log": log,
        "ids": ids,
        "at": [entry.at for entry in entries],
        "kinds": [entry.kind for entry in entries],
        "subjects": [entry.subject for entry in entries],
        "leaves": leaves,
        "hashes": [merkle.leaf_hash(data) for data in leaves],
    }
    bulk.execute(_MANY, rows)
    return ids


def _leaf(entry: NewEntry, log: UUID, own: UUID, commitment: rules.Commitment | None) -> bytes:
    return rules.leaf(
        log=log,
        entry=own,
        at=entry.at,
        kind=entry.kind,
        actor=entry.actor,
        clause=entry.clause,
        subject=entry.subject,
        body=entry.body,
        commitment=commitment.digest if commitment else None,
        holder=commitment.holder if commitment else None,
    )


def append(
    *,
    kind: str,
    body: dict[str, object],
    actor: Actor,
    at: datetime,
    clause: str = "",
    subject: UUID | None = None,
    commitment: rules.Commitment | None = None,
) -> UUID:
    """Add an entry to the log of the scope's controller, in the caller's transaction; return its id.

    `body` holds ids, codes, counts and times: never personal data, which enters as a commitment (`Vault.commit`).
    """
    entry, log = new_id(), current_controller()
    data = _leaf(NewEntry(kind, body, actor, at, clause, subject), log, entry, commitment)
    row = {"log": log, "id": entry, "at": at, "kind": kind, "subject": subject, "leaf": data}
    row["hash"] = merkle.leaf_hash(data)
    if commitment is None:
        bulk.execute(_ENTRY, row, prepare=True)
    else:
        row |= {"holder": commitment.holder, "sealed": commitment.sealed}
        bulk.execute(_WITH_PAYLOAD, row, prepare=True)
    return entry
