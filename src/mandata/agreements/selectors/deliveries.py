"""When notices under an agreement count as delivered. In a scope."""

from datetime import datetime
from uuid import UUID

from django.db.models import Min, Q

from mandata.agreements.models import Served


def deemed(served_id: UUID) -> datetime | None:
    """When a notice, or its repetition to the second address, counts as delivered; None while neither does.

    That may change: a mail that was taken can still come back, and a confirmation can name another minute.
    """
    rows = Served.objects.filter(Q(id=served_id) | Q(second_of=served_id))
    found: datetime | None = rows.aggregate(first=Min("deemed_at"))["first"]
    return found
