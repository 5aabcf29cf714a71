"""After a restore: what waited in the older database must not come in now."""

from datetime import datetime

from mandata.audience.models import Import, Rejection, UploadChunk
from mandata.audience.services.imports import cancel_import, drop_rejections
from mandata.foundation.actors import Actor


def empty_all(*, actor: Actor, at: datetime) -> tuple[int, int]:
    """Cancel every import of the scope that is under way, and destroy what any import still holds of people, its file
    included; return how many were under way, and how many held something."""
    under_way = Import.objects.filter(state__in=["uploaded", "mapped", "running"]).values_list("id", flat=True)
    cancelled = sum(cancel_import(import_id=one, actor=actor, at=at) for one in list(under_way))
    holding = set(UploadChunk.objects.values_list("import_id", flat=True).distinct())
    holding |= set(Rejection.objects.values_list("import_id", flat=True).distinct())
    for one in sorted(holding):
        drop_rejections(import_id=one, actor=actor, at=at)
    return cancelled, len(holding)
