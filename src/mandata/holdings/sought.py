"""Whom manual holdings are still searched for after an erasure: address and name, sealed, until the last task is done.

The program's own erasure is at once; somebody who must go to a filing cabinet has to know for whom to look. What is
kept for that lies under a key of the erasure's own, which dies with the last task.
"""

from collections.abc import Sequence
from uuid import UUID

from mandata.foundation import canonical
from mandata.holdings.models import Sought
from mandata.infra import bulk
from mandata.vault.services import Vault

PLACE = "holdings_sought.sealed"


def count(references: Sequence[UUID]) -> dict[UUID, int]:
    """Return for each person how many erasures still have manual holdings to be searched."""
    return bulk.tally("select subject, count(*) from holdings_sought where subject = any(%b) group by 1", references)


def told(reference: UUID) -> list[dict[str, object]]:
    """Return what is kept to find the person in manual holdings."""
    rows = list(Sought.objects.filter(subject=reference))
    vault = Vault.open() if rows else None
    return [canonical.loads(vault.unseal(row.about, PLACE, bytes(row.sealed))) for row in rows if vault]
