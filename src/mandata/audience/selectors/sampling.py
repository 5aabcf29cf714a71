"""A few people of a controller's, for whoever tests that a restored installation can read them."""

from uuid import UUID

from mandata.audience.models import Subscriber


def sample(count: int) -> tuple[list[UUID], int]:
    """Return up to `count` subscribers, the newest first, and how many there are in all."""
    newest = Subscriber.objects.order_by("-id").values_list("id", flat=True)[:count]
    return list(newest), Subscriber.objects.count()
