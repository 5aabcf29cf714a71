"""Looking at a draft as one of its recipients would get it: a deliberate act that is recorded."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.audience import selectors as audience
from mandata.audience.errors import NoSuchSubscriber
from mandata.campaigns import selectors
from mandata.foundation.actors import Actor
from mandata.record.services import append


def look_as(*, campaign_id: UUID, address: str, actor: Actor, at: datetime) -> UUID:
    """Find the subscriber with this address, record that a member looks at the campaign in their place, return the id.

    The record holds ids only. Raises NoSuchSubscriber where nobody has the address, NoSuchCampaign.
    """
    selectors.row(campaign_id)
    subscriber = audience.find_by_email(address)
    if subscriber is None:
        raise NoSuchSubscriber(
            _("Nobody in your audience has this address."), remedy=_("Write the whole address, as it was imported.")
        )
    append(kind="campaign.previewed", body={"campaign": campaign_id}, subject=subscriber, actor=actor, at=at)
    return subscriber
