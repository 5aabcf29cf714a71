"""What tracking reads of campaigns and delivery to know what a token's numbers mean. Reads only, in bulk."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from mandata.infra import bulk
from mandata.infra.tenancy import current_controller


@dataclass(frozen=True, slots=True)
class Place:
    """Whose campaign a number means."""

    controller_id: UUID
    campaign_id: UUID


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """What of a campaign decides how its events are kept."""

    links: int
    track_opens: bool
    track_clicks: bool
    list_id: UUID | None
    individual: bool
    web: bool


class MessageFacts(NamedTuple):
    """What of a message its events need.

    `subscriber` is the reference as text, None when it is nobody's any more; `sent` seconds since 1970, None while it
    is not known.
    """

    subscriber: str | None
    provider: str
    sent: float | None


def places(numbers: Collection[int]) -> dict[int, Place]:
    """Whose campaigns these numbers mean; those that mean none are not in the answer. Needs no scope."""
    rows = bulk.execute(
        "select number, controller_id, campaign_id from campaigns_number where number = any(%b::bigint[])",
        [[number for number in numbers if number < 2**63]],
    )
    return {number: Place(controller_id, campaign_id) for number, controller_id, campaign_id in rows}


def controllers() -> list[UUID]:
    """The controllers that ever had a campaign. Needs no scope."""
    return [row[0] for row in bulk.execute("select distinct controller_id from campaigns_number order by 1", [])]


def campaign(campaign_id: UUID) -> CampaignFacts | None:
    """The facts of a campaign of the scope's controller; None when it is gone."""
    rows = bulk.execute(_CAMPAIGN, {"campaign": campaign_id, "controller": current_controller()})
    return CampaignFacts(*rows[0]) if rows else None


# A choice of the controller's holds for all campaigns; one for a campaign can only switch off.
_CAMPAIGN = """
select (select count(*) from campaigns_link l where l.campaign_id = c.id), c.track_opens, c.track_clicks, c.list_id,
    not exists (
        select 1 from tracking_choice t where t.about in (c.id, %(controller)b) and not (t.individual and t.agreed)
    ),
    exists (select 1 from tracking_choice t where t.about = %(controller)b and t.web)
from campaigns_campaign c where c.id = %(campaign)b
"""


def messages(campaign_id: UUID, numbers: Collection[int]) -> dict[int, MessageFacts]:
    """The facts of messages by their numbers; an erased recipient's message is not in the answer."""
    rows = bulk.execute(
        "select number, subscriber_id::text, provider, extract(epoch from sent_at)::float8 from delivery_message "
        "where campaign_id = %b and number = any(%s::bigint[])",
        [campaign_id, "{" + ",".join(map(str, sorted(numbers))) + "}"],
    )
    return {row[0]: MessageFacts(*row[1:]) for row in rows}
