"""What the record holds of one person, for `holdings`: the sealed payloads of entries. The entries themselves hold
none.

Always inside a controller's scope. An entry whose payload is gone stays provable; its commitment opens for nobody any
more.
"""

from uuid import UUID

from mandata.record.models import Entry, Payload


def count(holder: UUID) -> int:
    """Return how many payloads are sealed under the holder's key."""
    return Payload.objects.filter(holder=holder).count()


def payloads(holder: UUID) -> list[tuple[UUID, str, bytes]]:
    """Return (entry, its kind, the envelope) of the holder's payloads, oldest first."""
    rows = list(Payload.objects.filter(holder=holder).order_by("id").values_list("id", "sealed"))
    kinds = dict(Entry.objects.filter(id__in=[entry for entry, _ in rows]).values_list("id", "kind"))
    return [(entry, kinds[entry], bytes(sealed)) for entry, sealed in rows]


def delete(holder: UUID) -> int:
    """Delete the holder's payloads with their salts; return how many."""
    return Payload.objects.filter(holder=holder).delete()[0]
