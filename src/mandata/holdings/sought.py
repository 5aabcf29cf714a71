"""Whom manual holdings are still searched for after an erasure: address and name, sealed, until the last task is done.

The program's own erasure is at once; somebody who must go to a filing cabinet has to know for whom to look. What is
kept for that lies under a key of the erasure's own, which dies with the last task.
"""

from uuid import UUID

from mandata.foundation import canonical
from mandata.holdings.models import Sought
from mandata.vault.services import Vault

PLACE = "holdings_sought.sealed"


def count(reference: UUID) -> int:
    """Return how many erasures still have manual holdings to be searched for the person."""
    return Sought.objects.filter(subject=reference).count()


def told(reference: UUID) -> list[dict[str, object]]:
    """Return what is kept to find the person in manual holdings."""
    rows = list(Sought.objects.filter(subject=reference))
    vault = Vault.open() if rows else None
    return [canonical.loads(vault.unseal(row.about, PLACE, bytes(row.sealed))) for row in rows if vault]
