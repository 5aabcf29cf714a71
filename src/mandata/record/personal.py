"""What the record holds of one person, for `holdings`: the sealed payloads of entries. The entries themselves hold
none.

Always inside a controller's scope. An entry whose payload is gone stays provable; its commitment opens for nobody any
more.
"""

from collections.abc import Sequence
from uuid import UUID

from mandata.infra import bulk
from mandata.record.models import Entry, Payload


def count(holders: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many payloads are sealed under each holder's key."""
    return bulk.tally("select holder, count(*) from record_payload where holder = any(%b) group by 1", holders)


def payloads(holder: UUID) -> list[tuple[UUID, str, bytes]]:
    """Return (entry, its kind, the envelope) of the holder's payloads, oldest first."""
    rows = list(Payload.objects.filter(holder=holder).order_by("id").values_list("id", "sealed"))
    kinds = dict(Entry.objects.filter(id__in=[entry for entry, _ in rows]).values_list("id", "kind"))
    return [(entry, kinds[entry], bytes(sealed)) for entry, sealed in rows]


def delete(holders: Sequence[UUID]) -> dict[UUID, int]:
    """Delete the holders' payloads with their salts; return how many of each."""
    return bulk.tally(_DELETE, holders)


_DELETE = """
with gone as (delete from record_payload where holder = any(%b) returning holder)
select holder, count(*) from gone group by 1
"""
