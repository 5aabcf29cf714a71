"""How reactions are measured: a member chooses, for all campaigns or for one; the agreement may ask for less."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from mandata.agreements.rules.facts import SERVICE, TrackFacts
from mandata.agreements.services import asking
from mandata.campaigns import selectors as campaigns
from mandata.foundation.actors import Actor
from mandata.infra import bulk
from mandata.infra.tenancy import current_controller
from mandata.record.services import append
from mandata.tracking.models import Choice

_NAMES: Final = ("individual", "web")


def choose(
    *,
    actor: Actor,
    at: datetime,
    individual: bool | None = None,
    web: bool | None = None,
    campaign_id: UUID | None = None,
) -> bool:
    """Choose how reactions are measured from now on, for all campaigns or for one; return whether that is a change.

    `individual`: keep who opened and clicked, or counts only. `web`: take in visits of the controller's own site that
    follow a click; of all campaigns only. What was kept before stays. Raises NoSuchCampaign; GateRefused where the
    agreement does not name activity on the controller's website.
    """
    if campaign_id is not None:
        campaigns.find(campaign_id)
    controller = current_controller()
    if web:
        asking.ask(TrackFacts(("web_activity",), purpose=SERVICE), about=controller, actor=actor, at=at)
    wanted = {"individual": individual, "web": web if campaign_id is None else None}
    with transaction.atomic():
        row, _new = Choice.objects.select_for_update().get_or_create(
            about=campaign_id or controller, defaults={"changed_at": at}
        )
        changes = {name: value for name, value in wanted.items() if value not in {None, getattr(row, name)}}
        if not changes:
            return False
        Choice.objects.filter(about=row.about).update(**changes, changed_at=at)
        body: dict[str, object] = {"campaign": campaign_id} if campaign_id else {}
        append(kind="tracking.chosen", body=body | changes, actor=actor, at=at)
    return True


def keep_agreed(individual: bool, *, at: datetime) -> None:
    """Keep what the agreement says, for the door, which asks no agreement; in the open scope."""
    bulk.execute(_KEEP_AGREED, {"controller": current_controller(), "agreed": individual, "at": at})


# Mostly nothing changes, and then nothing is written.
_KEEP_AGREED = """
insert into tracking_choice (controller_id, about, individual, agreed, web, changed_at)
select %(controller)b, %(controller)b, true, %(agreed)b, false, %(at)b
where %(agreed)b is distinct from coalesce((select agreed from tracking_choice where about = %(controller)b), true)
on conflict (controller_id, about) do update set agreed = excluded.agreed
"""
