"""What turns out to be still to send, after its campaign was thought to be done.

A message is unknown where its worker's host was lost or its clock said so; then the campaign may finish. The worker's
own word, or a journal found later, can say that nothing of the message had left: it goes out after all, or is taken
back where the campaign was cancelled meanwhile.
"""

from datetime import datetime
from uuid import UUID

from mandata.campaigns import selectors as campaigns
from mandata.campaigns import services as campaign_services
from mandata.delivery.services.tending import move
from mandata.foundation.actors import SYSTEM


def revive(*, campaign_id: UUID, at: datetime) -> None:
    """Have messages that are to send again sent, or taken back. Inside the scope; does nothing for most campaigns."""
    state = campaigns.row(campaign_id).state
    if state == "finished":
        campaign_services.reopen(campaign_id=campaign_id, actor=SYSTEM, at=at)
    elif state == "cancelled":
        move(campaign_id=campaign_id, before=("queued", "deferred"), after="cancelled", at=at)
