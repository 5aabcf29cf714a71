"""Showing sealed identities to a member: a deliberate act, which the record keeps (ui.md, SEC-7)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from mandata.foundation.actors import Actor
from mandata.record import services as record


def shown(*, subscriber_ids: Collection[UUID], actor: Actor, at: datetime) -> None:
    """Enter in the record that a member looked at identities: how many, and whose where it is one person's."""
    only = next(iter(subscriber_ids)) if len(subscriber_ids) == 1 else None
    body: dict[str, object] = {"people": len(subscriber_ids)}
    record.append(kind="audience.identities_shown", body=body, actor=actor, subject=only, at=at)


def rejections_downloaded(*, import_id: UUID, rows: int, actor: Actor, at: datetime) -> None:
    """Enter in the record that a member took the rejected rows of an import along: they hold identities."""
    body: dict[str, object] = {"import": str(import_id), "rows": rows}
    record.append(kind="audience.rejections_downloaded", body=body, actor=actor, at=at)
