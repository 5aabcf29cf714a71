"""What delivery holds of one person, for `holdings`: messages and what came back about them.

Always inside a scope. A message is deleted with the person; the campaign's counters keep it as a number, and one that
was still to be sent is counted as cancelled. What came back stays as a statistic without a person and without the
server's words.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from mandata.delivery.models import Arrival, Message, Return, Waiting
from mandata.infra import bulk
from mandata.vault.services import Vault

ERASURE_SHARD = -1
"""The shard of the counters in which erasures move what was still to be sent; shards are summed when read."""


def count_messages(subscribers: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many messages to each subscriber are known."""
    return bulk.tally(
        "select subscriber_id, count(*) from delivery_message where subscriber_id = any(%b) group by 1", subscribers
    )


def numbers(subscribers: Sequence[UUID]) -> list[tuple[UUID, UUID, int]]:
    """Return the subscribers' messages as (subscriber, campaign, number), by which tracking knows them."""
    return bulk.execute(
        "select subscriber_id, campaign_id, number from delivery_message where subscriber_id = any(%b)",
        [list(subscribers)],
        binary=True,
    )


def messages(subscriber: UUID) -> list[dict[str, object]]:
    """Return the subscriber's messages, oldest first, those not sent last."""
    names = ("campaign_id", "channel", "provider", "state", "attempts", "code", "status", "diagnostic", "sent_at")
    rows = Message.objects.filter(subscriber_id=subscriber).order_by("sent_at", "campaign_id")
    return list(rows.values(*names, "transport"))


def delete_messages(subscribers: Sequence[UUID]) -> dict[UUID, int]:
    """Delete the subscribers' messages; return how many of each."""
    if not subscribers:
        return {}
    bulk.execute(_CANCEL_COUNTED, {"subscribers": list(subscribers), "shard": ERASURE_SHARD})
    return bulk.tally(_DELETE, subscribers)


_DELETE = """
with gone as (delete from delivery_message where subscriber_id = any(%b) returning subscriber_id)
select subscriber_id, count(*) from gone group by 1
"""

_CANCEL_COUNTED = """
with waiting as (
    select controller_id, campaign_id, provider, state, count(*) as messages
    from delivery_message
    where subscriber_id = any(%(subscribers)b) and state not in ('sent', 'failed', 'unknown', 'cancelled')
    group by controller_id, campaign_id, provider, state
), moves as (
    select controller_id, campaign_id, provider, state, -messages as change from waiting
    union all
    select controller_id, campaign_id, provider, 'cancelled', sum(messages) from waiting group by 1, 2, 3
)
insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)
select controller_id, campaign_id, %(shard)s::int2, provider, state, change
from moves order by campaign_id, provider, state
on conflict (controller_id, campaign_id, shard, provider, state)
do update set count = delivery_counter.count + excluded.count
"""


def count_returns(subscribers: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many bounces, complaints and replies are known of each subscriber."""
    return bulk.tally(
        "select subscriber_id, count(*) from delivery_return where subscriber_id = any(%b) group by 1", subscribers
    )


def returns(subscriber: UUID) -> list[dict[str, object]]:
    """Return what came back from the subscriber, oldest first."""
    names = ("received_at", "kind", "hard", "reason", "status", "diagnostic", "suppressed", "campaign_id")
    return list(Return.objects.filter(subscriber_id=subscriber).order_by("received_at").values(*names))


def anonymise_returns(subscribers: Sequence[UUID]) -> dict[UUID, int]:
    """Take the persons out of what came back; return how many of each became statistics.

    What lies raw and unprocessed goes whole, with its key.
    """
    raw = list(Arrival.objects.filter(subscriber_id__in=list(subscribers)).values_list("id", flat=True))
    if raw:
        Vault.open().destroy(raw)
        Arrival.objects.filter(id__in=raw).delete()
        Waiting.objects.filter(id__in=raw).delete()
    return bulk.tally(_ANONYMISE, subscribers)


_ANONYMISE = """
with done as (
    update delivery_return r set subscriber_id = null, diagnostic = ''
    from unnest(%b::uuid[]) as w (id) where r.subscriber_id = w.id returning w.id
)
select id, count(*) from done group by 1
"""


REACH: Final[Mapping[str, tuple[str, str, str]]] = {
    "messages": ("delivery_message t", "t.subscriber_id", "t.sent_at"),
    "returns": ("delivery_return t", "t.subscriber_id", "t.received_at"),
}
"""By holding: rows, person and time of what many people are counted by (`holdings.rules.Reach`)."""
