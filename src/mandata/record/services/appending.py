"""Append: one statement in the caller's transaction."""

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
    data = rules.leaf(
        log=log,
        entry=entry,
        at=at,
        kind=kind,
        actor=actor,
        clause=clause,
        subject=subject,
        body=body,
        commitment=commitment.digest if commitment else None,
        holder=commitment.holder if commitment else None,
    )
    row = {"log": log, "id": entry, "at": at, "kind": kind, "subject": subject, "leaf": data}
    row["hash"] = merkle.leaf_hash(data)
    if commitment is None:
        bulk.execute(_ENTRY, row, prepare=True)
    else:
        row |= {"holder": commitment.holder, "sealed": commitment.sealed}
        bulk.execute(_WITH_PAYLOAD, row, prepare=True)
    return entry
