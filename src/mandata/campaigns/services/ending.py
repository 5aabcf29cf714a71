"""The end of an agreement that has content destroyed at once on the system that sends (clause end.engine)."""

from datetime import datetime
from typing import Any

from mandata.campaigns.models import Campaign, Link


def destroy_content(*, at: datetime) -> int:
    """Destroy what the scope's campaigns say: bodies, what was compiled of them, subjects, links; return of how many.

    That they were sent, to how many and with what result stays.
    """
    Link.objects.all().delete()
    emptied: dict[str, Any] = {
        "body": "",
        "compiled": None,
        "compiled_digest": None,
        "subject": "",
        "preheader": "",
        "findings": {},
    }
    return int(Campaign.objects.update(**emptied, updated_at=at))
