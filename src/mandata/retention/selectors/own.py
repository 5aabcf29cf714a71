"""Requests to the operator as a controller of its own data. The installation's scope is opened here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.agreements.selectors import obligations as obliged
from mandata.foundation import canonical
from mandata.infra.tenancy import INSTANCE, scope
from mandata.retention.models import OwnCase
from mandata.vault.errors import DoesNotOpen, KeyDestroyed
from mandata.vault.services import Vault

SEALED: Final = "retention_owncase.sealed"


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `words`: who asks, what for, the answer, while they are kept. `due`: until when it is owed."""

    id: UUID
    number: int
    right: str
    words: dict[str, str]
    state: str
    received_at: datetime
    closed_at: datetime | None
    due: datetime | None
    late: bool


def requests(at: datetime) -> list[Request]:
    """Return the requests, open ones first, then the newest."""
    with scope(INSTANCE):
        rows = sorted(OwnCase.objects.order_by("-number"), key=lambda row: row.state != "open")
        owed = {one.id: one for one in obliged.some([row.obligation for row in rows if row.obligation], at)}
        return [
            Request(
                row.id, row.number, row.right, words(row), row.state, row.received_at, row.closed_at,
                owed[row.obligation].strict if row.obligation in owed else None,
                owed[row.obligation].late if row.obligation in owed else False,
            )
            for row in rows
        ]  # fmt: skip


def words(row: OwnCase) -> dict[str, str]:
    """Open what a request says; nothing where its key is gone."""
    try:
        plain = Vault.open().unseal(row.id, SEALED, bytes(row.sealed)) if row.sealed else b"{}"
    except (KeyDestroyed, DoesNotOpen):
        return {}
    return {str(name): str(text) for name, text in canonical.loads(plain).items()}
