"""Link tables outlive the sending of a campaign by MANDATA_LINK_DAYS; then a click meets a friendly page."""

from datetime import datetime, timedelta

from django.db import transaction

from mandata.campaigns.services.links import forget_links
from mandata.foundation.actors import SYSTEM
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.record.services import append
from mandata.tracking import sources


def drop_links(*, at: datetime) -> int:
    """Forget where the links of campaigns led that ended long enough ago; return of how many campaigns.

    What was dropped is entered in the controller's record. Safe in several processes; one controller's trouble does not
    hold up the others, and is raised at the end.
    """
    before = at - timedelta(days=env().link_days)
    dropped, failure = 0, None
    for controller_id in sources.controllers():
        try:
            with transaction.atomic(), scope(controller_id):
                gone = forget_links(ended_before=before)
                for campaign_id, links in sorted(gone.items()):
                    body = {"campaign": campaign_id, "links": links, "days": env().link_days}
                    append(kind="tracking.links_dropped", body=body, actor=SYSTEM, at=at)
                dropped += len(gone)
        except Exception as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return dropped
